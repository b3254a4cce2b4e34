import { evaluate, functional, ops, referenceBackend, type Tensor } from 'fathom';
import { columnsOf, type Matrix, matrixOf, rowsOf } from '../../views/matrix.ts';

/** One layer of the small network that the picture is moved in front of. */
export type Stage =
  | { readonly kind: 'convolution'; readonly kernels: readonly Matrix[] }
  | { readonly kind: 'relu' }
  | { readonly kind: 'maxPooling'; readonly size: number }
  | { readonly kind: 'averagePooling'; readonly size: number }
  | { readonly kind: 'globalMax' }
  | { readonly kind: 'dense'; readonly units: number };

/** By how many places the picture moves: down and to the right. */
export interface Shift {
  readonly down: number;
  readonly right: number;
}

/** What one layer makes of the picture x and of the moved picture T x. */
export interface Response {
  readonly name: string;
  /** Maps, one for each channel; a vector is a map of one row. */
  readonly before: readonly Matrix[];
  readonly after: readonly Matrix[];
  /** Input places that one place of the map stands for. */
  readonly scale: number;
  /** ‖f(x)‖, to compare the following with. */
  readonly norm: number;
  /** ‖f(T x) − f(x)‖: 0 where the layer is invariant. */
  readonly change: number;
  /**
   * ‖f(T x) − T f(x)‖ over all places: 0 where the layer is equivariant; undefined where the shift is no whole number
   * of places of this map, or where places are gone.
   */
  readonly error: number | undefined;
  /** The same over the places that the moved map brings along, without those that come in at the edge. */
  readonly innerError: number | undefined;
}

const backend = referenceBackend({ precision: 64 });

/** Sends the picture and the moved picture through the same layers. */
export async function moveThrough(
  picture: Matrix,
  shift: Shift,
  stages: readonly Stage[],
): Promise<Response[]> {
  const x = ops.input('x', [1, rowsOf(picture), columnsOf(picture), 1]);
  const traced = trace(x, shift, stages);
  const outputs = traced.flatMap(({ measures }) => measures);
  const values = await evaluate(outputs, new Map([[x, picture.flat()]]), backend);
  let next = 0;
  return traced.map(({ name, before, scale, moves, measures }) => {
    const [a, b, norm, change, error, innerError] = values.slice(next, next + measures.length);
    next += measures.length;
    return {
      name,
      scale,
      before: mapsOf(a!, before.shape),
      after: mapsOf(b!, before.shape),
      norm: norm![0]!,
      change: change![0]!,
      error: moves ? error![0]! : undefined,
      innerError: moves ? innerError![0]! : undefined,
    };
  });
}

/** A picture moved over a ground of zeros; what leaves it is lost. */
export function moved(picture: Matrix, { down, right }: Shift): Matrix {
  return picture.map((row, r) => row.map((_, c) => picture[r - down]?.[c - right] ?? 0));
}

interface Traced {
  readonly name: string;
  readonly before: Tensor;
  readonly scale: number;
  readonly moves: boolean;
  /** f(x), f(T x), the norms. */
  readonly measures: readonly Tensor[];
}

function trace(x: Tensor, shift: Shift, stages: readonly Stage[]): Traced[] {
  let [before, after] = [x, movedBy(x, shift.down, shift.right)];
  let scale = 1;
  let places = true;
  const traced = [measured('picture', before, after, shift, scale, places)];
  stages.forEach((stage, i) => {
    const layer = (y: Tensor) => applyStage(stage, y, i);
    [before, after] = [layer(before), layer(after)];
    if (stage.kind === 'maxPooling' || stage.kind === 'averagePooling') scale *= stage.size;
    if (stage.kind === 'globalMax' || stage.kind === 'dense') places = false;
    traced.push(measured(nameOf(stage), before, after, shift, scale, places));
  });
  return traced;
}

