import { conv2d, dense, dropout, flatten, maxPooling2d } from '../nn/layers/index.ts';
import type { Model } from '../train/index.ts';
import { chain, type Drawing, images, modelOf, type ZooOptions } from './drawing.ts';

/** Layers with weights. */
export type VggDepth = 11 | 16 | 19;

/**
 * VGG with 11 layers (configuration A of the paper) for 224×224 colour images and 1000 classes: 132,863,336 parameters.
 *
 * Paper: K. Simonyan, A. Zisserman, Very deep convolutional networks for large-scale image recognition (2014).
 *
 * @throws RangeError on images smaller than 32×32
 * @example
 * const model = vgg11({ inputShape: [32, 32, 3], classes: 10, seed: 0 });
 */
export function vgg11(options: ZooOptions = {}): Model {
  return modelOf((given: ZooOptions) => drawVgg(11, given), 'vgg11', options);
}

/**
 * VGG with 16 layers (configuration D) for 224×224 colour images and 1000 classes: 138,357,544 parameters, as Keras'.
 *
 * Paper: K. Simonyan, A. Zisserman, Very deep convolutional networks for large-scale image recognition (2014).
 *
 * @throws RangeError on images smaller than 32×32
 * @example
 * const model = vgg16({ inputShape: [32, 32, 3], classes: 10, seed: 0 });
 */
export function vgg16(options: ZooOptions = {}): Model {
  return modelOf((given: ZooOptions) => drawVgg(16, given), 'vgg16', options);
}

/**
 * VGG with 19 layers (configuration E) for 224×224 colour images and 1000 classes: 143,667,240 parameters, as Keras'.
 *
 * Paper: K. Simonyan, A. Zisserman, Very deep convolutional networks for large-scale image recognition (2014).
 *
 * @throws RangeError on images smaller than 32×32
 * @example
 * const model = vgg19({ inputShape: [32, 32, 3], classes: 10, seed: 0 });
 */
export function vgg19(options: ZooOptions = {}): Model {
  return modelOf((given: ZooOptions) => drawVgg(19, given), 'vgg19', options);
}

export function drawVgg(
  depth: VggDepth,
  { inputShape = [224, 224, 3], classes = 1000 }: ZooOptions = {},
): Drawing {
  const inputs = images(inputShape, classes, { name: `vgg${depth}`, least: 32 });
  const blocks = CONVOLUTIONS[depth].flatMap((count, block) => [
    ...Array.from({ length: count }, () =>
      conv2d({ filters: FILTERS[block]!, kernelSize: 3, padding: 'same', activation: 'relu' }),
    ),
    maxPooling2d(),
  ]);
  const outputs = chain(inputs, [
    ...blocks,
    flatten(),
    dense({ units: 4096, activation: 'relu' }),
    dropout({ rate: 0.5 }),
    dense({ units: 4096, activation: 'relu' }),
    dropout({ rate: 0.5 }),
    dense({ units: classes, activation: 'softmax' }),
  ]);
  return { inputs, outputs };
}

/** Convolutions in each of the five blocks. */
const CONVOLUTIONS: Readonly<Record<VggDepth, readonly number[]>> = {
  11: [1, 1, 2, 2, 2],
  16: [2, 2, 3, 3, 3],
  19: [2, 2, 4, 4, 4],
};
const FILTERS = [64, 128, 256, 512, 512];
