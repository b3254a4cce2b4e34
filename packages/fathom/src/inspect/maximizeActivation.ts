import { type Shape, sizeOf } from '../ir/shape.ts';
import { childKey, RandomStream, seedKey } from '../nn/random.ts';
import { divide, gradients, input, multiply, sum } from '../ops/index.ts';
import { type Inspectable, nodeAt, nodesOf } from './nodes.ts';
import { type InspectOptions, run } from './session.ts';
import { isWeighted, traceNodes } from './trace.ts';

export interface MaximizeOptions extends InspectOptions {
  /** Default 64. */
  readonly steps?: number | undefined;
  /** Decides the noise that it begins with. Default 0. */
  readonly seed?: number | undefined;
  /** How far a step goes, as a share of the range of values. Default 0.1. */
  readonly stepSize?: number | undefined;
  /** Share by which values shrink towards their middle at each step. Default 0.02. */
  readonly decay?: number | undefined;
  /** Least and largest value. Default [0, 1]. */
  readonly range?: readonly [number, number] | undefined;
  /** Called after each step, with the picture so far; false ends it. */
  readonly onStep?: ((step: number, values: Float32Array, score: number) => boolean | undefined) | undefined;
}

/** A sample that a channel answers to as much as can be. */
export interface MaximizedActivation {
  readonly layer: string;
  readonly channel: number;
  /** Of the input. */
  readonly shape: Shape;
  readonly values: Float32Array;
  /** The mean of the channel before its activation, before each step and at the end. */
  readonly scores: readonly number[];
}

/**
 * What a channel looks for: a sample, found by gradient ascent from noise, at which the mean of the channel before its
 * activation is large.
 *
 *     x ← clip(x + stepSize·g / √mean(g²)),  g = ∂ mean z_c / ∂x
 *
 * Paper: D. Erhan, Y. Bengio, A. Courville, P. Vincent, Visualizing higher-layer features of a deep network (2009).
 *
 * @param channel the last index of the layer's result
 * @throws RangeError on a channel that does not exist, and models with several inputs
 * @example
 * const { scores } = await inspect.maximizeActivation(lenet5({ seed: 0 }), 'conv2d_1', 3, { steps: 10 });
 * scores[10] > scores[0]; // true
 */
export async function maximizeActivation(
  model: Inspectable,
  layer: string | number,
  channel: number,
  options: MaximizeOptions = {},
): Promise<MaximizedActivation> {
  const { steps = 64, seed = 0, stepSize = 0.1, decay = 0.02, range: [low, high] = [0, 1] } = options;
  const node = nodeAt(model, layer);
  const channels = node.shapes[0]!.at(-1) ?? 1;
  if (!Number.isInteger(channel) || channel < 0 || channel >= channels || model.network.inputs.length > 1) {
    throw new RangeError(
      `maximizeActivation: expected a channel 0…${channels - 1} of ${node.id} in a model with one input; received ${channel}.`,
    );
  }
  const [shape] = nodesOf(model).nodes[0]!.shapes as [Shape];
  const draw = () => {
    const traced = traceNodes(model);
    const y = isWeighted(node.layer) ? traced.preActivations[node.index]! : traced.values[node.index]![0]!;
    const chosen = input('chosen', [channels]);
    const score = divide(sum(multiply(y, chosen)), y.size / channels);
    return { inputs: [...traced.inputs, chosen], outputs: [score, ...gradients(score, [traced.inputs[0]!])] };
  };
  const one = Float32Array.from({ length: channels }, (_, c) => Number(c === channel));
  const stream = new RandomStream(childKey(seedKey(seed), START));
  const middle = (low + high) / 2;
  const values = Float32Array.from(
    { length: sizeOf(shape) },
    () => middle + 0.1 * (high - low) * (2 * stream.uniform() - 1),
  );
  const scores: number[] = [];
  for (let step = 0; ; step++) {
    const [score, slopes] = await run(model, `maximize ${node.index}`, draw, [values, one], options);
    scores.push(score![0]!);
    if (step === steps || options.onStep?.(step, values, score![0]!) === false) break;
    const power = Math.sqrt(slopes!.reduce((sum, g) => sum + g * g, 0) / slopes!.length) || 1;
    const move = (stepSize * (high - low)) / power;
    for (let i = 0; i < values.length; i++) {
      const next = middle + (values[i]! - middle) * (1 - decay) + move * slopes![i]!;
      values[i] = Math.min(high, Math.max(low, next));
    }
  }
  return { layer: node.id, channel, shape, values, scores };
}

/** A child key of the seed that nothing else uses. */
const START = 102;