function measured(
  name: string,
  before: Tensor,
  after: Tensor,
  { down, right }: Shift,
  scale: number,
  places: boolean,
): Traced {
  const [dy, dx] = [down / scale, right / scale];
  const moves = places && Number.isInteger(dy) && Number.isInteger(dx);
  const basics = [before, after, norm(before), norm(ops.subtract(after, before))];
  if (!moves) return { name, before, scale, moves, measures: basics };
  const difference = ops.subtract(after, movedBy(before, dy, dx));
  const inner = shared(difference, dy, dx);
  return { name, before, scale, moves, measures: [...basics, norm(difference), norm(inner)] };
}

function applyStage(stage: Stage, x: Tensor, index: number): Tensor {
  switch (stage.kind) {
    case 'convolution': {
      const [first] = stage.kernels as [Matrix];
      const [channels, filters] = [x.shape[3]!, stage.kernels.length];
      // Each kernel looks at all channels alike and takes their mean.
      const values = first.flatMap((row, k) =>
        row.flatMap((_, l) =>
          Array.from({ length: channels }, () =>
            stage.kernels.map((kernel) => kernel[k]![l]! / channels),
          ).flat(),
        ),
      );
      const shape = [rowsOf(first), columnsOf(first), channels, filters];
      return functional.conv2d(x, ops.constant(values, shape));
    }
    case 'relu':
      return functional.relu(x);
    case 'maxPooling':
      return functional.maxPool2d(x, { poolSize: stage.size });
    case 'averagePooling':
      return functional.averagePool2d(x, { poolSize: stage.size });
    case 'globalMax':
      return functional.globalMaxPool(x);
    case 'dense': {
      const flat = ops.reshape(x, [1, x.size]);
      const weights = functional.randomNormal(ops.constant([DENSE_SEED, index], [2], 'int32'), [
        x.size,
        stage.units,
      ]);
      return functional.matmul(flat, ops.multiply(weights, 1 / Math.sqrt(x.size)));
    }
    default:
      return stage satisfies never;
  }
}

export function nameOf(stage: Stage): string {
  switch (stage.kind) {
    case 'convolution': {
      const [kernel] = stage.kernels as [Matrix];
      return `convolution ${rowsOf(kernel)} × ${columnsOf(kernel)}`;
    }
    case 'relu':
      return 'ReLU';
    case 'maxPooling':
      return `max pooling ${stage.size} × ${stage.size}`;
    case 'averagePooling':
      return `average pooling ${stage.size} × ${stage.size}`;
    case 'globalMax':
      return 'global max pooling';
    case 'dense':
      return `dense ${stage.units}`;
    default:
      return stage satisfies never;
  }
}

/** T: rows go down, columns to the right, zeros come in. */
function movedBy(x: Tensor, down: number, right: number): Tensor {
  const at = (shift: number) => [Math.max(0, shift), Math.max(0, -shift)] as const;
  const [top, bottom] = at(down);
  const [left, rightmost] = at(right);
  const wide = ops.pad(x, { low: [0, top, left, 0], high: [0, bottom, rightmost, 0] });
  return ops.slice(wide, [0, bottom, rightmost, 0], x.shape);
}

/** The places of a moved map that were in the map before. */
function shared(x: Tensor, down: number, right: number): Tensor {
  const [, rows, columns, channels] = x.shape as readonly [number, number, number, number];
  return ops.slice(
    x,
    [0, Math.min(rows, Math.max(0, down)), Math.min(columns, Math.max(0, right)), 0],
    [1, Math.max(0, rows - Math.abs(down)), Math.max(0, columns - Math.abs(right)), channels],
  );
}

function norm(x: Tensor): Tensor {
  return ops.sqrt(ops.sum(ops.multiply(x, x)));
}

function mapsOf(values: ArrayLike<number>, shape: readonly number[]): Matrix[] {
  if (shape.length === 2) return [matrixOf(values, 1, shape[1]!)];
  const [, rows, columns, channels] = shape as readonly [number, number, number, number];
  return Array.from({ length: channels }, (_, c) => matrixOf(values, rows, columns, c, channels));
}

/** Any fixed number: the weights are random, and the same each time. */
const DENSE_SEED = 5;
