import type { Backend } from '../backends/backend.ts';
import { referenceBackend } from '../backends/reference/reference.ts';
import { formatShape, sizeOf } from '../ir/shape.ts';
import type { NumericArray, Tensor, Variable } from '../ir/tensor.ts';
import type { Network } from '../nn/network.ts';
import { childKey, seedKey } from '../nn/random.ts';
import type { KeyInput } from '../nn/trace.ts';
import { threefry } from '../ops/index.ts';
import { type BackendName, load, selectBackend } from '../runtime.ts';
import type { Rows } from '../train/arrays.ts';
import { inputFeeds } from '../train/objective.ts';
import type { DataInput } from '../train/options.ts';
import { Programs } from '../train/programs.ts';
import { toInputs } from '../train/samples.ts';
import type { Inspectable } from './nodes.ts';

export interface InspectOptions {
  /**
   * Where to compute. Default 'auto'; a model that is trained at the same time should be looked into on its own
   * backend, so that its weights need not move.
   */
  readonly backend?: BackendName | Backend | undefined;
}

/** What one program computes. */
export interface Drawing {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** Random bits that layers ask for, which come after the inputs. */
  readonly keys?: readonly KeyInput[] | undefined;
}

/**
 * Runs a drawing with values for its inputs. Its program is compiled once for each model, backend and key.
 *
 * @param seed decides random bits, where the drawing has any
 */
export async function run(
  model: Inspectable,
  key: string,
  draw: () => Drawing,
  feeds: readonly ArrayLike<number>[],
  { backend = 'auto' }: InspectOptions = {},
  seed = 0,
): Promise<Float32Array[]> {
  const programs = await programsOf(model, backend);
  let places: readonly Place[] | undefined;
  const build = () => {
    const drawing = draw();
    const { outputs, where } = distinct(drawing);
    const keys = drawing.keys ?? [];
    plans.set(programs, (plans.get(programs) ?? new Map<string, readonly Place[]>()).set(key, where));
    return {
      graph: { inputs: [...drawing.inputs, ...keys.map(({ node }) => node)], outputs, updates: [] },
      feeds: drawing.inputs.length,
      numbers: 0,
      keys,
      parts: [],
    };
  };
  return programs.use(key, build, async ({ executable, keys }) => {
    feeds.forEach((values, i) => {
      executable.write(i, values);
    });
    const base = seedKey(seed);
    keys.forEach(({ count }, i) => {
      const [key0, key1] = childKey(base, i);
      executable.write(feeds.length + i, threefry(key0, key1, 0, count));
    });
    const running = executable.run();
    if (running) await running;
    places = plans.get(programs)!.get(key)!;
    const read = new Map<number, Float32Array>();
    const results: Float32Array[] = [];
    for (const place of places) {
      if (place.kind === 'input') {
        results.push(Float32Array.from(feeds[place.at]!));
        continue;
      }
      let values = read.get(place.at);
      if (!values) {
        values = toFloats(await executable.read(place.at));
        read.set(place.at, values);
      }
      results.push(values);
    }
    return results;
  });
}

/** Computes in 64 bits, op by op: slow, and exact enough for differences. */
export async function runExactly(
  { inputs, outputs }: Drawing,
  feeds: readonly ArrayLike<number>[],
): Promise<NumericArray[]> {
  const [read] = await exactRunner({ inputs, outputs });
  return read!(feeds);
}

/** The same, several times with other values. */
export async function exactRunner({ inputs, outputs }: Drawing) {
  const executable = await load({ inputs, outputs, updates: [] }, EXACT);
  return [
    async (feeds: readonly ArrayLike<number>[]): Promise<NumericArray[]> => {
      feeds.forEach((values, i) => {
        executable.write(i, values);
      });
      await executable.run();
      return Promise.all(outputs.map((_, i) => executable.read(i)));
    },
  ] as const;
}

/**
 * Gives back the memory of the programs with which a model was looked into; they are made again when needed.
 *
 * @example
 * await inspect.forget(model);
 */
export async function forget(model: Inspectable): Promise<void> {
  for (const programs of sessions.get(model.network)?.values() ?? []) await programs.clear();
  sessions.delete(model.network);
}

/**
 * Samples for a model, one list for each of its inputs.
 *
 * @throws DataError on data of another shape, NaN, or nothing
 */
export function samplesOf(model: Inspectable, x: DataInput, where: string): readonly Rows[] {
  return toInputs(x, inputFeeds(model), `${where}: x`);
}

/** One sample for a model, the values of each input. */
export function sampleOf(model: Inspectable, x: DataInput, where: string): readonly ArrayLike<number>[] {
  const rows = samplesOf(model, x, where);
  if (rows[0]!.count === 1) return rows.map(({ data }) => data);
  throw new RangeError(
    `${where}: expected one sample of shape ${formatShape(model.network.inputs[0]!.shape)}; received ${rows[0]!.count}. Pass one of them.`,
  );
}

/** Copies of the values of some variables. */
export async function readAll(variables: readonly Variable[]): Promise<Float32Array[]> {
  const values: Float32Array[] = [];
  for (const variable of variables) values.push(toFloats(await variable.read()));
  return values;
}

/** Values of `size` numbers for each of several results, one after another in `data`. */
export function rowsFrom(data: NumericArray, count: number, shape: readonly number[]): Float32Array[] {
  const size = sizeOf(shape);
  return Array.from({ length: count }, (_, i) => toFloats(data.slice(i * size, (i + 1) * size)));
}

type Place = { readonly kind: 'input' | 'output'; readonly at: number };

const EXACT = referenceBackend({ precision: 64 });
/** By network: a model that gets another layer is another network. */
const sessions = new WeakMap<Network, Map<string | Backend, Programs>>();
const plans = new WeakMap<Programs, Map<string, readonly Place[]>>();

async function programsOf(model: Inspectable, backend: BackendName | Backend): Promise<Programs> {
  const known = sessions.get(model.network) ?? new Map<string | Backend, Programs>();
  sessions.set(model.network, known);
  let programs = known.get(backend);
  if (!programs) {
    programs = new Programs(async () => (typeof backend === 'string' ? selectBackend(backend) : backend));
    known.set(backend, programs);
  }
  return programs;
}

/** A program gives each value once, and none that it is given; here is where each is found. */
function distinct({ inputs, outputs }: Drawing): { outputs: Tensor[]; where: Place[] } {
  const own: Tensor[] = [];
  const where = outputs.map((output): Place => {
    const given = inputs.indexOf(output);
    if (given >= 0) return { kind: 'input', at: given };
    const known = own.indexOf(output);
    if (known >= 0) return { kind: 'output', at: known };
    own.push(output);
    return { kind: 'output', at: own.length - 1 };
  });
  return { outputs: own, where };
}

function toFloats(values: NumericArray): Float32Array {
  return values instanceof Float32Array ? values : Float32Array.from(values);
}
