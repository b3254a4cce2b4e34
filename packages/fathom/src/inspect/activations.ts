import type { Shape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Network } from '../nn/network.ts';
import type { DataInput } from '../train/options.ts';
import { type Inspectable, nodesOf } from './nodes.ts';
import { type InspectOptions, run, sampleOf } from './session.ts';
import { isWeighted, type TracedNetwork, traceNodes } from './trace.ts';

/** The spread of some numbers. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

/** What a layer gives for a sample. */
export interface LayerActivation {
  readonly id: string;
  readonly type: string;
  /** Of one sample. */
  readonly shape: Shape;
  /** In row-major order. */
  readonly values: Float32Array;
  readonly range: ValueRange;
  /** Of layers that end in an activation: what it was given, z of y = activation(z). */
  readonly preActivation: Float32Array | undefined;
  /** Of sequences with steps that do not count: 1 where one counts, 0 where not. */
  readonly mask: Float32Array | undefined;
  /** Results beside the first, of layers that have several. */
  readonly others: readonly { readonly shape: Shape; readonly values: Float32Array }[];
}

/** What every layer of a model gives for one sample. */
export interface Activations {
  readonly model: string;
  /** Inputs first, each layer after those it takes from. */
  readonly layers: readonly LayerActivation[];
  /** Ids of the layers whose results are those of the model. */
  readonly outputs: readonly string[];
  /** What the model gives, in the order of its outputs. */
  readonly results: readonly OutputValues[];
}

/** One result of a model: which one of which layer, counted from 0, and its values. */
export interface OutputValues {
  readonly layer: string;
  readonly result: number;
  readonly shape: Shape;
  readonly values: Float32Array;
}

/**
 * What each layer gives for a sample, as trained models do: without dropout, with running statistics.
 *
 * The program is compiled at the first call and kept, so that later ones may follow a pen; the weights are read where
 * they are, also in the middle of training.
 *
 * @param x one sample: its values in a row, or nested or shaped data with a batch of 1
 * @throws DataError on data of another shape or with NaN; RangeError on several samples
 * @example
 * const { layers } = await inspect.activations(model, image);
 * layers.at(-1).shape; // [10]
 */
export async function activations(
  model: Inspectable,
  x: DataInput,
  options: InspectOptions = {},
): Promise<Activations> {
  const feeds = sampleOf(model, x, 'activations');
  const draw = () => {
    const traced = traceNodes(model);
    masked.set(model.network, seenMasks(traced));
    return { inputs: traced.inputs, outputs: activationOutputs(traced), keys: traced.keys };
  };
  const results = await run(model, 'activations', draw, feeds, options);
  return readActivations(model, results, masked.get(model.network)!);
}

/** The outputs of a program from which {@link readActivations} makes its list. */
export function activationOutputs({ values, preActivations, masks }: TracedNetwork): Tensor[] {
  return [...values.flat(), ...preActivations, ...masks.filter((mask) => mask !== undefined)];
}

/** Which nodes have steps that may not count. */
export function seenMasks({ masks }: TracedNetwork): readonly boolean[] {
  return masks.map((mask) => mask !== undefined);
}

const masked = new WeakMap<Network, readonly boolean[]>();

/** Whether something is what {@link activations} gave, and not a sample. */
export function isActivations(x: DataInput | Activations): x is Activations {
  return typeof x === 'object' && x !== null && 'layers' in x && 'outputs' in x && 'model' in x;
}

/** What all layers give: computed, or given as it was computed before. */
export function activationsOf(
  model: Inspectable,
  x: DataInput | Activations,
  options?: InspectOptions,
): Promise<Activations> {
  return isActivations(x) ? Promise.resolve(x) : activations(model, x, options);
}

/** Smallest, largest and mean value; NaN for none. */
export function rangeOf(values: ArrayLike<number>): ValueRange {
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
  }
  return { min, max, mean: sum / values.length };
}

/** What {@link activationOutputs} came to, layer by layer. */
export function readActivations(
  model: Inspectable,
  results: readonly Float32Array[],
  hasMask: readonly boolean[],
): Activations {
  const { nodes, outputs } = nodesOf(model);
  const first = nodes.map((_, i) => nodes.slice(0, i).reduce((sum, { shapes }) => sum + shapes.length, 0));
  const before = nodes.reduce((sum, { shapes }) => sum + shapes.length, 0);
  const masks = results.slice(before + nodes.length);
  let nextMask = 0;
  return {
    model: model.name,
    layers: nodes.map(({ id, layer, isInput, shapes }, i): LayerActivation => {
      const [values, ...others] = results.slice(first[i]!, first[i]! + shapes.length);
      return {
        id,
        type: isInput ? 'input' : layer.type,
        shape: shapes[0]!,
        values: values!,
        range: rangeOf(values!),
        preActivation: !isInput && isWeighted(layer) ? results[before + i]! : undefined,
        mask: hasMask[i] ? masks[nextMask++] : undefined,
        others: others.map((data, j) => ({ shape: shapes[j + 1]!, values: data })),
      };
    }),
    outputs: outputs.map(({ node }) => nodes[node]!.id),
    results: outputs.map(({ node, output }) => ({
      layer: nodes[node]!.id,
      result: output,
      shape: nodes[node]!.shapes[output]!,
      values: results[first[node]! + output]!,
    })),
  };
}
