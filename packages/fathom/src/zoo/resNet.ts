import {
  add,
  dense,
  globalAveragePooling2d,
  maxPooling2d,
  permute,
  relu,
  zeroPadding2d,
} from '../nn/layers/index.ts';
import type { SymbolicTensor } from '../nn/symbolic.ts';
import type { Model } from '../train/index.ts';
import { chain, type Drawing, images, modelOf, normalized, type ZooOptions } from './drawing.ts';

export interface ResNetOptions extends ZooOptions {
  /**
   * How images come in: 'imageNet' for large ones, 7×7 with stride 2 and pooling; 'cifar' for those of about 32×32,
   * 3×3 without either. Default 'imageNet'.
   */
  readonly stem?: 'imageNet' | 'cifar' | undefined;
}

export type ResNetDepth = 18 | 34 | 50;
/** 6n + 2 layers, n blocks in each of three stages. */
export type SmallResNetDepth = 20 | 32 | 44 | 56 | 110;

/**
 * ResNet with 18 layers for 224×224 colour images and 1000 classes: 11,689,512 parameters that are trained, as
 * torchvision's. With `stem: 'cifar'` and 10 classes: 11,173,962.
 *
 * Paper: K. He, X. Zhang, S. Ren, J. Sun, Deep residual learning for image recognition (2015).
 *
 * @throws RangeError on images smaller than 32×32, or 8×8 with the small stem
 * @example
 * const model = resNet18({ inputShape: [32, 32, 3], classes: 10, stem: 'cifar', seed: 0 });
 */
export function resNet18(options: ResNetOptions = {}): Model {
  return modelOfDepth(18, options);
}

/**
 * ResNet with 34 layers for 224×224 colour images and 1000 classes: 21,797,672 parameters that are trained, as
 * torchvision's.
 *
 * Paper: K. He, X. Zhang, S. Ren, J. Sun, Deep residual learning for image recognition (2015).
 *
 * @throws RangeError as resNet18
 * @example
 * const model = resNet34({ inputShape: [32, 32, 3], classes: 10, stem: 'cifar', seed: 0 });
 */
export function resNet34(options: ResNetOptions = {}): Model {
  return modelOfDepth(34, options);
}

/**
 * ResNet with 50 layers for 224×224 colour images and 1000 classes: 25,557,032 parameters that are trained, as
 * torchvision's; its bottlenecks stride in their 3×3 convolution ("version 1.5"). Keras' has biases besides.
 *
 * Paper: K. He, X. Zhang, S. Ren, J. Sun, Deep residual learning for image recognition (2015).
 *
 * @throws RangeError as resNet18
 * @example
 * const model = resNet50({ inputShape: [32, 32, 3], classes: 10, stem: 'cifar', seed: 0 });
 */
export function resNet50(options: ResNetOptions = {}): Model {
  return modelOfDepth(50, options);
}

/**
 * The paper's ResNet with 20 layers for 32×32 images and 10 classes: 269,722 parameters that are trained. Where a stage
 * begins, its shortcut takes every second pixel and fills new channels with zeros, which costs no parameters.
 *
 * Paper: K. He, X. Zhang, S. Ren, J. Sun, Deep residual learning for image recognition (2015), section 4.2.
 *
 * @throws RangeError on images smaller than 8×8
 * @example
 * const model = resNet20({ seed: 0 });
 */
export function resNet20(options: ZooOptions = {}): Model {
  return smallModelOfDepth(20, options);
}

/**
 * As resNet20, with 32 layers: 464,154 parameters that are trained.
 *
 * @example
 * const model = resNet32({ seed: 0 });
 */
export function resNet32(options: ZooOptions = {}): Model {
  return smallModelOfDepth(32, options);
}

/**
 * As resNet20, with 56 layers: 853,018 parameters that are trained.
 *
 * @example
 * const model = resNet56({ seed: 0 });
 */
export function resNet56(options: ZooOptions = {}): Model {
  return smallModelOfDepth(56, options);
}

