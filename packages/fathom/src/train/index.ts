export type { ArrayInput, NestedNumbers, NumericData, ShapedData } from './arrays.ts';
export type { Callback, Logs, TrainedModel, TrainingRun, WeightValues } from './callbacks.ts';
export { MODEL_FORMAT_VERSION, type ModelConfig } from './config.ts';
export { type EarlyStoppingOptions, earlyStopping } from './earlyStopping.ts';
export type { History } from './fit.ts';
export { type FromConfigOptions, type LayerFactory, modelFromConfig } from './fromConfig.ts';
export { Model, sequential } from './model.ts';
export type {
  BackendOptions,
  BatchesInput,
  BatchInput,
  BatchSizeOptions,
  CompileOptions,
  FitOptions,
  ModelOptions,
  Prediction,
} from './options.ts';
export { type ProgressOptions, type ProgressReport, progress } from './progress.ts';
export { loadWeights, saveWeights } from './weightsFile.ts';
