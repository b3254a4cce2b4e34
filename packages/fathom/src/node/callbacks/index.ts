export {
  type BackupAndRestoreOptions,
  backupAndRestore,
  deleteCheckpoints,
  readCheckpoint,
  writeCheckpoint,
} from './backupAndRestore.ts';
export { type CsvLoggerOptions, csvLogger } from './csvLogger.ts';
export { type ModelCheckpointOptions, modelCheckpoint } from './modelCheckpoint.ts';
export { type TensorBoardOptions, tensorBoard } from './tensorBoard.ts';
export type { ImageData as SummaryImage } from './tensorboard/picture.ts';
export { SummaryWriter } from './tensorboard/summaryWriter.ts';
