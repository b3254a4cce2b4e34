import type { Backend, Executable } from './backends/backend.ts';
import { referenceBackend } from './backends/reference/reference.ts';
import { wasmBackend } from './backends/wasm/wasm.ts';
import { compile } from './compiler/compile.ts';
import type { Graph } from './compiler/program.ts';
import { verifyGraph } from './compiler/verify.ts';
import type { NumericArray, Tensor } from './ir/tensor.ts';
import { winograd } from './ops/winograd.ts';

/** Faster equals of what a graph holds, tried by the compiler on every node. */
const REWRITES = [winograd];

/** Names of the backends that can be asked for; `auto` is the fastest that works here. */
export type BackendName = 'auto' | 'wasm' | 'reference';

/**
 * Compiles `graph` for `backend` and loads it.
 *
 * @throws Error when a variable is updated twice, RangeError when its new value has another shape or type
 */
export async function load(graph: Graph, backend: Backend): Promise<Executable> {
  verifyGraph(graph);
  return backend.load(backend.target ? compile(graph, backend.target, REWRITES) : interpreted(graph));
}

const loaded = new Map<string, Promise<Backend>>();

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
    case 'auto':
      return wasmBackend(threads === undefined ? {} : { threads });
    default:
      throw new TypeError(
        `backend: expected 'auto', 'wasm' or 'reference'; received '${String(name satisfies never)}'.`,
      );
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
    arenaBytes: 0,
    scratchBytes: 0,
  };
}
