export type { Backend, Executable } from './backends/backend.ts';
export { type ReferenceOptions, referenceBackend } from './backends/reference/reference.ts';
export { detectFeatures, type Features } from './backends/wasm/features.ts';
export { printProgram } from './compiler/print.ts';
export type { Graph, Program } from './compiler/program.ts';
export * from './data/index.ts';
export * as functional from './functional/index.ts';
export * as inspect from './inspect/index.ts';
export * from './io/index.ts';
export { print, verify } from './ir/graph.ts';
export type { DType, Shape } from './ir/shape.ts';
export { type NumericArray, Tensor, Variable } from './ir/tensor.ts';
export type { ActivationLike, ActivationName } from './nn/activations.ts';
export * as constraints from './nn/constraints/index.ts';
export * as initializers from './nn/initializers/index.ts';
export {
  BaseLayer,
  type BuildScope,
  type CallContext,
  callLayer,
  Layer,
  type LayerConfig,
  type LayerOptions,
  MergeLayer,
  type Weight,
  type WeightOptions,
} from './nn/layer.ts';
export * as layers from './nn/layers/index.ts';
export {
  activation,
  averagePooling2d,
  batchNormalization,
  conv2d,
  dense,
  dropout,
  flatten,
  input,
  leakyRelu,
  maxPooling2d,
  reshape,
} from './nn/layers/index.ts';
export type { Loss, LossLike, LossName } from './nn/losses/index.ts';
export * as losses from './nn/losses/index.ts';
export type { Metric, MetricLike, MetricName } from './nn/metrics/index.ts';
export * as metrics from './nn/metrics/index.ts';
export * as optimizers from './nn/optimizers/index.ts';
export {
  type AdadeltaOptions,
  type AdagradOptions,
  type AdamaxOptions,
  type AdamOptions,
  type AdamWOptions,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  type LearningRate,
  type LionOptions,
  lion,
  type NadamOptions,
  nadam,
  type Optimizer,
  type OptimizerLike,
  type OptimizerName,
  type RmspropOptions,
  rmsprop,
  type SgdOptions,
  sgd,
} from './nn/optimizers/index.ts';
export * as regularizers from './nn/regularizers/index.ts';
export * as schedules from './nn/schedules/index.ts';
export { type CallOptions, type Symbolics, SymbolicTensor } from './nn/symbolic.ts';
export * as ops from './ops/index.ts';
export { constant, gradients } from './ops/index.ts';
export { type BackendName, evaluate, load, selectBackend } from './runtime.ts';
export * from './train/index.ts';
export * from './zoo/index.ts';
