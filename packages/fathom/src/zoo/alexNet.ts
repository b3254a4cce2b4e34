import { conv2d, dense, dropout, flatten, maxPooling2d } from '../nn/layers/index.ts';
import type { Model } from '../train/index.ts';
import { chain, type Drawing, images, modelOf, type ZooOptions } from './drawing.ts';

/**
 * AlexNet for 227×227 colour images and 1000 classes: 60,965,224 parameters. Its second, fourth and fifth convolutions
 * see half of the channels each, as they were split over two devices. The local response normalization is left out:
 * K. Simonyan and A. Zisserman (2014) found that it gains nothing.
 *
 * Paper: A. Krizhevsky, I. Sutskever, G. Hinton, ImageNet classification with deep convolutional neural networks (2012).
 *
 * @throws RangeError on images smaller than 67×67
 * @example
 * const model = alexNet({ inputShape: [67, 67, 3], classes: 10, seed: 0 });
 */
export function alexNet(options: ZooOptions = {}): Model {
  return modelOf(drawAlexNet, 'alexNet', options);
}

export function drawAlexNet({ inputShape = [227, 227, 3], classes = 1000 }: ZooOptions = {}): Drawing {
  const inputs = images(inputShape, classes, { name: 'alexNet', least: 67 });
  const conv = (filters: number, kernelSize: number, groups = 1) =>
    conv2d({ filters, kernelSize, groups, padding: 'same', activation: 'relu' });
  const pool = () => maxPooling2d({ poolSize: 3, strides: 2 });
  const outputs = chain(inputs, [
    conv2d({ filters: 96, kernelSize: 11, strides: 4, activation: 'relu' }),
    pool(),
    conv(256, 5, 2),
    pool(),
    conv(384, 3),
    conv(384, 3, 2),
    conv(256, 3, 2),
    pool(),
    flatten(),
    dropout({ rate: 0.5 }),
    dense({ units: 4096, activation: 'relu' }),
    dropout({ rate: 0.5 }),
    dense({ units: 4096, activation: 'relu' }),
    dense({ units: classes, activation: 'softmax' }),
  ]);
  return { inputs, outputs };
}
