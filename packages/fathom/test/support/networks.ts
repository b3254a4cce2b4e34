import type { Graph } from '../../src/compiler/program.ts';
import {
  conv2d,
  matmul,
  maxPool2d,
  mean,
  relu,
  sparseCategoricalCrossentropy,
} from '../../src/functional/index.ts';
import { type Tensor, Variable } from '../../src/ir/tensor.ts';
import {
  add,
  divide,
  gradients,
  input,
  multiply,
  read,
  reshape,
  sqrt,
  subtract,
} from '../../src/ops/index.ts';

/** The forward pass of a network from images [B, 28, 28, 1] to logits, given its weights in Keras' order. */
type Forward = (x: Tensor, weights: readonly Tensor[]) => Tensor;

const flatten = (x: Tensor) => reshape(x, [x.shape[0]!, -1]);
const dense = (x: Tensor, w: Tensor, b: Tensor) => add(matmul(x, w), b);
const stage = (x: Tensor, w: Tensor, b: Tensor, padding: 'valid' | 'same' = 'valid') =>
  maxPool2d(relu(add(conv2d(x, w, { padding }), b)), { poolSize: 2 });

/** The networks of the goldens, written without layers: what the engine alone makes of them. */
export const FORWARD: Readonly<Record<string, Forward>> = {
  mlp: (x, [w1, b1, w2, b2]) => dense(relu(dense(flatten(x), w1!, b1!)), w2!, b2!),
  lenet5: (x, [w1, b1, w2, b2, w3, b3, w4, b4, w5, b5]) => {
    const features = flatten(stage(stage(x, w1!, b1!, 'same'), w2!, b2!));
    return dense(relu(dense(relu(dense(features, w3!, b3!)), w4!, b4!)), w5!, b5!);
  },
  cnn: (x, [w1, b1, w2, b2, w3, b3]) => dense(flatten(stage(stage(x, w1!, b1!), w2!, b2!)), w3!, b3!),
};

export interface AdamNumbers {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export interface TrainingStep {
  /** Inputs: images, labels, and the rate that {@link adamRate} gives. Output: the loss before the update. */
  readonly graph: Graph;
  readonly parameters: readonly Variable[];
}

/** One graph of forward pass, loss, gradients and Adam as Keras has it. */
export function trainingStep(
  forward: Forward,
  batch: number,
  initial: readonly { readonly shape: readonly number[]; readonly values: Float32Array }[],
  { beta1, beta2, epsilon }: AdamNumbers,
): TrainingStep {
  const variable = (name: string, shape: readonly number[], values: Float32Array) =>
    new Variable(name, shape, 'float32', values);
  const parameters = initial.map(({ shape, values }, i) => variable(`p${i}`, shape, values.slice()));
  const images = input('x', [batch, 28, 28, 1]);
  const labels = input('y', [batch], 'int32');
  const rate = input('rate', []);
  const weights = parameters.map(read);
  const loss = mean(sparseCategoricalCrossentropy(labels, forward(images, weights), { fromLogits: true }));
  const updates = gradients(loss, weights).flatMap((gradient, i) => {
    const { name, shape, size } = parameters[i]!;
    const m = variable(`${name}/m`, shape, new Float32Array(size));
    const v = variable(`${name}/v`, shape, new Float32Array(size));
    const momentum = add(read(m), multiply(subtract(gradient, read(m)), 1 - beta1));
    const velocity = add(read(v), multiply(subtract(multiply(gradient, gradient), read(v)), 1 - beta2));
    const move = divide(multiply(momentum, rate), add(sqrt(velocity), epsilon));
    return [
      { variable: m, value: momentum },
      { variable: v, value: velocity },
      { variable: parameters[i]!, value: subtract(weights[i]!, move) },
    ];
  });
  return { graph: { inputs: [images, labels, rate], outputs: [loss], updates }, parameters };
}

/** α·√(1 − β₂ᵗ) / (1 − β₁ᵗ) for step t, counted from 1. */
export function adamRate({ learningRate, beta1, beta2 }: AdamNumbers, step: number): number {
  return (learningRate * Math.sqrt(1 - beta2 ** step)) / (1 - beta1 ** step);
}
