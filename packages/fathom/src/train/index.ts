export type { ArrayInput, NestedNumbers, NumericData, ShapedData } from './arrays.ts';
export type { Callback, Logs, TrainedModel, TrainingRun, WeightValues } from './callbacks.ts';
export { type EarlyStoppingOptions, earlyStopping } from './earlyStopping.ts';
export type { History } from './fit.ts';
export {
  type BatchesInput,
  type BatchInput,
  type BatchSizeOptions,
  type CompileOptions,
  type FitOptions,
  MODEL_FORMAT_VERSION,
  Model,
  type ModelConfig,
  type ModelOptions,
  type Prediction,
  sequential,
} from './model.ts';
export { type ProgressOptions, type ProgressReport, progress } from './progress.ts';
