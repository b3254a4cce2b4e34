import { sizeOf } from '../ir/shape.ts';
import type { DataInput } from '../train/options.ts';
import { type Inspectable, nodesOf } from './nodes.ts';
import { predictNodes } from './predictRows.ts';
import { type InspectOptions, samplesOf } from './session.ts';
import { isWeighted } from './trace.ts';

/** How alive the units of a layer are. */
export interface UnitReport {
  readonly layer: string;
  readonly activation: string;
  /** Channels of a map, or neurons. */
  readonly units: number;
  /** Units that gave the same number for all samples at all places. */
  readonly dead: readonly number[];
  /** Of each unit, the share of results that are exactly 0. */
  readonly zeros: Float32Array;
  /** Of each unit, its largest and smallest result. */
  readonly max: Float32Array;
  readonly min: Float32Array;
}

/**
 * Units that say nothing over a batch: a ReLU whose input is negative for every sample gives 0 always, has no
 * gradient, and learns no more. Looks at all layers that end in an activation, but the last.
 *
 * Paper: L. Lu, Y. Shin, Y. Su, G. Karniadakis, Dying ReLU and initialization (2019).
 *
 * @param x samples [N, ...inputShape], of a model with one input; the more, the surer
 * @example
 * const [conv] = await inspect.deadUnits(lenet5({ seed: 0 }), images);
 * conv.units; // 6
 */
export async function deadUnits(
  model: Inspectable,
  x: DataInput,
  options: InspectOptions = {},
): Promise<UnitReport[]> {
  const rows = samplesOf(model, x, 'deadUnits');
  const { nodes, outputs } = nodesOf(model);
  const last = new Set(outputs.map(({ node }) => node));
  const looked = nodes.filter(
    ({ layer, isInput, index }) =>
      !isInput &&
      !last.has(index) &&
      (isWeighted(layer) ? layer.activation.name !== 'linear' : ACTIVATIONS.has(layer.type)),
  );
  const { data, count } = rows[0]!;
  const sources = looked.map(({ index }) => ({ node: index, output: 0 }));
  if (sources.length === 0) return [];
  const results = await predictNodes(model, data, count, sources, options);
  return looked.map(({ id, layer, shapes }, i) => {
    const units = shapes[0]!.at(-1)!;
    const values = results[i]!;
    const each = (count * sizeOf(shapes[0]!)) / units;
    const [zeros, max, min] = [new Float32Array(units), new Float32Array(units), new Float32Array(units)];
    max.fill(Number.NEGATIVE_INFINITY);
    min.fill(Number.POSITIVE_INFINITY);
    values.forEach((value, at) => {
      const unit = at % units;
      if (value === 0) zeros[unit]!++;
      if (value > max[unit]!) max[unit] = value;
      if (value < min[unit]!) min[unit] = value;
    });
    return {
      layer: id,
      activation: isWeighted(layer) ? (layer.activation.name ?? 'own function') : layer.type,
      units,
      dead: Array.from({ length: units }, (_, unit) => unit).filter((unit) => max[unit] === min[unit]),
      zeros: zeros.map((zero) => zero / each),
      max,
      min,
    };
  });
}

const ACTIVATIONS = new Set(['activation', 'relu', 'leakyRelu', 'elu', 'prelu']);
