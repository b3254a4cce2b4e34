import type { BaseLayer } from '../nn/layer.ts';
import {
  add,
  batchNormalization,
  conv2d,
  dense,
  depthwiseConv2d,
  dropout,
  globalAveragePooling2d,
  zeroPadding2d,
} from '../nn/layers/index.ts';
import type { SymbolicTensor } from '../nn/symbolic.ts';
import type { Model } from '../train/index.ts';
import { chain, type Drawing, images, modelOf, rectifier, type ZooOptions } from './drawing.ts';

export interface MobileNetOptions extends ZooOptions {
  /** The paper's width multiplier: every layer has so many times its channels. Default 1. */
  readonly alpha?: number | undefined;
}

/**
 * MobileNet for 224×224 colour images and 1000 classes: 4,253,864 parameters, as Keras'; 4,231,976 of them are trained.
 *
 * Paper: A. Howard et al., MobileNets: efficient convolutional neural networks for mobile vision applications (2017).
 *
 * @throws RangeError on images smaller than 32×32 or an alpha that is not positive
 * @example
 * const model = mobileNet({ inputShape: [32, 32, 3], classes: 10, alpha: 0.25, seed: 0 });
 */
export function mobileNet({ alpha, ...options }: MobileNetOptions = {}): Model {
  return modelOf((given: ZooOptions) => drawMobileNet({ ...given, alpha }), 'mobileNet', options);
}

/**
 * MobileNet v2 for 224×224 colour images and 1000 classes: 3,538,984 parameters, as Keras'; 3,504,872 of them are
 * trained. Its blocks widen, filter each channel by itself, and narrow again, beside a shortcut.
 *
 * Paper: M. Sandler et al., MobileNetV2: inverted residuals and linear bottlenecks (2018).
 *
 * @throws RangeError on images smaller than 32×32 or an alpha that is not positive
 * @example
 * const model = mobileNetV2({ inputShape: [32, 32, 3], classes: 10, alpha: 0.35, seed: 0 });
 */
export function mobileNetV2({ alpha, ...options }: MobileNetOptions = {}): Model {
  return modelOf((given: ZooOptions) => drawMobileNetV2({ ...given, alpha }), 'mobileNetV2', options);
}

export function drawMobileNet(options: MobileNetOptions = {}): Drawing {
  const { inputShape = [224, 224, 3], classes = 1000, alpha = 1 } = options;
  checkAlpha(alpha, 'mobileNet');
  const inputs = images(inputShape, classes, { name: 'mobileNet', least: 32 });
  const width = (filters: number) => Math.max(1, Math.floor(filters * alpha));
  const outputs = chain(inputs, [
    ...pointwise({ filters: width(32), kernelSize: 3, strides: 2 }),
    ...BLOCKS.flatMap(({ filters, strides }) => [
      ...depthwise(strides),
      ...pointwise({ filters: width(filters) }),
    ]),
    globalAveragePooling2d(),
    dropout({ rate: 1e-3 }),
    dense({ units: classes, activation: 'softmax' }),
  ]);
  return { inputs, outputs };
}

export function drawMobileNetV2(options: MobileNetOptions = {}): Drawing {
  const { inputShape = [224, 224, 3], classes = 1000, alpha = 1 } = options;
  checkAlpha(alpha, 'mobileNetV2');
  const inputs = images(inputShape, classes, { name: 'mobileNetV2', least: 32 });
  const width = (filters: number) => divisible(filters * alpha);
  let x = chain(inputs, pointwise({ filters: width(32), kernelSize: 3, strides: 2, momentum: MOMENTUM_V2 }));
  for (const { filters, blocks, strides, expansion } of STAGES) {
    for (let i = 0; i < blocks; i++) {
      x = inverted(x, { filters: width(filters), strides: i === 0 ? strides : 1, expansion });
    }
  }
  const outputs = chain(x, [
    ...pointwise({ filters: alpha > 1 ? width(1280) : 1280, momentum: MOMENTUM_V2 }),
    globalAveragePooling2d(),
    dense({ units: classes, activation: 'softmax' }),
  ]);
  return { inputs, outputs };
}

