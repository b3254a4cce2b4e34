import { formatShape, type Shape, sizeOf } from '../ir/shape.ts';
import type { DataInput } from '../train/options.ts';
import { activations } from './activations.ts';
import { type Inspectable, type NetworkNode, nodesOf } from './nodes.ts';
import { receptiveField } from './receptiveField.ts';
import { type InspectOptions, sampleOf } from './session.ts';

/** How a layer takes it when its input is moved. */
export interface TransformedLayer {
  readonly id: string;
  readonly type: string;
  /** Of f(x). */
  readonly shape: Shape;
  /** f(x) and f(Tx). */
  readonly before: Float32Array;
  readonly after: Float32Array;
  /** Equivariance for maps, which should move as the picture does; invariance for what has no places. */
  readonly compares: 'equivariance' | 'invariance';
  /** By how many rows and columns the map should move: the shift over the strides up to here. */
  readonly shift: readonly [number, number] | undefined;
  /** Whether that is a whole number of places; otherwise it is rounded. */
  readonly isWhole: boolean;
  /** ‖f(Tx) − T f(x)‖, over all places that T does not fill. */
  readonly difference: number;
  /** ‖T f(x)‖ over the same places. */
  readonly norm: number;
  /** difference / norm. */
  readonly relative: number;
  /** ‖f(Tx) − T f(x)‖ over all places, where T f(x) is 0 at those that come in; undefined where nothing moves. */
  readonly withEdge: number | undefined;
  /** ‖f(Tx) − f(x)‖, which is 0 where a layer is invariant, and ‖f(x)‖ to compare it with. */
  readonly change: number;
  readonly size: number;
  /** The relative difference over places whose receptive fields do not touch the border before or after: strides alone are left. */
  readonly interior: { readonly places: number; readonly relative: number } | undefined;
}

/** A sample, moved, and what every layer makes of both. */
export interface TransformComparison {
  readonly shift: readonly [down: number, right: number];
  readonly shape: Shape;
  readonly original: Float32Array;
  readonly moved: Float32Array;
  readonly layers: readonly TransformedLayer[];
}

/**
 * Moves a picture and compares, layer by layer, what the network makes of it with what it made before, moved:
 * ‖f(Tx) − T f(x)‖. Convolutions move along (equivariance), pooling forgets small moves, the vectors at the end should
 * not change at all (invariance). Rows and columns that come in are 0.
 *
 * @param shift rows down and columns to the right; negative ones go the other way
 * @throws RangeError on inputs that are no pictures [H, W, C]
 * @example
 * const { layers } = await inspect.compareTransformed(lenet5({ seed: 0 }), image, [0, 4]);
 * layers[1].shift; // [0, 4]
 * layers[2].shift; // [0, 2]
 */
export async function compareTransformed(
  model: Inspectable,
  x: DataInput,
  shift: readonly [number, number],
  options: InspectOptions = {},
): Promise<TransformComparison> {
  const [values] = sampleOf(model, x, 'compareTransformed') as [ArrayLike<number>];
  const { nodes } = nodesOf(model);
  const shape = nodes[0]!.shapes[0]!;
  if (shape.length !== 3 || model.network.inputs.length !== 1) {
    throw new RangeError(
      `compareTransformed: expected a model of pictures [H,W,C]; received samples ${formatShape(shape)}.`,
    );
  }
  const original = Float32Array.from(values);
  const moved = move(original, shape, shift);
  const before = await activations(model, { data: original, shape: [1, ...shape] }, options);
  const after = await activations(model, { data: moved, shape: [1, ...shape] }, options);
  const layers: TransformedLayer[] = [];
  for (const node of nodes) {
    const [a, b] = [before.layers[node.index]!.values, after.layers[node.index]!.values];
    layers.push(await compare(model, node, a, b, shift));
  }
  return { shift, shape, original, moved, layers };
}

async function compare(
  model: Inspectable,
  node: NetworkNode,
  before: Float32Array,
  after: Float32Array,
  shift: readonly [number, number],
): Promise<TransformedLayer> {
  const [shape] = node.shapes as [Shape];
  const { difference: change, norm: size } = distance(after, before, () => true);
  const type = node.isInput ? 'input' : node.layer.type;
  const base = { id: node.id, type, shape, before, after, change, size };
  const steps = shape.length === 3 ? await stridesTo(model, node) : undefined;
  if (!steps) {
    return {
      ...base,
      compares: 'invariance',
      shift: undefined,
      isWhole: true,
      difference: change,
      norm: size,
      relative: ratio(change, size),
      withEdge: undefined,
      interior: undefined,
    };
  }
  const exact = [shift[0] / steps[0], shift[1] / steps[1]] as const;
  const own = [Math.round(exact[0]), Math.round(exact[1])] as const;
  const expected = move(before, shape, own);
  const [height, width, channels] = shape as [number, number, number];
  const place = (i: number) => [Math.floor(i / channels / width), Math.floor(i / channels) % width] as const;
  const stays = (row: number, column: number) =>
    row - own[0] >= 0 && row - own[0] < height && column - own[1] >= 0 && column - own[1] < width;
  const all = distance(after, expected, (i) => stays(...place(i)));
  const [rows, columns] = await inner(model, node, shift, own);
  const isInner = (i: number) => {
    const [row, column] = place(i);
    return stays(row, column) && rows.has(row) && columns.has(column);
  };
  const inside = distance(after, expected, isInner);
  return {
    ...base,
    compares: 'equivariance',
    shift: own,
    isWhole: exact[0] === own[0] && exact[1] === own[1],
    ...all,
    relative: ratio(all.difference, all.norm),
    withEdge: distance(after, expected, () => true).difference,
    interior:
      inside.count === 0
        ? undefined
        : { places: inside.count / channels, relative: ratio(inside.difference, inside.norm) },
  };
}

