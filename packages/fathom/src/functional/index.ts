export { argmax } from './argmax.ts';
export { type BatchNormStatistics, batchNorm } from './batchNorm.ts';
export { type Conv2dOptions, conv2d } from './conv2d.ts';
export {
  binaryCrossentropy,
  type CrossentropyOptions,
  categoricalCrossentropy,
  PROBABILITY_EPSILON,
  sparseCategoricalCrossentropy,
} from './crossentropy.ts';
export { dropout } from './dropout.ts';
export { LEAKY_RELU_SLOPE, leakyRelu } from './leakyRelu.ts';
export { matmul } from './matmul.ts';
export { mean, moments, variance } from './mean.ts';
export { meanSquaredError } from './meanSquaredError.ts';
export { oneHot } from './oneHot.ts';
export { averagePool2d, maxPool2d, type PoolOptions } from './pooling.ts';
export { relu } from './relu.ts';
export { logSoftmax, softmax, softmaxLogits } from './softmax.ts';
export { type Padding, type Pair, pairOf, type Windows, windowsAlong } from './spatial.ts';
export { step } from './step.ts';
