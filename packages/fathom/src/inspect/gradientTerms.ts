import type { Shape } from '../ir/shape.ts';
import { GlobalPooling } from '../nn/layers/globalPooling.ts';
import { type Place, pointsAt } from './contraction.ts';
import type { NetworkGradients } from './gradients.ts';
import { type LayerNumber, layerColumn } from './jacobian.ts';
import type { NetworkNode, Source } from './nodes.ts';
import { readAll } from './session.ts';
import { indexOf, isInside, placeAt, type Wiring, wiringOf } from './wiring.ts';

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
  const values = valuesFrom(all, node.sources[0]!);
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

/** How a value changes the loss through one layer that reads it; undefined where that cannot be said term by term. */
export async function readerTerms(
  nodes: readonly NetworkNode[],
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
  // Means of sequences with steps that do not count are no plain windows.
  if (wiring && !all.activations.layers[node.index]!.mask) {
    return windowTerms(all, node, reader, wiring, place, at);
  }
  const terms: GradientTerm[] = [];
  for (const input of inputs) {
    const found = await columnTerms(nodes, all, reader, { input, place });
    if (!found) return undefined;
    terms.push(...found);
  }
  return terms;
}

/** Layers of every kind: how each number of their result changes, by the layer's own derivatives in 64 bits. */
export async function columnTerms(
  nodes: readonly NetworkNode[],
  all: NetworkGradients,
  node: NetworkNode,
  of: LayerNumber,
): Promise<GradientTerm[] | undefined> {
  const upstream = upstreamOf(all, node);
  // Gradients are kept of the first result alone.
  const isSplit = nodes.some(({ sources }) => sources.some((s) => s.node === node.index && s.output > 0));
  if (isSplit) return undefined;
  const slopes = await layerColumn(nodes, all.activations, node, of);
  if (!slopes) return undefined;
  return Array.from(slopes).flatMap((slope, i) =>
    slope === 0 ? [] : [term(node.id, placeAt(i, node.shapes[0]!), upstream[i]!, slope)],
  );
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

function valuesFrom({ activations }: NetworkGradients, { node, output }: Source): Float32Array {
  const { values, others } = activations.layers[node]!;
  return output === 0 ? values : others[output - 1]!.values;
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