/** How many input places lie between neighbouring places of a map; undefined where that cannot be said. */
async function stridesTo(model: Inspectable, node: NetworkNode): Promise<[number, number] | undefined> {
  const [height, width] = node.shapes[0] as [number, number, number];
  const step = async (d: 0 | 1): Promise<number | undefined> => {
    const extent = d === 0 ? height : width;
    if (extent < 2) return undefined;
    // In the middle, where no border cuts the fields.
    const middle = Math.floor((extent - 1) / 2);
    const at = (i: number) => (d === 0 ? [i, Math.floor(width / 2), 0] : [Math.floor(height / 2), i, 0]);
    const [a, b] = [await fieldOf(model, node, at(middle)), await fieldOf(model, node, at(middle + 1))];
    return a && b ? (b.low[d]! + b.high[d]! - a.low[d]! - a.high[d]!) / 2 : undefined;
  };
  const [down, across] = [await step(0), await step(1)];
  return down && across && down > 0 && across > 0 ? [down, across] : undefined;
}

/** Rows and columns of a map whose fields, before and after the move, touch no border of the input. */
async function inner(
  model: Inspectable,
  node: NetworkNode,
  shift: readonly [number, number],
  own: readonly [number, number],
): Promise<[ReadonlySet<number>, ReadonlySet<number>]> {
  const [height, width] = node.shapes[0] as [number, number, number];
  const input = nodesOf(model).nodes[0]!.shapes[0]!;
  const middle = [Math.floor(height / 2), Math.floor(width / 2)] as const;
  const along = async (d: 0 | 1): Promise<ReadonlySet<number>> => {
    const extent = d === 0 ? height : width;
    const clearAt = async (i: number) => {
      if (i < 0 || i >= extent) return undefined;
      const box = await fieldOf(model, node, d === 0 ? [i, middle[1], 0] : [middle[0], i, 0]);
      return box && !box.touches[d] ? box : undefined;
    };
    const found = new Set<number>();
    for (let i = 0; i < extent; i++) {
      const after = await clearAt(i);
      // What came in at the border must not be seen either.
      const isOld =
        after && (shift[d]! >= 0 ? after.low[d]! >= shift[d]! : after.high[d]! < input[d]! + shift[d]!);
      if (isOld && (await clearAt(i - own[d]!))) found.add(i);
    }
    return found;
  };
  return [await along(0), await along(1)];
}

async function fieldOf(model: Inspectable, node: NetworkNode, place: readonly number[]) {
  if (node.isInput) return { low: place, high: place, touches: [false, false] };
  const field = await receptiveField(model, node.index, place);
  const [box] = field.inputs;
  if (!box || !field.isExact) return undefined;
  // Padding anywhere on the way makes a border felt.
  const felt = (d: number) =>
    field.layers.some(({ outside, shape }) => shape.length === 3 && outside.low[d]! + outside.high[d]! > 0);
  return { low: box.low, high: box.high, touches: [felt(0), felt(1)] };
}

/** A map moved down and to the right, 0 where nothing comes from. */
function move(values: Float32Array, shape: Shape, [down, right]: readonly [number, number]): Float32Array {
  const [height, width, channels] = shape as [number, number, number];
  const result = new Float32Array(sizeOf(shape));
  for (let row = Math.max(0, down); row < Math.min(height, height + down); row++) {
    for (let column = Math.max(0, right); column < Math.min(width, width + right); column++) {
      const from = ((row - down) * width + column - right) * channels;
      result.set(values.subarray(from, from + channels), (row * width + column) * channels);
    }
  }
  return result;
}

function distance(a: Float32Array, b: Float32Array, counts: (i: number) => boolean) {
  let [difference, norm, count] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    if (!counts(i)) continue;
    difference += (a[i]! - b[i]!) ** 2;
    norm += b[i]! ** 2;
    count++;
  }
  return { difference: Math.sqrt(difference), norm: Math.sqrt(norm), count };
}

function ratio(difference: number, norm: number): number {
  return norm === 0 ? (difference === 0 ? 0 : Number.POSITIVE_INFINITY) : difference / norm;
}
