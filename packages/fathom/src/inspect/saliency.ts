import { type Shape, sizeOf } from '../ir/shape.ts';
import { childKey, RandomStream, seedKey } from '../nn/random.ts';
import { gradients } from '../ops/index.ts';
import type { DataInput } from '../train/options.ts';
import { rangeOf } from './activations.ts';
import type { Inspectable } from './nodes.ts';
import { choose, scoreOf } from './score.ts';
import { type InspectOptions, run, sampleOf } from './session.ts';
import { traceNodes } from './trace.ts';

export interface SaliencyOptions extends InspectOptions {
  /**
   * gradient: ∂s/∂x. gradientTimesInput: x·∂s/∂x. smoothGrad: the mean of ∂s/∂x over noisy copies of x.
   * Default 'gradient'.
   */
  readonly method?: 'gradient' | 'gradientTimesInput' | 'smoothGrad' | undefined;
  /** Noisy copies of smoothGrad. Default 25. */
  readonly samples?: number | undefined;
  /** Deviation of the noise, as a share of the range of x. Default 0.15. */
  readonly noise?: number | undefined;
  /** Decides the noise. Default 0. */
  readonly seed?: number | undefined;
  /** Which output of the model, of several. Default 0. */
  readonly output?: number | undefined;
  /** Which input of the model, of several; the others stay as they are. Default 0. */
  readonly input?: number | undefined;
}

/** How much each input value counts for a class. */
export interface SaliencyMap {
  readonly shape: Shape;
  /** With their signs, of the shape of the input. */
  readonly values: Float32Array;
  /** The largest magnitude over the channels, of the input's shape without them. */
  readonly magnitude: Float32Array;
}

/**
 * What a network looks at: how its score for a class, before softmax, changes with each input value.
 *
 * Papers: K. Simonyan, A. Vedaldi, A. Zisserman, Deep inside convolutional networks (2013); D. Smilkov et al.,
 * SmoothGrad: removing noise by adding noise (2017).
 *
 * @param x one sample
 * @throws RangeError on a class or an input that does not exist, or an input of whole numbers
 * @example
 * const { magnitude } = await inspect.saliency(lenet5(), image, 3, { method: 'smoothGrad' });
 * magnitude.length; // 784
 */
export async function saliency(
  model: Inspectable,
  x: DataInput,
  classIndex: number,
  {
    method = 'gradient',
    samples = 25,
    noise = 0.15,
    seed = 0,
    output = 0,
    input = 0,
    ...options
  }: SaliencyOptions = {},
): Promise<SaliencyMap> {
  const feeds = sampleOf(model, x, 'saliency');
  const tensor = model.network.inputs[input];
  if (tensor?.dtype !== 'float32') {
    throw new RangeError(
      `saliency: expected an input 0…${feeds.length - 1} of float32 numbers; received ${input}${tensor ? `, of ${tensor.dtype}` : ''}.`,
    );
  }
  const values = feeds[input]!;
  const { shape } = tensor;
  const count = method === 'smoothGrad' ? samples : 1;
  const draw = () => {
    const traced = traceNodes(model, { count });
    const { score, chosen } = scoreOf(model, traced, output);
    return { inputs: [...traced.inputs, chosen], outputs: gradients(score, [traced.inputs[input]!]) };
  };
  const chosen = choose(model, classIndex, count, output, 'saliency');
  const batch = feeds.map((own, i) =>
    i === input && method === 'smoothGrad' ? noisy(own, samples, noise, seed) : repeated(own, count),
  );
  const key = `saliency ${output} ${input} ${count}`;
  const [slopes] = await run(model, key, draw, [...batch, chosen], options);
  const size = sizeOf(shape);
  const result = Float32Array.from({ length: size }, (_, i) => {
    let total = 0;
    for (let n = 0; n < count; n++) total += slopes![n * size + i]!;
    return (total / count) * (method === 'gradientTimesInput' ? values[i]! : 1);
  });
  return { shape, values: result, magnitude: overChannels(result, shape) };
}

function repeated(values: ArrayLike<number>, count: number): ArrayLike<number> {
  if (count === 1) return values;
  return Float32Array.from({ length: count * values.length }, (_, i) => values[i % values.length]!);
}

function noisy(values: ArrayLike<number>, samples: number, noise: number, seed: number): Float32Array {
  const { min, max } = rangeOf(values);
  const stream = new RandomStream(childKey(seedKey(seed), NOISE));
  const deviation = noise * (max - min);
  return Float32Array.from(
    { length: samples * values.length },
    (_, i) => values[i % values.length]! + deviation * stream.normal(),
  );
}

function overChannels(values: Float32Array, shape: Shape): Float32Array {
  const channels = shape.length > 2 ? shape.at(-1)! : 1;
  return Float32Array.from({ length: values.length / channels }, (_, i) => {
    let most = 0;
    for (let c = 0; c < channels; c++) most = Math.max(most, Math.abs(values[i * channels + c]!));
    return most;
  });
}

/** A child key of the seed that nothing else uses. */
const NOISE = 101;
