import type { Backend, Executable } from '../backends/backend.ts';
import { load } from '../runtime.ts';
import type { StepGraph } from './graphs.ts';
import { keepingVariables } from './measure.ts';

/** A step on a device. */
export interface LoadedStep extends Omit<StepGraph, 'graph'> {
  readonly executable: Executable;
}

/**
 * The programs of one model on one backend: compiled when first needed, kept while they are used, one at a time.
 *
 * A step is several calls (write, run, read) on memory that all steps share, so steps take turns, also where a caller
 * starts the next before the last has ended.
 */
export class Programs {
  readonly #backend: () => Promise<Backend>;
  /** In order of use, the longest unused first. */
  readonly #loaded = new Map<string, LoadedStep>();
  #running: Promise<void> | undefined;
  #compileMs = 0;

  constructor(backend: () => Promise<Backend>) {
    this.#backend = backend;
  }

  /** Milliseconds spent on making and loading programs so far. */
  get compileMs(): number {
    return this.#compileMs;
  }

  /** Runs `body` with the program of that key, made by `build` the first time. */
  async use<T>(key: string, build: () => StepGraph, body: (step: LoadedStep) => T | Promise<T>): Promise<T> {
    return this.#inTurn(async () => body(this.#recall(key) ?? (await this.#load(key, build))));
  }

  /** Makes those of some programs that are not there yet, side by side where a compiler runs beside this thread. */
  async prepare(wanted: ReadonlyMap<string, () => StepGraph>): Promise<void> {
    await this.#inTurn(async () => {
      const missing = [...wanted].filter(([key]) => !this.#loaded.has(key));
      const start = performance.now();
      // None goes on in the background when another one has failed.
      const made = await Promise.allSettled(missing.map(([key, build]) => this.#make(key, build)));
      if (missing.length > 0) this.#compileMs += performance.now() - start;
      for (const outcome of made) if (outcome.status === 'rejected') throw outcome.reason;
    });
  }

  /** As `use`, for who measures the program: the backend comes with it. */
  async measure<T>(
    key: string,
    build: () => StepGraph,
    body: (step: LoadedStep, backend: Backend) => T | Promise<T>,
  ): Promise<T> {
    const backend = await this.#backend();
    return this.use(key, build, (step) => keepingVariables(step.executable, () => body(step, backend)));
  }

  /** Gives the memory of all programs back; they are made again when needed. */
  async clear(): Promise<void> {
    while (this.#running) await this.#running;
    for (const { executable } of this.#loaded.values()) executable.dispose();
    this.#loaded.clear();
  }

  async #inTurn<T>(body: () => Promise<T>): Promise<T> {
    while (this.#running) await this.#running;
    let done = () => {};
    this.#running = new Promise((resolve) => {
      done = resolve;
    });
    try {
      return await body();
    } finally {
      this.#running = undefined;
      done();
    }
  }

  #recall(key: string): LoadedStep | undefined {
    const step = this.#loaded.get(key);
    if (step && this.#loaded.size > 1) {
      this.#loaded.delete(key);
      this.#loaded.set(key, step);
    }
    return step;
  }

  async #load(key: string, build: () => StepGraph): Promise<LoadedStep> {
    const start = performance.now();
    const step = await this.#make(key, build);
    this.#compileMs += performance.now() - start;
    return step;
  }

  async #make(key: string, build: () => StepGraph): Promise<LoadedStep> {
    const backend = await this.#backend();
    for (const [oldest, { executable }] of this.#loaded) {
      if (this.#loaded.size < MOST_PROGRAMS) break;
      executable.dispose();
      this.#loaded.delete(oldest);
    }
    const { graph, ...rest } = build();
    const step = { executable: await load(graph, backend), ...rest };
    this.#loaded.set(key, step);
    return step;
  }
}

/** Training, evaluation and prediction, each with a full and a last batch, and room for some more sizes. */
const MOST_PROGRAMS = 12;
