export { type AtomicFileSystem, FileWriteError, writeFileAtomic } from './atomic.ts';
export * from './data/index.ts';
