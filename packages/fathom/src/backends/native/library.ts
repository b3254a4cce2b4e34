import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { CompilerProgress } from '../backend.ts';
import type { Look } from '../finite.ts';
import type { LibraryCache } from './cache.ts';
import { CompilerError } from './errors.ts';
import type { Machine } from './machine.ts';
import { POOL_SOURCE } from './pool.ts';
import { run } from './process.ts';
import { TRACE_SOURCE } from './trace.ts';

/** What is used of koffi, which calls functions of shared libraries. */
interface Koffi {
  load(path: string): Library;
}

interface Library {
  func(prototype: string): (...args: unknown[]) => unknown;
  unload(): void;
}

/** A compiled program in memory. */
export interface LoadedProgram {
  /** Address of its `run`. */
  readonly entry: number;
  readonly run: (context: number, thread: number) => void;
  readonly kernel: (context: number, launch: number, count: number, step: number, iterations: number) => void;
  /** Address of the function of one launch. */
  readonly kernelAt: (launch: number) => number;
  unload(): void;
}

/** A compiler may hang, and a machine may be slow: no program here took 20 s. */
const COMPILE_MS = 120_000;

/** Compiles and loads C: the pool's once, programs as they come, at most as many at a time as there are processors. */
export class Loader {
  readonly machine: Machine;
  readonly cache: LibraryCache;
  readonly #koffi: Koffi;
  readonly #limitMs: number;
  #running = 0;
  readonly #waiting: (() => void)[] = [];
  /** What is being compiled, so that two who want the same wait for one compiler. */
  readonly #pending = new Map<string, Promise<string>>();
  /** Milliseconds spent on waiting for the compiler, and the programs that it compiled. */
  compileMs = 0;
  compiled = 0;
  /** Those who want to know how far the compiler is. */
  readonly listeners = new Set<(progress: CompilerProgress) => void>();
  #steps = 0;
  #stepsDone = 0;

  /** @throws CompilerError when koffi is not installed */
  constructor(machine: Machine, cache: LibraryCache, limitMs = COMPILE_MS) {
    this.machine = machine;
    this.cache = cache;
    this.#limitMs = limitMs;
    this.#koffi = requireKoffi();
  }

  async program(files: readonly string[]): Promise<LoadedProgram> {
    const library = await this.#library(files, []);
    const entry = library.func('uintptr_t entry()')() as number;
    return {
      entry: Number(entry),
      run: library.func('void run(uintptr_t context, long thread)'),
      kernel: library.func(
        'void kernel(uintptr_t context, long launch, long count, long step, long iterations)',
      ),
      kernelAt: (launch) => Number(library.func('uintptr_t kernel_at(long launch)')(launch)),
      unload: () => library.unload(),
    };
  }

  /** The code that runs programs and notes when each thread was in which kernel. */
  async tracer(): Promise<{ readonly entry: number; readonly run: LoadedProgram['run'] }> {
    const library = await this.#library([TRACE_SOURCE], []);
    return {
      entry: Number(library.func('uintptr_t trace_entry()')()),
      run: library.func('void trace_run(uintptr_t trace, long thread)'),
    };
  }

  async pool(): Promise<PoolLibrary> {
    return new PoolLibrary(await this.#library([POOL_SOURCE], ['-pthread']));
  }

  async #library(files: readonly string[], flags: readonly string[]): Promise<Library> {
    const path = await this.#compile(files, flags);
    try {
      return this.#koffi.load(path);
    } catch {
      // Damaged on disk, or made by what is no longer there: made anew once.
      await this.cache.remove(path);
      const again = await this.#compile(files, flags);
      try {
        return this.#koffi.load(again);
      } catch (error) {
        throw new CompilerError(
          `what ${this.machine.compiler} made does not load: ${(error as Error).message}`,
        );
      }
    }
  }

