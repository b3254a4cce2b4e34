import { type Shape, sameShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { callLayer } from '../nn/layer.ts';
import { GlobalPooling } from '../nn/layers/globalPooling.ts';
import { Trace } from '../nn/trace.ts';
import { gradients as gradientsIn, input, multiply, sum } from '../ops/index.ts';
import { type Place, pointsAt } from './contraction.ts';
import type { NetworkGradients } from './gradients.ts';
import type { NetworkNode } from './nodes.ts';
import { exactRunner, readAll } from './session.ts';
import { indexOf, isInside, isPointwise, type Wiring, wiringOf } from './wiring.ts';

/** One way by which the number changes the loss. */
export interface GradientTerm {
  /** The layer in which it happens. */
  readonly through: string;
  /** The result that changes. */
  readonly result: Place;
  /** ∂L/∂z of that result; ∂L/∂y of layers that have no activation. */
  readonly upstream: number;
  /** Of a weight: the input value it is multiplied by there, and where that stands. */
  readonly input: { readonly place: Place; readonly value: number; readonly isPadding: boolean } | undefined;
  /** Of an input value: the weight it is multiplied by, and where that stands in the kernel. */
  readonly weight: { readonly name: string; readonly place: Place; readonly value: number } | undefined;
  /** Of max pooling: whether this value won there, so that the gradient is passed to it. */
  readonly wins: boolean | undefined;
  /** How the result changes with the number. */
  readonly factor: number;
  /** upstream · factor. */
  readonly product: number;
}

/** What a weight of a kernel does at all places where it is used. */
export function kernelTerms(
  all: NetworkGradients,
  node: NetworkNode,
  { contraction }: Wiring & { kind: 'sum' },
  place: Place,
): GradientTerm[] {
  const { values } = all.layers[node.sources[0]!.node]!;
  const [inputShape, shape] = [node.inputShapes[0]!, node.shapes[0]!];
  const points = pointsAt(contraction, 'w', place).filter(({ y }) => isInside(y, shape));
  return points.map(({ x, y }) => {
    const isPadding = !isInside(x, inputShape);
    const value = isPadding ? 0 : values[indexOf(x, inputShape)]!;
    const upstream = upstreamOf(all, node)[indexOf(y, shape)]!;
    return term(node.id, y, upstream, value, { input: { place: x, value, isPadding } });
  });
}

/** What a bias does at all places to which it is added. */
export function biasTerms(
  all: NetworkGradients,
  node: NetworkNode,
  { bias, biasPlace }: Wiring & { kind: 'sum' },
  place: Place,
): GradientTerm[] {
  const terms: GradientTerm[] = [];
  const [shape] = node.shapes as [Shape];
  const upstream = upstreamOf(all, node);
  forEachPlace(shape, (result, i) => {
    if (indexOf(biasPlace(result), bias!.shape) !== indexOf(place, bias!.shape)) return;
    terms.push(term(node.id, result, upstream[i]!, 1));
  });
  return terms;
}

/** How a value changes the loss through one layer that reads it. */
export async function readerTerms(
  all: NetworkGradients,
  node: NetworkNode,
  reader: NetworkNode,
  place: Place,
): Promise<GradientTerm[] | undefined> {
  const wiring = await wiringOf(reader);
  const upstream = upstreamOf(all, reader);
  const [shape] = reader.shapes as [Shape];
  const at = (result: Place) => upstream[indexOf(result, shape)]!;
  const inputs = reader.sources.flatMap((source, i) =>
    source.node === node.index && source.output === 0 ? [i] : [],
  );
  if (wiring?.kind === 'move') {
    return inputs.flatMap((input) =>
      wiring.to({ input, place }).map((result) => term(reader.id, result, at(result), 1)),
    );
  }
  if (wiring?.kind === 'sum') {
    const { contraction, kernel } = wiring;
    const [weights] = await readAll([kernel]);
    return pointsAt(contraction, 'x', place)
      .filter(({ y }) => isInside(y, shape))
      .map(({ w, y }) => {
        const value = weights![indexOf(w!, kernel.shape)]!;
        return term(reader.id, y, at(y), value, { weight: { name: kernel.name, place: w!, value } });
      });
  }
  if (wiring) return windowTerms(all, node, reader, wiring, place, at);
  return slopeTerms(all, node, reader, place);
}

function windowTerms(
  all: NetworkGradients,
  node: NetworkNode,
  reader: NetworkNode,
  { kind, contraction }: Wiring & { kind: 'max' | 'mean' },
  place: Place,
  at: (result: Place) => number,
): GradientTerm[] {
  const { values, shape } = all.layers[node.index]!;
  const value = (x: Place) => values[indexOf(x, shape)]!;
  return pointsAt(contraction, 'x', place).map(({ y }) => {
    const window = pointsAt(contraction, 'y', y).filter(({ x }) => isInside(x, shape));
    if (kind === 'mean') return term(reader.id, y, at(y), 1 / window.length);
    const largest = Math.max(...window.map(({ x }) => value(x)));
    const winners = window.filter(({ x }) => value(x) === largest);
    // Global pooling shares the gradient among equals; windows give it to the first.
    const isGlobal = reader.layer instanceof GlobalPooling;
    const isOne = isGlobal ? winners : winners.slice(0, 1);
    const wins = isOne.some(({ x }) => indexOf(x, shape) === indexOf(place, shape));
    return term(reader.id, y, at(y), wins ? 1 / isOne.length : 0, { wins });
  });
}

/** Layers whose every result depends on the values at its own place: their slope there, in 64 bits. */
async function slopeTerms(
  all: NetworkGradients,
  node: NetworkNode,
  reader: NetworkNode,
  place: Place,
): Promise<GradientTerm[] | undefined> {
  const upstream = all.layers[reader.index]!.gradient;
  const [shape] = reader.shapes as [Shape];
  const alike = reader.inputShapes.every((extents) => sameShape(extents, shape));
  if (!isPointwise(reader) || !upstream || !alike) return undefined;
  const index = indexOf(place, shape);
  const xs = reader.inputShapes.map((extents, i) => input(`x${i}`, [1, ...extents]));
  const trace = new Trace({ training: false });
  const [y] = callLayer(reader.layer, xs, trace) as [Tensor];
  const values = reader.sources.map((source) => all.layers[source.node]!.values);
  const slopes = await slopesAt(y, xs, values, index);
  return reader.sources.flatMap((source, i) =>
    source.node === node.index ? [term(reader.id, place, upstream[index]!, slopes[i]!)] : [],
  );
}

/** ∂y/∂x at one place, for each of several x of the shape of y. */
export async function slopesAt(
  y: Tensor,
  xs: readonly Tensor[],
  values: readonly ArrayLike<number>[],
  index: number,
): Promise<number[]> {
  const chosen = input('chosen', y.shape);
  const outputs = gradientsIn(sum(multiply(y, chosen)), xs);
  const [evaluate] = await exactRunner({ inputs: [...xs, chosen], outputs });
  const one = new Float64Array(y.size);
  one[index] = 1;
  return (await evaluate([...values, one])).map((slopes) => slopes[index]!);
}

/** ∂L/∂z of a layer, or ∂L/∂y where it has no activation. */
function upstreamOf(all: NetworkGradients, node: NetworkNode): Float32Array {
  const { preActivationGradient, gradient, values } = all.layers[node.index]!;
  return preActivationGradient ?? gradient ?? new Float32Array(values.length);
}

/** A term, with what it is multiplied out to. */
export function term(
  through: string,
  result: Place,
  upstream: number,
  factor: number,
  parts: Partial<GradientTerm> = {},
): GradientTerm {
  return {
    through,
    result,
    upstream,
    input: undefined,
    weight: undefined,
    wins: undefined,
    ...parts,
    factor,
    product: upstream * factor,
  };
}

/** What terms come to. */
export function total(terms: readonly GradientTerm[]): number {
  return terms.reduce((sum, { product }) => sum + product, 0);
}

function forEachPlace(shape: Shape, visit: (place: Place, index: number) => void): void {
  const place = shape.map(() => 0);
  const size = shape.reduce((product, extent) => product * extent, 1);
  for (let index = 0; index < size; index++) {
    visit([...place], index);
    for (let d = shape.length - 1; d >= 0; d--) {
      place[d]!++;
      if (place[d]! < shape[d]!) break;
      place[d] = 0;
    }
  }
}
