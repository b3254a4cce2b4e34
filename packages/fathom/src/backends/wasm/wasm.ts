import type { Buffer, Program, Target } from '../../compiler/program.ts';
import type { DType } from '../../ir/shape.ts';
import type { NumericArray, Variable, VariableHome } from '../../ir/tensor.ts';
import type { Backend, Executable, LaunchSpan, LaunchTime } from '../backend.ts';
import { forEachCall } from '../calls.ts';
import { Prepared, type Versioned } from '../prepared.ts';
import { detectFeatures } from './features.ts';
import { Heap } from './heap.ts';
import { baseName, kernelName, PREPARED, render } from './render.ts';
import { nodeModule, ThreadPool } from './threads.ts';

export interface WasmOptions {
  /** Threads that share a run; default all processors (at most 8), 1 where memory cannot be shared. */
  readonly threads?: number;
  /** Whether to use the fused multiply-add where the engine has it; default true. */
  readonly relaxed?: boolean;
}

const MOST_THREADS = 8;
/** 4 GiB of address space; less where the engine refuses to reserve that much. */
const MEMORY_SIZES = [65536, 32768, 16384, 8192];

/** Below this many operations a run finishes before other threads wake. */
const SINGLE_THREAD_FLOPS = 2e6;

const BASE_TARGET: Target = {
  name: 'wasm-simd128',
  lanes: 4,
  registers: 15,
  fmaPerCycle: 2,
  fmaLatency: 4,
  loadsPerCycle: 2,
  hoistsLoads: true,
  cacheBytes: 384 * 1024,
  block: { rows: 128, steps: 256, copiesRows: false },
};

/** Compiles programs to WebAssembly with 128-bit vectors and runs them on threads over one shared memory. */
export async function wasmBackend(options: WasmOptions = {}): Promise<Backend> {
  allowRelaxedSimd();
  const features = detectFeatures();
  if (!features.simd) {
    throw new Error('wasm: this engine has no WebAssembly SIMD. Update it, or use the reference backend.');
  }
  const wanted = options.threads ?? Math.min(MOST_THREADS, processorCount());
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new RangeError(`wasm: threads must be a positive integer; received ${options.threads}.`);
  }
  const threads = features.sharedMemory ? wanted : 1;
  const heap = createHeap(threads > 1);
  const pool = threads > 1 ? await ThreadPool.start(threads) : undefined;
  return new WasmBackend(heap, pool, threads, features.relaxed && options.relaxed !== false);
}