  #compile(files: readonly string[], extra: readonly string[]): Promise<string> {
    const { compiler, wrapped, fingerprint, flags } = this.machine;
    const args = [...wrapped, ...flags, ...extra];
    const key = [...args, ...files].join('\n');
    const known = this.#pending.get(key);
    if (known) return known;
    const path = this.cache
      .get([compiler, fingerprint, args.join('\n'), ...files], async (folder) => {
        const start = performance.now();
        // Several files are compiled, then linked.
        let left = files.length > 1 ? files.length + 1 : 1;
        this.#tell(left, 0);
        try {
          return await this.#build(args, files, folder, () => {
            left--;
            this.#tell(0, 1);
          });
        } finally {
          this.#tell(0, left);
          this.compileMs += performance.now() - start;
          this.compiled++;
        }
      })
      .catch((error: unknown) => {
        // A full disk and the like; the program can be had elsewhere.
        throw error instanceof CompilerError ? error : new CompilerError((error as Error).message);
      })
      .finally(() => this.#pending.delete(key));
    this.#pending.set(key, path);
    return path;
  }

  /** Compiles files side by side into a library in `folder`, where the compiler keeps its own temporary files too. */
  async #build(
    args: readonly string[],
    files: readonly string[],
    folder: string,
    onStep: () => void,
  ): Promise<string> {
    const environment = { ...this.machine.environment, TMPDIR: folder };
    const call = (more: readonly string[], input = '') =>
      this.#limited(() =>
        run(this.machine.compiler, [...args, ...more], { input, limitMs: this.#limitMs, environment }),
      ).then(onStep);
    const library = join(folder, 'library.so');
    if (files.length === 1) {
      await call(['-shared', '-o', library, '-x', 'c', '-', '-ldl'], files[0]);
      return library;
    }
    const objects = files.map((_, i) => join(folder, `${i}.o`));
    const calls = files.map((file, i) => call(['-c', '-o', objects[i]!, '-x', 'c', '-'], file));
    // All have ended before their files are removed, also when one has failed.
    for (const outcome of await Promise.allSettled(calls)) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
    await call(['-shared', '-o', library, ...objects]);
    return library;
  }

  #tell(more: number, done: number): void {
    this.#steps += more;
    this.#stepsDone += done;
    const progress = { steps: this.#steps, done: this.#stepsDone };
    if (this.#steps === this.#stepsDone) {
      this.#steps = 0;
      this.#stepsDone = 0;
    }
    if (more + done > 0) for (const listen of this.listeners) listen(progress);
  }

  async #limited(work: () => Promise<unknown>): Promise<void> {
    if (this.#running >= availableParallelism()) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running++;
    try {
      await work();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}

/** The pool's functions. */
export class PoolLibrary {
  /** Where memory lies that has just been allocated; it gets large pages where it is large. */
  readonly addressOf: (memory: ArrayBuffer) => number;
  readonly run: (pool: number, entry: number, context: number) => void;
  readonly allFinite: Look;
  /** Address of the function that programs wait by. */
  readonly meet: number;
  readonly #start: (threads: number, processors: number) => number;
  readonly #stop: (pool: number) => void;
  readonly #threads: (pool: number) => number;

  constructor(library: Library) {
    const addressOf = library.func('unsigned long long address_of(void *p, unsigned long bytes)');
    this.addressOf = (memory) => Number(addressOf(memory, memory.byteLength));
    this.run = library.func('void pool_run(uintptr_t pool, uintptr_t entry, uintptr_t context)');
    const allFinite = library.func('int all_finite(const void *p, unsigned long count)');
    this.allFinite = (values) => allFinite(values, values.length) === 1;
    this.meet = Number(library.func('uintptr_t meet_address()')());
    const start = library.func('uintptr_t pool_start(int threads, int processors)');
    this.#start = (threads, processors) => Number(start(threads, processors));
    this.#stop = library.func('void pool_stop(uintptr_t pool)');
    const count = library.func('long pool_threads(uintptr_t pool)');
    this.#threads = (pool) => Number(count(pool));
  }

  /** Starts threads; 0 instead of an address where the system gives none. */
  start(threads: number): { pool: number; threads: number } {
    const pool = this.#start(threads, availableParallelism());
    return { pool, threads: pool === 0 ? 1 : this.#threads(pool) };
  }

  stop(pool: number): void {
    this.#stop(pool);
  }
}

function requireKoffi(): Koffi {
  try {
    return createRequire(import.meta.url)('koffi') as Koffi;
  } catch (error) {
    throw new CompilerError(
      `the optional package koffi is not there: ${(error as Error).message.split('\n')[0]}`,
    );
  }
}
