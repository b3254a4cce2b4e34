import type { Shape } from '../ir/shape.ts';
import { sizeOf } from '../ir/shape.ts';
import { type Place, type Reach, reachOf } from './contraction.ts';
import { isRowWise } from './formulas.ts';
import { type Inspectable, type NetworkNode, nodeAt, nodesOf } from './nodes.ts';
import { isWeighted } from './trace.ts';
import { checkPlace, isPointwise, placeAt, type Wiring, wiringOf } from './wiring.ts';

/** All places from `low` to `high`, both included, along every axis. */
export interface Box {
  readonly low: Place;
  readonly high: Place;
}

/** A box of places in the result of a layer. */
export interface LayerBox extends Box {
  readonly layer: string;
  readonly shape: Shape;
  /** Places of the window that lie before and after the sample along each axis: padding. */
  readonly outside: { readonly low: readonly number[]; readonly high: readonly number[] };
}

/** What one result of a layer can see. */
export interface ReceptiveField {
  readonly layer: string;
  readonly place: Place;
  /** The windows in the layers right before. */
  readonly windows: readonly LayerBox[];
  /** The field in each input of the network. */
  readonly inputs: readonly LayerBox[];
  /** The field in every layer on the way, inputs included. */
  readonly layers: readonly LayerBox[];
  /** False where a layer on the way is not known place by place and is taken to see all that it gets. */
  readonly isExact: boolean;
}

/**
 * The window of a result in the layer before, and its receptive field in the input: the smallest box of places that
 * can change it, from strides, kernels, dilation and padding alone.
 *
 * Of kernels with dilation the box has places between that are not seen.
 *
 * Paper: W. Luo et al., Understanding the effective receptive field in deep convolutional neural networks (2016).
 *
 * @param place where in the layer's result: [row, column, channel] of a map, [unit] of a dense layer
 * @throws RangeError on a layer or place that does not exist
 * @example
 * const { inputs } = await inspect.receptiveField(lenet5(), 'conv2d_1', [4, 4, 0]);
 * inputs[0].low; // [6, 6, 0]
 * inputs[0].high; // [19, 19, 0]
 */
export async function receptiveField(
  model: Inspectable,
  layer: string | number,
  place: Place,
): Promise<ReceptiveField> {
  const { nodes } = nodesOf(model);
  const node = nodeAt(model, layer);
  checkPlace(place, node.shapes[0]!, `receptiveField: ${node.id}`);
  const boxes = new Map<number, LayerBox>();
  const windows: LayerBox[] = [];
  let isExact = true;
  boxes.set(node.index, {
    layer: node.id,
    shape: node.shapes[0]!,
    low: place,
    high: place,
    outside: none(place),
  });
  for (const current of nodes.slice(0, node.index + 1).reverse()) {
    const box = boxes.get(current.index);
    if (!box || current.isInput) continue;
    const seen = await windowsOf(current, box);
    isExact &&= seen.isExact;
    current.sources.forEach((source, i) => {
      const from = nodes[source.node]!;
      const box = seen.boxes[i];
      if (!box) return;
      const window = { outside: none(box.low), ...box, layer: from.id, shape: current.inputShapes[i]! };
      if (current === node) windows.push(window);
      const known = boxes.get(source.node);
      boxes.set(source.node, known ? hull(known, window) : window);
    });
  }
  const layers = nodes.flatMap(({ index }) => (index !== node.index && boxes.get(index)) || []);
  return {
    layer: node.id,
    place: [...place],
    windows,
    inputs: nodes.flatMap(({ isInput, index }) => (isInput && boxes.get(index)) || []),
    layers,
    isExact,
  };
}

type Seen = Box & Partial<Pick<LayerBox, 'outside'>>;

