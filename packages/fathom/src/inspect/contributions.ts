import { type Shape, sizeOf } from '../ir/shape.ts';
import type { DataInput } from '../train/options.ts';
import { type Activations, activationsOf } from './activations.ts';
import { pointsAt } from './contraction.ts';
import { type Inspectable, nodeAt } from './nodes.ts';
import { type InspectOptions, readAll } from './session.ts';
import { indexOf, isInside, placeAt, wiringOf } from './wiring.ts';

/** What one input channel adds to a feature map. */
export interface ChannelContribution {
  readonly channel: number;
  /** One number for each place of the map, of its shape. */
  readonly values: Float32Array;
}

/** A feature map before its activation as the sum of what each input channel adds, and the bias. */
export interface MapContributions {
  readonly layer: string;
  /** The layer that gives the input channels. */
  readonly from: string;
  readonly filter: number;
  /** Of the map, without channels. */
  readonly shape: Shape;
  readonly channels: readonly ChannelContribution[];
  /** One number for each place. */
  readonly bias: Float32Array;
  /** Σ channels + bias. */
  readonly preActivation: Float32Array;
  readonly values: Float32Array;
}

/**
 * A feature map taken apart channel by channel: z[…, f] = Σ_c (x[…, c] ∗ kernel[…, c, f]) + bias, y = activation(z).
 *
 * @param filter which map, counted from 0
 * @throws RangeError when the layer sums nothing over places and channels
 * @example
 * const { channels } = await inspect.contributions(lenet5(), image, 'conv2d_1', 3);
 * channels.length; // 6
 */
export async function contributions(
  model: Inspectable,
  x: DataInput | Activations,
  layer: string | number,
  filter: number,
  options: InspectOptions = {},
): Promise<MapContributions> {
  const node = nodeAt(model, layer);
  const wiring = await wiringOf(node);
  const [shape] = node.shapes as [Shape];
  const filters = shape.at(-1)!;
  if (wiring?.kind !== 'sum' || shape.length < 2 || !(filter >= 0 && filter < filters)) {
    throw new RangeError(
      `contributions: expected a map 0…${filters - 1} of a convolution or its like; received ${filter} of ${node.id} (${node.layer.type}).`,
    );
  }
  const { layers } = await activationsOf(model, x, options);
  const source = layers[node.sources[0]!.node]!;
  const own = layers[node.index]!;
  const { contraction, kernel, bias, biasPlace } = wiring;
  const [weights, biases] = await readAll(bias ? [kernel, bias] : [kernel]);
  const space = shape.slice(0, -1);
  const places = sizeOf(space);
  const [inputShape] = node.inputShapes as [Shape];
  const sums = new Map<number, Float64Array>();
  const offsets = new Float32Array(places);
  const pick = (values: Float32Array) => values.filter((_, i) => i % filters === filter);
  for (let i = 0; i < places; i++) {
    const place = [...placeAt(i, space), filter];
    if (bias) offsets[i] = biases![indexOf(biasPlace(place), bias.shape)]!;
    for (const { x: at, w } of pointsAt(contraction, 'y', place)) {
      const channel = at.at(-1)!;
      let sum = sums.get(channel);
      if (!sum) {
        sum = new Float64Array(places);
        sums.set(channel, sum);
      }
      if (!isInside(at, inputShape)) continue;
      sum[i]! += source.values[indexOf(at, inputShape)]! * weights![indexOf(w!, kernel.shape)]!;
    }
  }
  return {
    layer: node.id,
    from: source.id,
    filter,
    shape: space,
    channels: Array.from(sums, ([channel, values]) => ({ channel, values: Float32Array.from(values) })).sort(
      (a, b) => a.channel - b.channel,
    ),
    bias: offsets,
    preActivation: pick(own.preActivation!),
    values: pick(own.values),
  };
}
