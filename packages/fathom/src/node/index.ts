export { type AtomicFileSystem, FileWriteError, writeFileAtomic } from './atomic.ts';
export * from './callbacks/index.ts';
export * from './data/index.ts';
export { loadModel, MODEL_FILE, saveModel, WEIGHTS_FILE } from './savedModel.ts';
