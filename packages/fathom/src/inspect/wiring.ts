import { referenceBackend } from '../backends/reference/reference.ts';
import { type Shape, sizeOf, stridesOf } from '../ir/shape.ts';
import type { Tensor, Variable } from '../ir/tensor.ts';
import { type BaseLayer, callLayer } from '../nn/layer.ts';
import { ActivationLayer } from '../nn/layers/activation.ts';
import { BatchNormalization } from '../nn/layers/batchNormalization.ts';
import { Conv2dTranspose } from '../nn/layers/conv2dTranspose.ts';
import { Convolution } from '../nn/layers/convolution.ts';
import { Dense } from '../nn/layers/dense.ts';
import { DepthwiseConv2d } from '../nn/layers/depthwiseConv2d.ts';
import { ElementwiseMerge } from '../nn/layers/elementwiseMerge.ts';
import { Elu } from '../nn/layers/elu.ts';
import { GlobalMaxPooling1d } from '../nn/layers/globalMaxPooling1d.ts';
import { GlobalMaxPooling2d } from '../nn/layers/globalMaxPooling2d.ts';
import { GlobalPooling } from '../nn/layers/globalPooling.ts';
import { LeakyRelu } from '../nn/layers/leakyRelu.ts';
import { LocallyConnected } from '../nn/layers/locallyConnected.ts';
import { MaxPooling1d } from '../nn/layers/maxPooling1d.ts';
import { MaxPooling2d } from '../nn/layers/maxPooling2d.ts';
import { MaxPooling3d } from '../nn/layers/maxPooling3d.ts';
import { Pooling } from '../nn/layers/pooling.ts';
import { Prelu } from '../nn/layers/prelu.ts';
import { Relu } from '../nn/layers/relu.ts';
import { Rescaling } from '../nn/layers/rescaling.ts';
import { Trace } from '../nn/trace.ts';
import { input } from '../ops/index.ts';
import { load } from '../runtime.ts';
import {
  type Contraction,
  denseContraction,
  depthwiseContraction,
  globalContraction,
  localContraction,
  type Place,
  transposedContraction,
  windowContraction,
} from './contraction.ts';
import { isRowWise } from './formulas.ts';
import type { NetworkNode } from './nodes.ts';

/** A place of one of the inputs of a layer. */
export interface InputPlace {
  readonly input: number;
  readonly place: Place;
}

/**
 * Which input numbers a layer makes its results of.
 *
 * - sum: z = Σ x·w + bias
 * - max, mean: of the input values of a window
 * - move: each result is one input value, or 0
 */
export type Wiring =
  | {
      readonly kind: 'sum';
      readonly contraction: Contraction;
      readonly kernel: Variable;
      readonly bias: Variable | undefined;
      /** The place of the bias of a result. */
      readonly biasPlace: (place: Place) => Place;
    }
  | { readonly kind: 'max' | 'mean'; readonly contraction: Contraction }
  | {
      readonly kind: 'move';
      /** Where a result comes from; undefined for a constant 0. */
      readonly from: (place: Place) => InputPlace | undefined;
      /** Where an input value goes. */
      readonly to: (source: InputPlace) => readonly Place[];
      /** Results and inputs stand at the same places. */
      readonly isIdentity: boolean;
    };

/** How a node is wired, if that can be said number by number. */
export async function wiringOf(node: NetworkNode): Promise<Wiring | undefined> {
  const known = wirings.get(node);
  if (known) return known.wiring;
  const wiring = node.isInput ? undefined : (contractionWiring(node) ?? (await movement(node)));
  wirings.set(node, { wiring });
  return wiring;
}

/** The place of the `index`-th number in row-major order. */
export function placeAt(index: number, shape: Shape): number[] {
  return stridesOf(shape).map((stride, d) => Math.floor(index / stride) % shape[d]!);
}

/** Which number in row-major order stands at a place. */
export function indexOf(place: Place, shape: Shape): number {
  return stridesOf(shape).reduce((sum, stride, d) => sum + stride * place[d]!, 0);
}

/** Whether a place lies in a sample, and not in its padding. */
export function isInside(place: Place, shape: Shape): boolean {
  return place.every((at, d) => at >= 0 && at < shape[d]!);
}

/**
 * Throws unless a place is one of a shape.
 *
 * @throws RangeError saying which places there are
 */
export function checkPlace(place: Place, shape: Shape, where: string): void {
  const fits = place.length === shape.length && place.every(Number.isInteger) && isInside(place, shape);
  if (fits) return;
  throw new RangeError(
    `${where}: expected a place [${shape.map((extent) => `0…${extent - 1}`).join(', ')}]; received [${place.join(', ')}].`,
  );
}

/** Layers whose every result depends on the values at its own place. */
export function isPointwise({ layer }: NetworkNode): boolean {
  if (layer instanceof ActivationLayer)
    return layer.activation.name !== undefined && !isRowWise(layer.activation.name);
  return POINTWISE.some((kind) => layer instanceof kind);
}

/** Node → wiring; a node is made once for each network. */
const wirings = new WeakMap<NetworkNode, { readonly wiring: Wiring | undefined }>();
const EXACT = referenceBackend({ precision: 64 });

