import { nativeBackend } from './backends/native/native.ts';
import { offerNative } from './runtime.ts';

export type { CacheContents } from './backends/native/cache.ts';
export { CompilerError } from './backends/native/errors.ts';
export { type NativeStatus, nativeStatus } from './backends/native/native.ts';
export * from './node/index.ts';

// Node has compilers beside it: `native` can be asked for from here on, and is what `auto` takes where one is found.
offerNative(nativeBackend);
