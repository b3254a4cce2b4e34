export { type AffineTransformOptions, affineTransform, type FillMode } from './affineTransform.ts';
export { argmax } from './argmax.ts';
export { type AttentionOptions, causalMask, dotProductAttention } from './attention.ts';
export { batchDot } from './batchDot.ts';
export { type BatchNormStatistics, batchNorm } from './batchNorm.ts';
export {
  type Conv1dOptions,
  type Conv2dOptions,
  type Conv3dOptions,
  type ConvolutionOptions,
  conv1d,
  conv2d,
  conv3d,
  depthwiseConv2d,
} from './convolution.ts';
export { cosineSimilarity } from './cosineSimilarity.ts';
export {
  binaryCrossentropy,
  type CrossentropyOptions,
  categoricalCrossentropy,
  PROBABILITY_EPSILON,
  type SparseCrossentropyOptions,
  sparseCategoricalCrossentropy,
} from './crossentropy.ts';
export { alphaDropout, dropout } from './dropout.ts';
export { celu, elu, selu } from './elu.ts';
export { embeddingLookup } from './embeddingLookup.ts';
export {
  type BinaryFocalOptions,
  binaryFocalCrossentropy,
  categoricalFocalCrossentropy,
  type FocalOptions,
} from './focal.ts';
export { type GeluOptions, gelu } from './gelu.ts';
export { hardSigmoid, hardSilu, hardTanh, relu6 } from './hardSigmoid.ts';
export { categoricalHinge, hinge, squaredHinge } from './hinge.ts';
export { type HuberOptions, huber } from './huber.ts';
export { klDivergence } from './klDivergence.ts';
export {
  type GroupNormOptions,
  groupNorm,
  type LayerNormOptions,
  layerNorm,
  NORM_EPSILON,
  rmsNorm,
} from './layerNorm.ts';
export { LEAKY_RELU_SLOPE, leakyRelu } from './leakyRelu.ts';
export { type LocallyConnectedOptions, locallyConnected1d, locallyConnected2d } from './locallyConnected.ts';
export { logCosh } from './logCosh.ts';
export { logSumExp } from './logSumExp.ts';
export { matmul } from './matmul.ts';
export { mean, moments, variance } from './mean.ts';
export { meanAbsoluteError } from './meanAbsoluteError.ts';
export { meanAbsolutePercentageError } from './meanAbsolutePercentageError.ts';
export { meanSquaredError } from './meanSquaredError.ts';
export { meanSquaredLogarithmicError } from './meanSquaredLogarithmicError.ts';
export { oneHot } from './oneHot.ts';
export { poisson } from './poisson.ts';
export {
  averagePool1d,
  averagePool2d,
  averagePool3d,
  globalAveragePool,
  globalMaxPool,
  maxPool1d,
  maxPool2d,
  maxPool3d,
  type PoolOptions,
} from './pooling.ts';
export { power } from './power.ts';
export { randomNormal } from './randomNormal.ts';
export { randomUniform } from './randomUniform.ts';
export { relu } from './relu.ts';
export { type Interpolation, resizeAlong, resizeImages } from './resize.ts';
export { hardShrink, softShrink, squareplus, tanhShrink } from './shrink.ts';
export { silu } from './silu.ts';
export { logSoftmax, softmax, softmaxLogits } from './softmax.ts';
export { logSigmoid, mish, softplus } from './softplus.ts';
export { softsign } from './softsign.ts';
export {
  type Padding,
  type Pair,
  type PerAxis,
  pairOf,
  perAxis,
  type Single,
  type TimePadding,
  type Triple,
  type Windows,
  windowsAlong,
} from './spatial.ts';
export { step } from './step.ts';
export {
  conv2dTranspose,
  type Reach,
  reachAlong,
  type TransposedConvolutionOptions,
} from './transposedConvolution.ts';
