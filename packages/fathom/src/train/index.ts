export type { ArrayInput, NestedNumbers, NumericData, ShapedData } from './arrays.ts';
export {
  type EarlyStoppingOptions,
  earlyStopping,
  type HistoryCallback,
  history,
  learningRateScheduler,
  type MonitorMode,
  NonFiniteLossError,
  type ProgressOptions,
  type ProgressReport,
  progress,
  type ReduceLrOnPlateauOptions,
  reduceLrOnPlateau,
  type TerminateOnNaNOptions,
  terminateOnNaN,
} from './callbacks/index.ts';
export type {
  Callback,
  CallbackState,
  CheckpointStore,
  Logs,
  TrainedModel,
  TrainingRun,
  WeightValues,
} from './callbacks.ts';
export { type Checkpoint, decodeCheckpoint, encodeCheckpoint } from './checkpoint.ts';
export { MODEL_FORMAT_VERSION, type ModelConfig } from './config.ts';
export type { History } from './fit.ts';
export { type FromConfigOptions, type LayerFactory, modelFromConfig } from './fromConfig.ts';
export type { Measurable } from './measure.ts';
export { type AnyModel, Model, model, sequential } from './model.ts';
export { findNonFinite, type NonFinite } from './nonFinite.ts';
export type { OutputLoss } from './objective.ts';
export type {
  BackendOptions,
  BatchesInput,
  BatchInput,
  BatchSizeOptions,
  ByOutput,
  CompileOptions,
  DataInput,
  FitOptions,
  MetricsOption,
  ModelOptions,
  Prediction,
  Predictions,
  SampleWeightOptions,
} from './options.ts';
export { type KernelProfile, type ProfileOptions, profile, type StepProfile } from './profile.ts';
export { type ProfileTextOptions, profileText } from './profileText.ts';
export { type TraceEvent, type TraceFile, traceEvents } from './traceEvents.ts';
export { captureTraining, restoreTraining, type TrainingPlace } from './trainingState.ts';
export {
  type StepInput,
  type StepResult,
  type StepScope,
  type Trained,
  TrainStep,
  type TrainStepOptions,
  type TrainStepState,
  trainStep,
} from './trainStep.ts';
export { loadWeights, saveWeights } from './weightsFile.ts';
