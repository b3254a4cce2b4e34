import type { Backend, Executable } from './backends/backend.ts';
import { referenceBackend } from './backends/reference/reference.ts';
import { wasmBackend } from './backends/wasm/wasm.ts';
import { ceilingProgram } from './compiler/ceiling.ts';
import { compile } from './compiler/compile.ts';
import type { Graph } from './compiler/program.ts';
import { verifyGraph } from './compiler/verify.ts';
import type { NumericArray, Tensor } from './ir/tensor.ts';
import { gatherForm } from './ops/gather-form.ts';
import { joinPads } from './ops/join-pads.ts';
import { winograd } from './ops/winograd.ts';

/** Faster equals of what a graph holds, tried by the compiler on every node. */
const REWRITES = [winograd, gatherForm, joinPads];

/** Names of the backends that can be asked for; `auto` is the fastest that works here. */
export type BackendName = 'auto' | 'native' | 'wasm' | 'reference';

/** Makes the native backend, which may ask for another one to take over when its compiler fails. */
export type NativeFactory = (options: {
  readonly threads: number | undefined;
  readonly substitute: () => Promise<Backend>;
}) => Promise<Backend>;

/**
 * Compiles `graph` for `backend` and loads it.
 *
 * @throws Error when a variable is updated twice, RangeError when its new value has another shape or type
 */
export async function load(graph: Graph, backend: Backend): Promise<Executable> {
  verifyGraph(graph);
  if (backend.substitute) return load(graph, backend.substitute);
  try {
    return await backend.load(backend.target ? compile(graph, backend.target, REWRITES) : interpreted(graph));
  } catch (error) {
    // Set by the failure itself: a compiler that no longer works does not end a run.
    const { substitute } = backend as Backend;
    if (!substitute) throw error;
    return load(graph, substitute);
  }
}

/** A program that shows what a backend's machine can do at most; see `ceilingProgram`. */
export function loadCeiling(backend: Backend): Promise<Executable> {
  return backend.load(ceilingProgram(backend.target!));
}

const loaded = new Map<string, Promise<Backend>>();
let nativeFactory: NativeFactory | undefined;

/** Makes `native` known, and the first choice of `auto`. Importing `fathom/node` does it. */
export function offerNative(factory: NativeFactory): void {
  nativeFactory = factory;
}

/** The backend of the given name; the same one for the same name and threads, until it is disposed of. */
export async function selectBackend(
  name: BackendName = 'auto',
  { threads }: { threads?: number } = {},
): Promise<Backend> {
  const key = `${name}/${threads ?? 'all'}`;
  const known = loaded.get(key);
  if (known && !(await known).disposed) return known;
  const backend = createBackend(name, threads);
  loaded.set(key, backend);
  return backend;
}

/**
 * Computes the values of `outputs` once. `feeds` gives the values of the input nodes they depend on.
 *
 * @example
 * const [y] = await evaluate([ops.add(constant([1, 2]), 1)]); // Float32Array [2, 3]
 */
export async function evaluate(
  outputs: readonly Tensor[],
  feeds: ReadonlyMap<Tensor, ArrayLike<number>> = new Map(),
  backend?: Backend,
): Promise<NumericArray[]> {
  const inputs = [...feeds.keys()];
  const executable = await load({ inputs, outputs, updates: [] }, backend ?? (await selectBackend()));
  try {
    inputs.forEach((input, i) => {
      executable.write(i, feeds.get(input)!);
    });
    await executable.run();
    const values: NumericArray[] = [];
    for (let i = 0; i < outputs.length; i++) values.push(await executable.read(i));
    return values;
  } finally {
    executable.dispose();
  }
}

async function createBackend(name: BackendName, threads: number | undefined): Promise<Backend> {
  switch (name) {
    case 'reference':
      return referenceBackend();
    case 'wasm':
      return wasm(threads);
    case 'native':
      if (!nativeFactory) {
        throw new Error("backend: 'native' runs in Node, where importing 'fathom/node' makes it known.");
      }
      return nativeFactory({ threads, substitute: () => wasm(threads) });
    case 'auto':
      return (await nativeIfPossible(threads)) ?? wasm(threads);
    default:
      throw new TypeError(
        `backend: expected 'auto', 'native', 'wasm' or 'reference'; received '${String(name satisfies never)}'.`,
      );
  }
}

const wasm = (threads: number | undefined) => wasmBackend(threads === undefined ? {} : { threads });

/** The native backend, unless there is none here; `nativeStatus` of `fathom/node` says why. */
async function nativeIfPossible(threads: number | undefined): Promise<Backend | undefined> {
  try {
    return await nativeFactory?.({ threads, substitute: () => wasm(threads) });
  } catch (error) {
    if ((error as Error).name === 'CompilerError') return undefined;
    throw error;
  }
}

/** The reference backend reads the graph alone. */
function interpreted(graph: Graph) {
  return {
    graph,
    buffers: [],
    inputs: [],
    outputs: [],
    launches: [],
    loops: [],
    prepared: 0,
    arenaBytes: 0,
    scratchBytes: 0,
  };
}
