import type { Shape } from '../ir/shape.ts';
import type { DataInput } from '../train/options.ts';
import { type Inspectable, nodesOf } from './nodes.ts';
import { predictRows } from './predictRows.ts';
import { type InspectOptions, sampleOf } from './session.ts';

export interface OcclusionOptions extends InspectOptions {
  /** Side of the patch, in places. Default a seventh of the shorter side, at least 2. */
  readonly size?: number | undefined;
  /** Distance between patches. Default half the size. */
  readonly stride?: number | undefined;
  /** What the patch is filled with. Default 0. */
  readonly fill?: number | undefined;
  /** Which output of the model, of several. Default 0. */
  readonly output?: number | undefined;
}

/** What covering each part of a picture costs. */
export interface OcclusionMap {
  /** Patches down and across. */
  readonly rows: number;
  readonly columns: number;
  readonly size: number;
  readonly stride: number;
  /** The result for the whole picture. */
  readonly full: number;
  /** The result with each patch covered, row by row. */
  readonly covered: Float32Array;
  /** full − covered: large where the network needs what the patch hides. */
  readonly drop: Float32Array;
}

/**
 * Slides a patch over a picture and watches one result of the network.
 *
 * Paper: M. Zeiler, R. Fergus, Visualizing and understanding convolutional networks (2013).
 *
 * @param x one picture [H, W, C], of a model with one input
 * @param classIndex which result, as of softmax
 * @throws RangeError on inputs that are no pictures, and classes that do not exist
 * @example
 * const { rows, columns } = await inspect.occlusion(lenet5(), image, 3, { size: 7, stride: 7 });
 * [rows, columns]; // [4, 4]
 */
export async function occlusion(
  model: Inspectable,
  x: DataInput,
  classIndex: number,
  options: OcclusionOptions = {},
): Promise<OcclusionMap> {
  const [values] = sampleOf(model, x, 'occlusion') as [ArrayLike<number>];
  const { nodes, outputs } = nodesOf(model);
  const [shape] = nodes[0]!.shapes as [Shape];
  const { fill = 0, output = 0 } = options;
  const [height, width, channels = 1] = shape as [number, number, number?];
  if (shape.length < 2 || shape.length > 3) {
    throw new RangeError(`occlusion: expected pictures [H, W, C]; received samples [${shape.join(', ')}].`);
  }
  const size = options.size ?? Math.max(2, Math.round(Math.min(height, width) / 7));
  const stride = options.stride ?? Math.max(1, Math.floor(size / 2));
  const rows = Math.floor((height - size) / stride) + 1;
  const columns = Math.floor((width - size) / stride) + 1;
  const source = outputs[output];
  const classes = source ? (nodes[source.node]!.shapes[source.output]!.at(-1) ?? 1) : 0;
  if (!(rows >= 1 && columns >= 1) || !(classIndex >= 0 && classIndex < classes)) {
    throw new RangeError(
      `occlusion: expected a class 0…${classes - 1} and a patch that fits ${height}×${width}; received class ${classIndex} and size ${size}.`,
    );
  }
  const batch = new Float32Array((rows * columns + 1) * values.length);
  for (let n = 0; n <= rows * columns; n++) {
    batch.set(values, n * values.length);
    if (n === rows * columns) break;
    const [top, left] = [Math.floor(n / columns) * stride, (n % columns) * stride];
    for (let row = top; row < top + size; row++) {
      const start = n * values.length + (row * width + left) * channels;
      batch.fill(fill, start, start + size * channels);
    }
  }
  const results = await predictRows(model, batch, rows * columns + 1, source!, options);
  const each = results.length / (rows * columns + 1);
  const at = (n: number) => results[n * each + classIndex]!;
  const full = at(rows * columns);
  const covered = Float32Array.from({ length: rows * columns }, (_, n) => at(n));
  return { rows, columns, size, stride, full, covered, drop: covered.map((value) => full - value) };
}
