export { type EarlyStoppingOptions, earlyStopping } from './earlyStopping.ts';
export { type HistoryCallback, history } from './history.ts';
export { learningRateScheduler } from './learningRateScheduler.ts';
export type { MonitorMode } from './monitor.ts';
export { type ProgressOptions, type ProgressReport, progress } from './progress.ts';
export { type ReduceLrOnPlateauOptions, reduceLrOnPlateau } from './reduceLrOnPlateau.ts';
export { NonFiniteLossError, type TerminateOnNaNOptions, terminateOnNaN } from './terminateOnNaN.ts';