export function drawResNet(
  depth: ResNetDepth,
  { inputShape = [224, 224, 3], classes = 1000, stem = 'imageNet' }: ResNetOptions = {},
): Drawing {
  const name = `resNet${depth}`;
  if (stem !== 'imageNet' && stem !== 'cifar') {
    throw new RangeError(`${name}: expected stem 'imageNet' or 'cifar'; received '${String(stem)}'.`);
  }
  const inputs = images(inputShape, classes, { name, least: stem === 'cifar' ? 8 : 32 });
  let x = chain(
    inputs,
    stem === 'cifar'
      ? normalized({ filters: FILTERS[0]!, kernelSize: 3, activation: 'relu' })
      : [
          ...normalized({ filters: FILTERS[0]!, kernelSize: 7, strides: 2, activation: 'relu' }),
          // After a rectifier, zeros around an image are never greater than what is in it.
          zeroPadding2d({ padding: 1 }),
          maxPooling2d({ poolSize: 3, strides: 2 }),
        ],
  );
  const block = depth === 50 ? bottleneck : basic;
  BLOCKS[depth].forEach((count, stage) => {
    for (let i = 0; i < count; i++) {
      x = block(x, FILTERS[stage]!, i === 0 && stage > 0 ? 2 : 1, projected);
    }
  });
  return { inputs, outputs: classifier(x, classes) };
}

export function drawSmallResNet(
  depth: SmallResNetDepth,
  { inputShape = [32, 32, 3], classes = 10 }: ZooOptions = {},
): Drawing {
  const inputs = images(inputShape, classes, { name: `resNet${depth}`, least: 8 });
  let x = chain(inputs, normalized({ filters: SMALL_FILTERS[0]!, kernelSize: 3, activation: 'relu' }));
  SMALL_FILTERS.forEach((filters, stage) => {
    for (let i = 0; i < (depth - 2) / 6; i++) {
      x = basic(x, filters, i === 0 && stage > 0 ? 2 : 1, padded);
    }
  });
  return { inputs, outputs: classifier(x, classes) };
}

/** Blocks in each of the four stages. */
const BLOCKS: Readonly<Record<ResNetDepth, readonly number[]>> = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
};
const FILTERS = [64, 128, 256, 512];
const SMALL_FILTERS = [16, 32, 64];
/** Channels that a bottleneck gives for each of those inside. */
const EXPANSION = 4;

type Shortcut = (x: SymbolicTensor, filters: number, strides: number) => SymbolicTensor;

/** Two 3×3 convolutions beside a shortcut. */
function basic(x: SymbolicTensor, filters: number, strides: number, shortcut: Shortcut): SymbolicTensor {
  const residual = chain(x, [
    ...normalized({ filters, kernelSize: 3, strides, activation: 'relu' }),
    ...normalized({ filters, kernelSize: 3 }),
  ]);
  return relu()(add()([residual, shortcut(x, filters, strides)]));
}

/** 1×1, 3×3 and 1×1 convolutions beside a shortcut. */
function bottleneck(x: SymbolicTensor, filters: number, strides: number, shortcut: Shortcut): SymbolicTensor {
  const residual = chain(x, [
    ...normalized({ filters, kernelSize: 1, activation: 'relu' }),
    ...normalized({ filters, kernelSize: 3, strides, activation: 'relu' }),
    ...normalized({ filters: EXPANSION * filters, kernelSize: 1 }),
  ]);
  return relu()(add()([residual, shortcut(x, EXPANSION * filters, strides)]));
}

/** The paper's option B: a 1×1 convolution where the shape changes. */
function projected(x: SymbolicTensor, filters: number, strides: number): SymbolicTensor {
  if (strides === 1 && x.shape.at(-1) === filters) return x;
  return chain(x, normalized({ filters, kernelSize: 1, strides }));
}

/** The paper's option A: every second pixel, and zeros in the new channels on either side. */
function padded(x: SymbolicTensor, filters: number, strides: number): SymbolicTensor {
  if (strides === 1) return x;
  const missing = filters - x.shape.at(-1)!;
  const before = Math.floor(missing / 2);
  return chain(x, [
    maxPooling2d({ poolSize: 1, strides }),
    permute({ dims: [1, 3, 2] }),
    zeroPadding2d({
      padding: [
        [0, 0],
        [before, missing - before],
      ],
    }),
    permute({ dims: [1, 3, 2] }),
  ]);
}

function classifier(x: SymbolicTensor, classes: number): SymbolicTensor {
  return chain(x, [globalAveragePooling2d(), dense({ units: classes, activation: 'softmax' })]);
}

function modelOfDepth(depth: ResNetDepth, { stem, ...options }: ResNetOptions): Model {
  return modelOf((given: ZooOptions) => drawResNet(depth, { ...given, stem }), `resNet${depth}`, options);
}

function smallModelOfDepth(depth: SmallResNetDepth, options: ZooOptions): Model {
  return modelOf((given: ZooOptions) => drawSmallResNet(depth, given), `resNet${depth}`, options);
}
