import { sizeOf } from '../ir/shape.ts';
import { type Inspectable, nodesOf, type Source } from './nodes.ts';
import { type InspectOptions, run } from './session.ts';
import { traceNodes } from './trace.ts';

/**
 * What one result of a node is for many samples, in batches of one size, so that one program does.
 *
 * @param data the samples of the only input, one after another
 */
export async function predictRows(
  model: Inspectable,
  data: ArrayLike<number>,
  count: number,
  source: Source,
  options: InspectOptions,
): Promise<Float32Array> {
  const [values] = await predictNodes(model, data, count, [source], options);
  return values!;
}

/** The same of several nodes at once. */
export async function predictNodes(
  model: Inspectable,
  data: ArrayLike<number>,
  count: number,
  sources: readonly Source[],
  options: InspectOptions,
): Promise<Float32Array[]> {
  const { nodes } = nodesOf(model);
  const batch = Math.min(count, LARGEST_BATCH);
  const size = data.length / count;
  const draw = () => {
    const { inputs, values, keys } = traceNodes(model, { count: batch });
    return { inputs, outputs: sources.map(({ node, output }) => values[node]![output]!), keys };
  };
  const key = `predict ${batch} ${sources.map(({ node, output }) => `${node}.${output}`).join(' ')}`;
  const extents = sources.map(({ node, output }) => sizeOf(nodes[node]!.shapes[output]!));
  const results = extents.map((extent) => new Float32Array(count * extent));
  const feed = new Float32Array(batch * size);
  for (let start = 0; start < count; start += batch) {
    const here = Math.min(batch, count - start);
    for (let i = 0; i < here * size; i++) feed[i] = data[start * size + i]!;
    const values = await run(model, key, draw, [feed], options);
    values.forEach((part, i) => {
      results[i]!.set(part.subarray(0, here * extents[i]!), start * extents[i]!);
    });
  }
  return results;
}

/** Keeps the memory of a program small. */
const LARGEST_BATCH = 256;