const BLOCKS = [
  { filters: 64, strides: 1 },
  { filters: 128, strides: 2 },
  { filters: 128, strides: 1 },
  { filters: 256, strides: 2 },
  { filters: 256, strides: 1 },
  { filters: 512, strides: 2 },
  ...Array.from({ length: 5 }, () => ({ filters: 512, strides: 1 })),
  { filters: 1024, strides: 2 },
  { filters: 1024, strides: 1 },
];

/** The paper's table 2. */
const STAGES = [
  { filters: 16, blocks: 1, strides: 1, expansion: 1 },
  { filters: 24, blocks: 2, strides: 2, expansion: 6 },
  { filters: 32, blocks: 3, strides: 2, expansion: 6 },
  { filters: 64, blocks: 4, strides: 2, expansion: 6 },
  { filters: 96, blocks: 3, strides: 1, expansion: 6 },
  { filters: 160, blocks: 3, strides: 2, expansion: 6 },
  { filters: 320, blocks: 1, strides: 1, expansion: 6 },
];

/** Of the batch normalizations, as in Keras. */
const MOMENTUM_V2 = 0.999;
const MOMENTUM = 0.99;
const CHANNEL_STEP = 8;

interface PointwiseOptions {
  readonly filters: number;
  readonly kernelSize?: number;
  readonly strides?: number;
  readonly momentum?: number;
  readonly activation?: 'relu6' | undefined;
}

/** A convolution over all channels, normalized and rectified. */
function pointwise(options: PointwiseOptions): BaseLayer[] {
  const { filters, kernelSize = 1, strides = 1, momentum = MOMENTUM } = options;
  return [
    conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false }),
    batchNormalization({ momentum }),
    ...rectifier('activation' in options ? options.activation : 'relu6'),
  ];
}

/** A 3×3 convolution of each channel by itself, normalized and rectified; it pads as Keras' networks do. */
function depthwise(
  strides: number,
  momentum = MOMENTUM,
  padding: Margins = [
    [0, 1],
    [0, 1],
  ],
): BaseLayer[] {
  return [
    ...(strides === 1 ? [] : [zeroPadding2d({ padding })]),
    depthwiseConv2d({ kernelSize: 3, strides, padding: strides === 1 ? 'same' : 'valid', useBias: false }),
    batchNormalization({ momentum }),
    ...rectifier('relu6'),
  ];
}

type Margins = readonly [readonly [number, number], readonly [number, number]];

function inverted(
  x: SymbolicTensor,
  { filters, strides, expansion }: { filters: number; strides: number; expansion: number },
): SymbolicTensor {
  const [height = 0, width = 0, channels = 0] = x.shape;
  // As Keras' correct_pad: an odd extent is padded on both sides, an even one behind only.
  const margin = (extent: number): readonly [number, number] => [extent % 2, 1];
  const y = chain(x, [
    ...(expansion === 1 ? [] : pointwise({ filters: expansion * channels, momentum: MOMENTUM_V2 })),
    ...depthwise(strides, MOMENTUM_V2, [margin(height), margin(width)]),
    ...pointwise({ filters, momentum: MOMENTUM_V2, activation: undefined }),
  ]);
  return strides === 1 && channels === filters ? add()([x, y]) : y;
}

/** The nearest multiple of 8, and not more than 10 % below. */
function divisible(filters: number): number {
  const near = Math.max(CHANNEL_STEP, Math.floor((filters + CHANNEL_STEP / 2) / CHANNEL_STEP) * CHANNEL_STEP);
  return near < 0.9 * filters ? near + CHANNEL_STEP : near;
}

function checkAlpha(alpha: number, name: string): void {
  if (alpha > 0 && Number.isFinite(alpha)) return;
  throw new RangeError(`${name}: expected a positive alpha; received ${String(alpha)}.`);
}
