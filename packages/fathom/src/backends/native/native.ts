import { availableParallelism } from 'node:os';
import type { Program, Target } from '../../compiler/program.ts';
import type { DType } from '../../ir/shape.ts';
import type { NumericArray, Variable, VariableHome } from '../../ir/tensor.ts';
import type { Backend, CompilerProgress, Executable } from '../backend.ts';
import { lookBy } from '../finite.ts';
import { Prepared, type Versioned } from '../prepared.ts';
import { type CacheContents, LibraryCache, nativeCacheFolder } from './cache.ts';
import { CompilerError } from './errors.ts';
import { NativeExecutable } from './executable.ts';
import { type LoadedProgram, Loader, type PoolLibrary } from './library.ts';
import { findMachine } from './machine.ts';
import { allocate, type Block, guard, view } from './memory.ts';
import { renderC } from './render.ts';
import { ThreadChoice } from './threadChoice.ts';
import { Tracer } from './trace.ts';

export interface NativeOptions {
  /** Threads that share a run; default all processors, at most 8. */
  readonly threads?: number | undefined;
  /** Makes the backend that takes over when the compiler fails in the middle of work. */
  readonly substitute?: (() => Promise<Backend>) | undefined;
  /** Where compiled programs are kept; default {@link nativeCacheFolder}. */
  readonly cacheFolder?: string;
  /** Where `CC` and `PATH` are looked up; default `process.env`. */
  readonly environment?: NodeJS.ProcessEnv;
  /** Milliseconds that the compiler may take for one program. */
  readonly compileLimitMs?: number;
  /** Gives every buffer memory of its own, so that a sanitizer or the run itself sees when a kernel leaves it. */
  readonly separate?: boolean;
}

/** What native code is made with on this machine, or why there is none. */
export type NativeStatus =
  | {
      readonly available: true;
      readonly compiler: string;
      readonly version: string;
      /** Floats in one vector. */
      readonly lanes: number;
      /** The kind of vectors, as avx512, avx2, sse2 or neon. */
      readonly vectors: string;
      readonly cache: CacheContents;
    }
  | { readonly available: false; readonly reason: string };

const MOST_THREADS = 8;

/** Below this many operations a run finishes before other threads wake. */
const SINGLE_THREAD_FLOPS = 4e6;

/**
 * Prints programs as C, compiles them with the machine's own compiler, and runs them on threads over memory that
 * JavaScript owns.
 *
 * @throws CompilerError when there is no compiler that works, or koffi is not installed
 */
export async function nativeBackend(options: NativeOptions = {}): Promise<NativeBackend> {
  const wanted = options.threads ?? Math.min(MOST_THREADS, availableParallelism());
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new RangeError(`native: threads must be a positive integer; received ${options.threads}.`);
  }
  const { loader, pool } = await toolsFor(options).catch((error: unknown) => {
    if (!(error instanceof CompilerError)) throw error;
    throw new CompilerError(
      `native: programs cannot be compiled here: ${error.message}. Install gcc or clang, or use the wasm backend.`,
    );
  });
  return new NativeBackend(loader, pool, wanted, options);
}

/** Whether programs can be compiled natively here, with what, or why not. */
export async function nativeStatus(options: NativeOptions = {}): Promise<NativeStatus> {
  try {
    const { loader } = await toolsFor(options);
    const { compiler, version, target } = loader.machine;
    const vectors = target.name.replace('native-', '');
    const cache = await loader.cache.contents();
    return { available: true, compiler, version, lanes: target.lanes, vectors, cache };
  } catch (error) {
    if (!(error instanceof CompilerError)) throw error;
    return { available: false, reason: error.message };
  }
}

interface Tools {
  readonly loader: Loader;
  readonly pool: PoolLibrary;
}

/** A compiler that hangs is not asked twice in a row. */
const REMEMBERED_MS = 5000;

const tools = new Map<string, Promise<Tools>>();

/** The compiler and the pool, found and tried once a process. */
function toolsFor({ environment = process.env, cacheFolder, compileLimitMs }: NativeOptions): Promise<Tools> {
  const folder = cacheFolder ?? nativeCacheFolder(environment);
  const key = [environment.CC, environment.PATH, folder, compileLimitMs].join('\n');
  let found = tools.get(key);
  if (!found) {
    found = prepare(environment, folder, compileLimitMs);
    tools.set(key, found);
    // Whoever asks later may have installed what was missing.
    found.catch(() => setTimeout(() => tools.delete(key), REMEMBERED_MS).unref());
  }
  return found;
}