class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly target: Target = BASE_TARGET;
  readonly threads: number;
  readonly heap: Heap;
  readonly pool: ThreadPool | undefined;
  disposed = false;
  readonly #relaxed: boolean;
  readonly #sync: number;
  /** The place of every variable that has been here; programs are bound to it even while the values are elsewhere. */
  readonly #homes = new WeakMap<Variable, WasmHome>();
  readonly #variables = new Set<WeakRef<Variable>>();
  /** Gives back the memory of programs and variables that nobody refers to any more. */
  readonly #dropped = new FinalizationRegistry<() => void>((free) => free());

  constructor(heap: Heap, pool: ThreadPool | undefined, threads: number, relaxed: boolean) {
    this.heap = heap;
    this.pool = pool;
    this.threads = threads;
    this.#relaxed = relaxed;
    this.#sync = heap.allocate(64);
    new Int32Array(heap.memory.buffer, this.#sync, 16).fill(0);
  }

  async load(program: Program): Promise<Executable> {
    if (this.disposed) throw new Error('wasm: this backend has been disposed of. Select one anew.');
    const { heap } = this;
    const shared = this.pool !== undefined;
    const bytes = render(program, {
      sharedMemory: shared,
      maximumPages: heap.maximumPages,
      relaxed: this.#relaxed,
    });
    const module = new WebAssembly.Module(bytes);
    const owned: number[] = [];
    try {
      return await this.#place(program, module, owned);
    } catch (error) {
      for (const address of owned.splice(0)) heap.free(address);
      throw error;
    }
  }

  /** Gives a program its memory, whose addresses go to `owned`, and makes it known to the threads. */
  async #place(program: Program, module: WebAssembly.Module, owned: number[]): Promise<Executable> {
    const { heap } = this;
    const arena = heap.allocate(Math.max(64, program.arenaBytes));
    owned.push(arena);
    new Uint8Array(heap.memory.buffer, arena, Math.max(64, program.arenaBytes)).fill(0);
    const addresses = program.buffers.map((buffer) => {
      if (buffer.kind === 'arena') return arena + buffer.offset;
      if (buffer.kind === 'scratch') return 0;
      if (buffer.kind === 'variable') return this.#move(buffer.variable).address;
      const address = heap.allocate(4 * buffer.size);
      owned.push(address);
      view(heap, address, buffer.dtype, buffer.size).set(buffer.values);
      return address;
    });
    const flops = program.launches.reduce((sum, launch) => sum + launch.flops, 0);
    const threads = this.pool !== undefined && flops >= SINGLE_THREAD_FLOPS ? this.threads : 1;
    const scratchBytes = program.scratchBytes;
    const scratch = scratchBytes > 0 ? heap.allocate(threads * scratchBytes) : 0;
    if (scratchBytes > 0) owned.push(scratch);
    const env: Record<string, number> = {
      threads,
      sync: this.#sync,
      mayWait: canWait() ? 1 : 0,
      scratch,
    };
    addresses.forEach((address, i) => {
      env[baseName(i)] = address;
    });
    const instance = new WebAssembly.Instance(module, { env: { ...env, memory: heap.memory } });
    const run = instance.exports.run as (thread: number) => void;
    const number =
      threads > 1 ? await this.pool!.add({ module, env, scratchBytes, memory: heap.memory }) : -1;
    const variables = program.buffers.flatMap((b) => (b.kind === 'variable' ? [b.variable] : []));
    const state = new Prepared(variables, program.graph.updates);
    /** Does what changes variables. */
    const working = <T>(work: () => T): T => {
      if (this.disposed) throw new Error('wasm: the backend of this program has been disposed of.');
      const homes = variables.map((variable) => this.#move(variable));
      new Int32Array(heap.memory.buffer)[(this.#sync + PREPARED) / 4] = state.holds(homes) ? 1 : 0;
      const result = work();
      state.changed(homes);
      return result;
    };
    const start = () => {
      if (number >= 0) this.pool!.run(number);
      run(0);
    };
    const executable = new WasmExecutable(program, heap, addresses, working, start, instance.exports);
    const release = () => {
      for (const address of owned.splice(0)) heap.free(address);
      if (number >= 0) this.pool!.remove(number);
    };
    executable.onDispose = release;
    this.#dropped.register(executable, release);
    return executable;
  }

  async dispose(): Promise<void> {
    this.disposed = true;
    for (const reference of this.#variables) {
      const variable = reference.deref();
      if (variable?.home instanceof WasmHome && variable.home.heap === this.heap) {
        variable.host = variable.home.read();
        variable.home = undefined;
      }
    }
    await this.pool?.stop();
  }

  /** The place of a variable in this backend's memory, to which it is moved if it is elsewhere. */
  #move(variable: Variable): WasmHome {
    const { home } = variable;
    const known = this.#homes.get(variable);
    if (known && home === known) return known;
    const values = home ? home.read() : variable.host!;
    if (values instanceof Promise) throw new Error(`wasm: variable ${variable.name} is still being read.`);
    const own = known ?? this.#makeHome(variable);
    own.write(values);
    variable.home = own;
    variable.host = undefined;
    return own;
  }

  #makeHome(variable: Variable): WasmHome {
    const address = this.heap.allocate(4 * variable.size);
    const home = new WasmHome(this.heap, address, variable.dtype, variable.size);
    const reference = new WeakRef(variable);
    this.#homes.set(variable, home);
    this.#variables.add(reference);
    this.#dropped.register(variable, () => {
      this.heap.free(address);
      this.#variables.delete(reference);
    });
    return home;
  }
}

class WasmHome implements VariableHome, Versioned {
  readonly heap: Heap;
  readonly address: number;
  version = 0;
  readonly #dtype: DType;
  readonly #size: number;

  constructor(heap: Heap, address: number, dtype: DType, size: number) {
    this.heap = heap;
    this.address = address;
    this.#dtype = dtype;
    this.#size = size;
  }