/** What results in a box see of each input of a layer; nothing where they are constant. */
async function windowsOf(
  node: NetworkNode,
  { low, high }: Box,
): Promise<{ boxes: readonly (Seen | undefined)[]; isExact: boolean }> {
  const { layer, inputShapes, shapes } = node;
  const [shape] = shapes as [Shape];
  const wiring = await wiringOf(node);
  const isRow = isWeighted(layer) && isRowWise(layer.activation.name);
  // A row-wise activation at the end sees all channels.
  const [from, to] = isRow
    ? [
        [...low.slice(0, -1), 0],
        [...high.slice(0, -1), shape.at(-1)! - 1],
      ]
    : [low, high];
  if (wiring && wiring.kind !== 'move')
    return {
      boxes: [boxOf(reachOf(wiring.contraction, inputShapes[0]!, from, to), inputShapes[0]!)],
      isExact: true,
    };
  if (wiring) return { boxes: inputShapes.map((_, i) => moved(wiring, i, from, to)), isExact: true };
  if (isPointwise(node)) {
    return { boxes: inputShapes.map((extents) => repeatedBox({ low, high }, extents)), isExact: true };
  }
  const all = inputShapes.map((extents) => ({ low: extents.map(() => 0), high: extents.map((n) => n - 1) }));
  // One that is seen whole anyway is no guess.
  return { boxes: all, isExact: false };
}

/** The hull of where results in a box come from; found once, since dense layers ask for whole samples again and again. */
function moved(wiring: Wiring & { kind: 'move' }, input: number, low: Place, high: Place): Box | undefined {
  if (wiring.isIdentity) return wiring.from(low)?.input === input ? { low, high } : undefined;
  const known = hulls.get(wiring) ?? new Map<string, Box | undefined>();
  hulls.set(wiring, known);
  const key = `${input} ${low} ${high}`;
  if (known.has(key)) return known.get(key);
  const size = low.map((at, d) => high[d]! - at + 1);
  const count = sizeOf(size);
  let box: { low: number[]; high: number[] } | undefined;
  for (let i = 0; i < count; i++) {
    const source = wiring.from(placeAt(i, size).map((at, d) => at + low[d]!));
    if (source?.input !== input) continue;
    const { place } = source;
    box ??= { low: [...place], high: [...place] };
    place.forEach((at, d) => {
      if (at < box!.low[d]!) box!.low[d] = at;
      if (at > box!.high[d]!) box!.high[d] = at;
    });
  }
  // Boxes of single results are as cheap to find as to remember.
  if (count > 1) known.set(key, box);
  return box;
}

const hulls = new WeakMap<Wiring, Map<string, Box | undefined>>();

/** The same box in an input whose axes repeat where their extent is 1. */
function repeatedBox({ low, high }: Box, shape: Shape): Box {
  const ahead = low.length - shape.length;
  const of = (place: Place) => shape.map((extent, d) => (extent === 1 ? 0 : place[ahead + d]!));
  return { low: of(low), high: of(high) };
}

/** The part of a window that lies in the sample, and how far it reaches over the border. */
function boxOf(reaches: readonly Reach[], shape: Shape): Seen | undefined {
  if (reaches.some(({ inside }) => !inside)) return undefined;
  return {
    low: reaches.map(({ inside }) => inside![0]),
    high: reaches.map(({ inside }) => inside![1]),
    outside: {
      low: reaches.map(({ low }) => Math.max(0, -low)),
      high: reaches.map(({ high }, d) => Math.max(0, high - shape[d]! + 1)),
    },
  };
}

function hull(a: LayerBox, b: LayerBox): LayerBox {
  const most = (x: Place, y: Place) => x.map((at, d) => Math.max(at, y[d]!));
  return {
    ...a,
    ...around(a, b),
    outside: { low: most(a.outside.low, b.outside.low), high: most(a.outside.high, b.outside.high) },
  };
}

function around(a: Box, b: Box): Box {
  return {
    low: a.low.map((at, d) => Math.min(at, b.low[d]!)),
    high: a.high.map((at, d) => Math.max(at, b.high[d]!)),
  };
}

function none(place: Place): LayerBox['outside'] {
  return { low: place.map(() => 0), high: place.map(() => 0) };
}