async function prepare(
  environment: NodeJS.ProcessEnv,
  folder: string | undefined,
  compileLimitMs: number | undefined,
): Promise<Tools> {
  const machine = await findMachine(environment);
  const cache = await LibraryCache.open(folder).catch((error: unknown) => {
    throw new CompilerError(`there is no place for compiled programs: ${(error as Error).message}`);
  });
  const first = new Loader(machine, cache, compileLimitMs);
  const pool = await first.pool();
  const withHeaders = { ...machine, flags: [...machine.flags, '-DFATHOM_HEADERS'] };
  const loaders = [first, new Loader(withHeaders, cache, compileLimitMs)];
  let failure: unknown;
  for (const loader of loaders) {
    try {
      await check(loader);
      lookBy(pool.allFinite);
      return { loader, pool };
    } catch (error) {
      if (!(error instanceof CompilerError)) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

/** Compiles and loads a program of nothing but the ALU, so that a compiler that does not know it is found out early. */
async function check(loader: Loader): Promise<void> {
  const { lanes } = loader.machine.target;
  const program: Program = {
    graph: { inputs: [], outputs: [], updates: [] },
    buffers: [],
    inputs: [],
    outputs: [],
    launches: [],
    loops: [],
    prepared: 0,
    arenaBytes: 0,
    scratchBytes: 0,
  };
  const loaded = await loader.program(renderC(program, lanes));
  loaded.unload();
}

export class NativeBackend implements Backend {
  readonly name = 'native';
  readonly target: Target;
  readonly threads: number;
  readonly loader: Loader;
  disposed = false;
  /** Takes over after the compiler has failed, and why. */
  substitute: Backend | undefined;
  failure: string | undefined;
  onCompiling: ((progress: CompilerProgress) => void) | undefined;
  readonly #tell = (progress: CompilerProgress) => this.onCompiling?.(progress);
  readonly #library: PoolLibrary;
  readonly #pool: number;
  readonly #separate: boolean;
  readonly #makeSubstitute: (() => Promise<Backend>) | undefined;
  /** The place of every variable that has been here; programs are bound to it even while the values are elsewhere. */
  readonly #homes = new WeakMap<Variable, NativeHome>();
  readonly #variables = new Set<WeakRef<Variable>>();
  /** Forgets variables, and unloads programs, that nobody refers to any more. */
  readonly #dropped = new FinalizationRegistry<() => void>((free) => free());

  constructor(
    loader: Loader,
    library: PoolLibrary,
    threads: number,
    { substitute, separate = false }: NativeOptions,
  ) {
    this.loader = loader;
    loader.listeners.add(this.#tell);
    this.target = loader.machine.target;
    this.#library = library;
    this.#makeSubstitute = substitute;
    this.#separate = separate;
    const started = threads > 1 ? library.start(threads) : { pool: 0, threads: 1 };
    this.#pool = started.pool;
    this.threads = started.threads;
  }

  async load(program: Program): Promise<Executable> {
    this.#check();
    let loaded: LoadedProgram;
    try {
      loaded = await this.loader.program(renderC(program, this.target.lanes));
    } catch (error) {
      if (error instanceof CompilerError && this.#makeSubstitute) {
        this.failure = error.message;
        this.substitute ??= await this.#makeSubstitute();
      }
      throw error;
    }
    this.#check();
    return this.#place(program, loaded);
  }

  /** Gives a program its memory. */
  #place(program: Program, loaded: LoadedProgram): Executable {
    const { addressOf } = this.#library;
    const block = (bytes: number) => allocate(bytes, addressOf);
    const flops = program.launches.reduce((sum, launch) => sum + launch.flops, 0);
    const threads = flops >= SINGLE_THREAD_FLOPS ? this.threads : 1;
    const arena = block(this.#separate ? 0 : program.arenaBytes);
    const scratch = block(threads * program.scratchBytes);
    const places = program.buffers.map((buffer): { block: Block; offset: number } => {
      if (buffer.kind === 'arena') {
        if (this.#separate) return { block: block(4 * buffer.size), offset: 0 };
        return { block: arena, offset: buffer.offset };
      }
      if (buffer.kind === 'scratch') return { block: scratch, offset: 0 };
      if (buffer.kind === 'variable') return { block: this.#move(buffer.variable).block, offset: 0 };
      const constant = block(4 * buffer.size);
      view(constant, 0, buffer.dtype, buffer.size).set(buffer.values);
      return { block: constant, offset: 0 };
    });
    const base = block(8 * places.length);
    const context = block(8 * CONTEXT_WORDS);
    const words = (to: Block, count: number) => new BigUint64Array(to.memory, to.offset, count);
    places.forEach((place, i) => {
      words(base, places.length)[i] = BigInt(place.block.address + place.offset);
    });
    const guarded = places.map(({ block }, i) => ({ block, bytes: 4 * program.buffers[i]!.size }));
    const guards = (this.#separate ? guarded : []).map(({ block, bytes }) =>
      block === scratch ? guard(block, threads * program.scratchBytes) : guard(block, bytes),
    );
    const { meet, run } = this.#library;
    words(context, CONTEXT_WORDS).set(
      [threads, base.address, scratch.address, program.scratchBytes, meet, this.#pool, 0].map(BigInt),
    );
    const variables = program.buffers.flatMap((b) => (b.kind === 'variable' ? [b.variable] : []));
    const state = new Prepared(variables, program.graph.updates);
    const prepared = words(context, CONTEXT_WORDS).subarray(CONTEXT_WORDS - 1);
    /** Does what changes variables. */
    const working = <T>(work: () => T): T => {
      this.#check();
      const homes = variables.map((variable) => this.#move(variable));
      prepared[0] = state.holds(homes) ? 1n : 0n;
      const result = work();
      state.changed(homes);
      return result;
    };
    const choice = new ThreadChoice(threads);
    const sharing = words(context, 1);
    const start = () => {
      sharing[0] = BigInt(choice.threads);
      const before = performance.now();
      if (choice.threads > 1) run(this.#pool, loaded.entry, context.address);
      else loaded.run(context.address, 0);
      choice.took(performance.now() - before);
      guards.forEach((isIntact, i) => {
        if (!isIntact()) throw new Error(`native: the program wrote outside of its buffer ${i}.`);
      });
    };
    const executable = new NativeExecutable(
      program,
      places,
      working,
      start,
      (launch, count, step, iterations) => loaded.kernel(context.address, launch, count, step, iterations),
    );
    executable.sharing = choice;
    executable.onTrace = async (steps) => {
      const tracer = await this.loader.tracer();
      const { kernelAt } = loaded;
      const places = { base: base.address, scratch: scratch.address, meet, pool: this.#pool };
      const traced = new Tracer({ program, threads, kernelAt, ...places }, addressOf);
      return traced.steps(steps, (trace) =>
        working(() => {
          if (threads > 1) run(this.#pool, tracer.entry, trace);
          else tracer.run(trace, 0);
        }),
      );
    };
    // Compiled code knows addresses alone; these keep what lies there.
    executable.keeps = [arena, scratch, base, context];
    let unloaded = false;
    const release = () => {
      if (!unloaded) loaded.unload();
      unloaded = true;
    };
    executable.onDispose = release;
    this.#dropped.register(executable, release);
    return executable;
  }

  async dispose(): Promise<void> {
    if (this.disposed) return;
    this.disposed = true;
    this.loader.listeners.delete(this.#tell);
    for (const reference of this.#variables) {
      const variable = reference.deref();
      if (variable?.home instanceof NativeHome && variable.home.backend === this) {
        variable.host = variable.home.read();
        variable.home = undefined;
      }
    }
    if (this.#pool !== 0) this.#library.stop(this.#pool);
    await this.substitute?.dispose();
  }

  #check(): void {
    if (this.disposed) throw new Error('native: this backend has been disposed of. Select one anew.');
  }

  /** The place of a variable in this backend, to which its values are moved if they are elsewhere. */
  #move(variable: Variable): NativeHome {
    const { home } = variable;
    const known = this.#homes.get(variable);
    if (known && home === known) return known;
    const values = home ? home.read() : variable.host!;
    if (values instanceof Promise) throw new Error(`native: variable ${variable.name} is still being read.`);
    const own = known ?? this.#makeHome(variable);
    own.write(values);
    variable.home = own;
    variable.host = undefined;
    return own;
  }

  #makeHome(variable: Variable): NativeHome {
    const home = new NativeHome(this, allocate(4 * variable.size, this.#library.addressOf), variable);
    const reference = new WeakRef(variable);
    this.#homes.set(variable, home);
    this.#variables.add(reference);
    this.#dropped.register(variable, () => this.#variables.delete(reference));
    return home;
  }
}

/** Words of `struct context`. */
const CONTEXT_WORDS = 7;

class NativeHome implements VariableHome, Versioned {
  readonly backend: NativeBackend;
  readonly block: Block;
  version = 0;
  readonly #dtype: DType;
  readonly #size: number;

  constructor(backend: NativeBackend, block: Block, { dtype, size }: Variable) {
    this.backend = backend;
    this.block = block;
    this.#dtype = dtype;
    this.#size = size;
  }

  read(): NumericArray {
    return view(this.block, 0, this.#dtype, this.#size).slice();
  }

  write(values: NumericArray): void {
    view(this.block, 0, this.#dtype, this.#size).set(values);
    this.version++;
  }
}