  read(): NumericArray {
    return copyOf(view(this.heap, this.address, this.#dtype, this.#size));
  }

  write(values: NumericArray): void {
    view(this.heap, this.address, this.#dtype, this.#size).set(values);
    this.version++;
  }
}

class WasmExecutable implements Executable {
  readonly program: Program;
  onDispose: () => void = () => {};
  readonly #heap: Heap;
  readonly #addresses: readonly number[];
  readonly #working: <T>(work: () => T) => T;
  readonly #run: () => void;
  readonly #exports: WebAssembly.Exports;
  #disposed = false;

  constructor(
    program: Program,
    heap: Heap,
    addresses: readonly number[],
    working: <T>(work: () => T) => T,
    run: () => void,
    exports: WebAssembly.Exports,
  ) {
    this.program = program;
    this.#heap = heap;
    this.#addresses = addresses;
    this.#working = working;
    this.#run = run;
    this.#exports = exports;
  }

  write(input: number, values: ArrayLike<number>): void {
    this.#check();
    const { buffer, size, dtype } = this.#buffer(this.program.inputs[input]!);
    if (values.length !== size) {
      throw new RangeError(`write: input ${input} takes ${size} values; received ${values.length}.`);
    }
    view(this.#heap, this.#addresses[buffer]!, dtype, size).set(values);
  }

  run(): void {
    this.#check();
    this.#working(this.#run);
  }

  read(output: number): NumericArray {
    this.#check();
    const { buffer, size, dtype } = this.#buffer(this.program.outputs[output]!);
    return copyOf(view(this.#heap, this.#addresses[buffer]!, dtype, size));
  }

  profile(rounds: number): LaunchTime[] {
    this.#check();
    return this.#working(() => this.#times(rounds));
  }

  #times(rounds: number): LaunchTime[] {
    const times = this.program.launches.map(({ name, flops }) => ({
      name,
      flops,
      milliseconds: Number.POSITIVE_INFINITY,
    }));
    for (let round = 0; round < rounds; round++) {
      this.program.launches.forEach(({ count, chunks, solo }, i) => {
        const kernel = this.#exports[kernelName(i)] as (
          first: number,
          end: number,
          iteration: number,
        ) => void;
        const loop = this.program.loops.find(({ first, end }) => first <= i && i < end);
        const tasks = solo || loop ? count : count / chunks;
        const start = performance.now();
        for (let iteration = 0; iteration < (loop?.count ?? 1); iteration++) {
          for (let first = 0; first < count; first += tasks) kernel(first, first + tasks, iteration);
        }
        times[i]!.milliseconds = Math.min(times[i]!.milliseconds, performance.now() - start);
      });
    }
    return times;
  }

  /** On one thread: each kernel in the order of the step, chunk by chunk where a stage has several. */
  async trace(steps: number): Promise<LaunchSpan[]> {
    this.#check();
    return this.#working(() => this.#spans(steps));
  }

  #spans(steps: number): LaunchSpan[] {
    const spans: LaunchSpan[] = [];
    const origin = performance.now();
    for (let step = 0; step < steps; step++) {
      forEachCall(this.program, (launch, first, end, iteration) => {
        const kernel = this.#exports[kernelName(launch)] as (...range: number[]) => void;
        const startMs = performance.now() - origin;
        kernel(first, end, iteration);
        spans.push({ step, thread: 0, launch, startMs, endMs: performance.now() - origin });
      });
    }
    return spans;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.onDispose();
  }

  #buffer(buffer: number): { buffer: number; size: number; dtype: DType } {
    const { size, dtype }: Buffer = this.program.buffers[buffer]!;
    return { buffer, size, dtype };
  }

  #check(): void {
    if (this.#disposed) throw new Error('wasm: this program has been disposed of. Load it again.');
  }
}

function view(heap: Heap, address: number, dtype: DType, size: number): Float32Array | Int32Array {
  const { buffer } = heap.memory;
  return dtype === 'float32'
    ? new Float32Array(buffer, address, size)
    : new Int32Array(buffer, address, size);
}

/** A copy in memory that is not shared, which is what callers expect of results. */
function copyOf(values: Float32Array | Int32Array): NumericArray {
  return values instanceof Float32Array ? Float32Array.from(values) : Int32Array.from(values);
}

function createHeap(shared: boolean): Heap {
  for (const maximum of MEMORY_SIZES) {
    try {
      return new Heap(new WebAssembly.Memory({ initial: 16, maximum, shared }), maximum);
    } catch (error) {
      if (maximum === MEMORY_SIZES[MEMORY_SIZES.length - 1]) throw error;
    }
  }
  throw new Error('wasm: no memory.');
}

/** Node 20 has the fused multiply-add behind a flag that must be set before a module is compiled. */
function allowRelaxedSimd(): void {
  const v8 = nodeModule<typeof import('node:v8')>('node:v8');
  v8?.setFlagsFromString('--experimental-wasm-relaxed-simd');
}

function processorCount(): number {
  const os = nodeModule<typeof import('node:os')>('node:os');
  if (os) return os.availableParallelism();
  return (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 1;
}

/** The main thread of a browser may not sleep; it watches instead. */
function canWait(): boolean {
  return typeof (globalThis as { document?: unknown }).document === 'undefined';
}
