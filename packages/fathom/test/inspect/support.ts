import { sizeOf } from '../../src/ir/shape.ts';
import type { BaseLayer } from '../../src/nn/layer.ts';
import * as layers from '../../src/nn/layers/index.ts';
import { childKey, RandomStream, seedKey } from '../../src/nn/random.ts';
import { type Model, sequential } from '../../src/train/index.ts';

/** Normal numbers that a seed decides. */
export function someNumbers(count: number, seed = 1): Float32Array {
  const stream = new RandomStream(childKey(seedKey(seed), 7));
  return Float32Array.from({ length: count }, () => stream.normal());
}

/** A model whose weights are all drawn at random, biases and statistics too, so that none is 0 or 1. */
export async function randomModel(list: readonly BaseLayer[], seed = 1): Promise<Model> {
  const model = sequential([...list], { seed });
  const weights = await model.getWeights();
  model.setWeights(
    weights.map(({ shape }, i) =>
      someNumbers(sizeOf(shape), seed + i).map((value) => 0.1 + Math.abs(value) * (i % 2 ? 0.3 : 0.5)),
    ),
  );
  return model;
}

/** Layers of every wiring, alone on a sample. */
export const WIRED: Readonly<Record<string, () => BaseLayer>> = {
  conv2d: () => layers.conv2d({ filters: 3, kernelSize: 3, activation: 'relu', inputShape: [6, 5, 2] }),
  'conv2d, same': () =>
    layers.conv2d({ filters: 3, kernelSize: [3, 2], padding: 'same', inputShape: [6, 5, 2] }),
  'conv2d, strides': () =>
    layers.conv2d({
      filters: 2,
      kernelSize: 3,
      strides: [2, 3],
      padding: 'same',
      activation: 'tanh',
      inputShape: [7, 8, 2],
    }),
  'conv2d, dilation': () =>
    layers.conv2d({ filters: 2, kernelSize: 3, dilationRate: 2, inputShape: [7, 8, 2] }),
  'conv2d, dilation and same': () =>
    layers.conv2d({ filters: 2, kernelSize: 2, dilationRate: 3, padding: 'same', inputShape: [5, 6, 1] }),
  'conv2d, groups': () =>
    layers.conv2d({
      filters: 6,
      kernelSize: 2,
      groups: 2,
      padding: 'same',
      useBias: false,
      inputShape: [4, 5, 4],
    }),
  'conv2d, softmax': () =>
    layers.conv2d({ filters: 4, kernelSize: 2, activation: 'softmax', inputShape: [4, 4, 2] }),
  'conv1d, causal': () =>
    layers.conv1d({ filters: 2, kernelSize: 3, dilationRate: 2, padding: 'causal', inputShape: [7, 2] }),
  conv3d: () => layers.conv3d({ filters: 2, kernelSize: 2, inputShape: [3, 4, 3, 2] }),
  depthwiseConv2d: () =>
    layers.depthwiseConv2d({
      kernelSize: 3,
      depthMultiplier: 2,
      strides: 2,
      padding: 'same',
      inputShape: [6, 6, 3],
    }),
  conv2dTranspose: () =>
    layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, inputShape: [3, 4, 2] }),
  'conv2dTranspose, same': () =>
    layers.conv2dTranspose({
      filters: 2,
      kernelSize: 4,
      strides: 2,
      padding: 'same',
      activation: 'sigmoid',
      inputShape: [3, 4, 2],
    }),
  locallyConnected2d: () =>
    layers.locallyConnected2d({ filters: 2, kernelSize: 2, strides: 2, inputShape: [5, 6, 2] }),
  locallyConnected1d: () => layers.locallyConnected1d({ filters: 2, kernelSize: 3, inputShape: [6, 2] }),
  dense: () => layers.dense({ units: 4, activation: 'sigmoid', inputShape: [5] }),
  'dense, softmax': () => layers.dense({ units: 4, activation: 'softmax', inputShape: [5] }),
  'dense on steps': () => layers.dense({ units: 3, inputShape: [4, 5] }),
  maxPooling2d: () => layers.maxPooling2d({ inputShape: [6, 6, 2] }),
  'maxPooling2d, same': () =>
    layers.maxPooling2d({ poolSize: 3, strides: 2, padding: 'same', inputShape: [6, 5, 2] }),
  'averagePooling2d, same': () =>
    layers.averagePooling2d({ poolSize: 3, strides: 2, padding: 'same', inputShape: [6, 5, 2] }),
  averagePooling1d: () => layers.averagePooling1d({ inputShape: [6, 3] }),
  globalAveragePooling2d: () => layers.globalAveragePooling2d({ inputShape: [3, 4, 2] }),
  globalMaxPooling2d: () => layers.globalMaxPooling2d({ keepDims: true, inputShape: [3, 4, 2] }),
};

/** Layers whose results are the input's numbers, elsewhere. */
export const MOVING: Readonly<Record<string, () => BaseLayer>> = {
  flatten: () => layers.flatten({ inputShape: [3, 4, 2] }),
  reshape: () => layers.reshape({ targetShape: [6, 4], inputShape: [3, 4, 2] }),
  permute: () => layers.permute({ dims: [3, 1, 2], inputShape: [3, 4, 2] }),
  zeroPadding2d: () =>
    layers.zeroPadding2d({
      padding: [
        [1, 0],
        [2, 1],
      ],
      inputShape: [3, 4, 2],
    }),
  cropping2d: () =>
    layers.cropping2d({
      cropping: [
        [1, 0],
        [1, 1],
      ],
      inputShape: [3, 4, 2],
    }),
  upSampling2d: () => layers.upSampling2d({ inputShape: [3, 4, 2] }),
  repeatVector: () => layers.repeatVector({ n: 3, inputShape: [4] }),
  dropout: () => layers.dropout({ rate: 0.5, inputShape: [3, 4] }),
  gaussianNoise: () => layers.gaussianNoise({ stddev: 1, inputShape: [3, 4] }),
};

/** Layers that work on each value, or each row, by itself. */
export const POINTWISE: Readonly<Record<string, () => BaseLayer>> = {
  relu: () => layers.relu({ maxValue: 1, negativeSlope: 0.1, threshold: 0.2, inputShape: [3, 4] }),
  leakyRelu: () => layers.leakyRelu({ inputShape: [3, 4] }),
  elu: () => layers.elu({ inputShape: [3, 4] }),
  prelu: () => layers.prelu({ sharedAxes: [1], inputShape: [3, 4] }),
  softmax: () => layers.softmax({ inputShape: [3, 4] }),
  activation: () => layers.activation({ activation: 'gelu', inputShape: [3, 4] }),
  batchNormalization: () => layers.batchNormalization({ inputShape: [3, 4] }),
  rescaling: () => layers.rescaling({ scale: 0.5, offset: -1, inputShape: [3, 4] }),
};