function contractionWiring({ layer, inputShapes }: NetworkNode): Wiring | undefined {
  const shape = inputShapes[0]!;
  if (layer instanceof Pooling) {
    const { poolSize: size, strides, padding } = layer;
    const contraction = windowContraction(shape, { size, strides, padding }, undefined);
    return { kind: isMax(layer) ? 'max' : 'mean', contraction };
  }
  if (layer instanceof GlobalPooling) {
    return {
      kind: isMax(layer) ? 'max' : 'mean',
      contraction: globalContraction(shape, layer.keepDims),
    };
  }
  const ofChannel = (place: Place) => place.slice(-1);
  if (layer instanceof Dense) {
    const { units, kernel, bias } = layer;
    const contraction = denseContraction(shape, units);
    return { kind: 'sum', contraction, kernel: kernel!, bias, biasPlace: ofChannel };
  }
  if (layer instanceof Convolution) {
    const {
      kernelSize: size,
      strides,
      dilationRate: dilation,
      padding,
      filters,
      groups,
      kernel,
      bias,
    } = layer;
    const contraction = windowContraction(shape, { size, strides, dilation, padding }, { filters, groups });
    return { kind: 'sum', contraction, kernel: kernel!, bias, biasPlace: ofChannel };
  }
  if (layer instanceof DepthwiseConv2d) {
    const {
      kernelSize: size,
      strides,
      dilationRate: dilation,
      padding,
      depthMultiplier,
      kernel,
      bias,
    } = layer;
    const contraction = depthwiseContraction(shape, { size, strides, dilation, padding }, depthMultiplier);
    return { kind: 'sum', contraction, kernel: kernel!, bias, biasPlace: ofChannel };
  }
  if (layer instanceof Conv2dTranspose) {
    const { kernelSize: size, strides, dilationRate: dilation, padding, filters, outputPadding } = layer;
    const geometry = { size, strides, dilation, padding };
    const contraction = transposedContraction(shape, geometry, filters, outputPadding);
    return { kind: 'sum', contraction, kernel: layer.kernel!, bias: layer.bias, biasPlace: ofChannel };
  }
  if (layer instanceof LocallyConnected) {
    const { kernelSize: size, strides, filters, kernel, bias } = layer;
    const contraction = localContraction(shape, { size, strides, padding: 'valid' }, filters);
    return { kind: 'sum', contraction, kernel: kernel!, bias, biasPlace: (place) => place };
  }
  return undefined;
}

function isMax(layer: BaseLayer): boolean {
  return MAXIMA.some((kind) => layer instanceof kind);
}

/**
 * Layers that only move numbers are found by what they do: on the numbers 1, 2, 3, … of all input places, the result
 * says where each comes from, and 0 that it comes from nowhere.
 */
async function movement({ layer, inputShapes, shapes }: NetworkNode): Promise<Wiring | undefined> {
  const [shape] = shapes as [Shape];
  const sizes = inputShapes.map(sizeOf);
  if (shapes.length !== 1 || [...sizes, sizeOf(shape)].some((size) => size > MOST_MOVED)) return undefined;
  const trace = new Trace({ training: false });
  const xs = inputShapes.map((extents, i) => input(`x${i}`, [1, ...extents]));
  const [y] = callLayer(layer, xs, trace);
  if (y?.dtype !== 'float32') return undefined;
  const same = xs.indexOf(y);
  if (same >= 0) {
    return {
      kind: 'move',
      from: (place) => ({ input: same, place }),
      to: ({ input: at, place }) => (at === same ? [place] : []),
      isIdentity: true,
    };
  }
  if (!onlyMoves(y, new Set(xs))) return undefined;
  const starts = sizes.map((_, i) => 1 + sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const executable = await load({ inputs: xs, outputs: [y], updates: [] }, EXACT);
  xs.forEach((_, i) => {
    executable.write(
      i,
      Float64Array.from({ length: sizes[i]! }, (_, j) => starts[i]! + j),
    );
  });
  await executable.run();
  const numbers = await executable.read(0);
  return {
    kind: 'move',
    from(place) {
      const number = numbers[indexOf(place, shape)]!;
      if (number === 0) return undefined;
      const at = starts.findLastIndex((start) => start <= number);
      return { input: at, place: placeAt(number - starts[at]!, inputShapes[at]!) };
    },
    to(source) {
      const number = starts[source.input]! + indexOf(source.place, inputShapes[source.input]!);
      const places: Place[] = [];
      numbers.forEach((value, i) => {
        if (value === number) places.push(placeAt(i, shape));
      });
      return places;
    },
    isIdentity: false,
  };
}

/** Whether every node between the inputs and y puts numbers elsewhere and computes none. */
function onlyMoves(y: Tensor, inputs: ReadonlySet<Tensor>): boolean {
  const open = [y];
  const seen = new Set<Tensor>();
  for (let node = open.pop(); node; node = open.pop()) {
    if (inputs.has(node) || seen.has(node)) continue;
    seen.add(node);
    const { kind } = node.op.lower;
    if (node.inputs.length === 0 || (kind !== 'alias' && kind !== 'index' && kind !== 'pieces')) return false;
    open.push(...node.inputs);
  }
  return true;
}

/** Larger samples than a table of places is made for. */
const MOST_MOVED = 1 << 22;

const MAXIMA = [MaxPooling1d, MaxPooling2d, MaxPooling3d, GlobalMaxPooling1d, GlobalMaxPooling2d];
const POINTWISE = [BatchNormalization, ElementwiseMerge, Elu, LeakyRelu, Prelu, Relu, Rescaling];
