import type { Backend, Executable } from './backends/backend.ts';
import { referenceBackend } from './backends/reference/reference.ts';
import type { Graph } from './compiler/program.ts';
import type { NumericArray, Tensor } from './ir/tensor.ts';

/** Names of the backends that can be asked for. */
export type BackendName = 'auto' | 'wasm' | 'reference';

/** Compiles `graph` for `backend` and loads it. */
export async function load(graph: Graph, backend: Backend): Promise<Executable> {
  return backend.load({ graph });
}

/** The backend of the given name; `auto` takes the fastest that works here. */
export async function selectBackend(
  _name: BackendName = 'auto',
  _options: { threads?: number } = {},
): Promise<Backend> {
  return referenceBackend();
}

/**
 * Computes the values of `outputs` once. `feeds` gives the values of the input nodes they depend on.
 *
 * @example
 * const [y] = await evaluate([add(constant([1, 2]), 1)]); // Float32Array [2, 3]
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
