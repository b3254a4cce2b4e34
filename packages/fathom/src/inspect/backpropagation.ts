import { matmul } from '../functional/matmul.ts';
import { mean } from '../functional/mean.ts';
import type { Tensor } from '../ir/tensor.ts';
import { type ActivationLike, resolveActivation } from '../nn/activations.ts';
import { type LossLike, resolveLoss } from '../nn/losses/index.ts';
import { add, gradients, input, stopGradient, sum } from '../ops/index.ts';
import { exactRunner } from './session.ts';

/** The weights of a dense layer. */
export interface DenseWeights {
  /** [from][to] */
  readonly kernel: readonly (readonly number[])[];
  /** [to] */
  readonly bias: readonly number[];
}

/** A dense layer, a = g(Wᵀx + b). */
export interface PlainLayer extends DenseWeights {
  readonly activation: ActivationLike;
}

/** Dense layers one after another, and a sample to learn from: small enough to be read. */
export interface PlainTask {
  readonly layers: readonly PlainLayer[];
  readonly loss: LossLike;
  readonly input: readonly number[];
  readonly target: readonly number[];
  /** α. */
  readonly learningRate: number;
}

/** What one pass forward and back makes of a layer. */
export interface LayerPass {
  /** Sums z = Wᵀx + b, [to]. */
  readonly z: readonly number[];
  /** a = g(z), [to]. */
  readonly a: readonly number[];
  /** g′(z), [to]. */
  readonly slope: readonly number[];
  /** δ = ∂J/∂z, [to]. */
  readonly delta: readonly number[];
  /** ∂J/∂W and ∂J/∂b. */
  readonly gradient: DenseWeights;
  /** The same by differences, (J(w + ε) − J(w − ε)) / 2ε: what the gradient must be. */
  readonly difference: DenseWeights;
  /** w − α·∂J/∂w. */
  readonly next: DenseWeights;
}

/** One step of gradient descent on one sample, taken apart. */
export interface Backpropagation {
  readonly layers: readonly LayerPass[];
  /** J. */
  readonly cost: number;
  /** ∂J/∂a of the last layer. */
  readonly dOutput: readonly number[];
  /** J after the update. */
  readonly nextCost: number;
}

/**
 * One pass forward, one backward and one update of a network of dense layers, with every number: sums, activations and
 * slopes, δ of each unit, the gradient of each weight beside its finite difference, and the weights after the step. In
 * 64 bits.
 *
 * Paper: D. Rumelhart, G. Hinton, R. Williams, Learning representations by back-propagating errors (1986).
 *
 * @throws RangeError where the sizes of layers, input and target do not fit together
 * @example
 * const { layers, cost, nextCost } = await inspect.backpropagation({
 *   layers: [{ kernel: [[0.5], [-0.3]], bias: [0.1], activation: 'sigmoid' }],
 *   loss: 'binaryCrossentropy',
 *   input: [1, 0],
 *   target: [1],
 *   learningRate: 0.5,
 * });
 * layers[0].gradient.kernel; // [[ŷ − 1], [0]]
 * nextCost < cost; // true
 */
export async function backpropagation(task: PlainTask): Promise<Backpropagation> {
  check(task);
  const { weights, outputs, inputs } = draw(task);
  const [run] = await exactRunner({ inputs, outputs });
  const sample = [task.input, task.target];
  const flat = task.layers.flatMap(({ kernel, bias }) => [kernel.flat(), [...bias]]);
  const results = (await run([...sample, ...flat])).map((values) => Array.from(values));
  const costOf = async (values: readonly (readonly number[])[]) =>
    (await run([...sample, ...values]))[0]![0]!;
  const differences: number[][] = [];
  for (const [at, values] of flat.entries()) {
    const slopes: number[] = [];
    for (const i of values.keys()) {
      const nudged = (by: number) =>
        costOf(flat.map((list, l) => (l === at ? list.map((w, k) => (k === i ? w + by : w)) : list)));
      slopes.push(((await nudged(EPSILON)) - (await nudged(-EPSILON))) / (2 * EPSILON));
    }
    differences.push(slopes);
  }
  const slopes = results.slice(2 + 4 * task.layers.length);
  const next = flat.map((values, l) => values.map((w, i) => w - task.learningRate * slopes[l]![i]!));
  const weightsAt = (lists: readonly number[][], l: number): DenseWeights => {
    const [count] = weights[2 * l]!.shape as readonly [number];
    const [kernel, bias] = [lists[2 * l]!, lists[2 * l + 1]!];
    return { kernel: rowsOf(kernel, count), bias };
  };
  return {
    cost: results[0]![0]!,
    dOutput: results[1]!,
    nextCost: await costOf(next),
    layers: task.layers.map((_, l) => {
      const [z, a, slope, delta] = results.slice(2 + 4 * l, 6 + 4 * l) as [
        number[],
        number[],
        number[],
        number[],
      ];
      return {
        z,
        a,
        slope,
        delta,
        gradient: weightsAt(slopes, l),
        difference: weightsAt(differences, l),
        next: weightsAt(next, l),
      };
    }),
  };
}

/** Cost, ∂J/∂a of the last layer, four lists for each layer, and the gradients of all weights. */
function draw({ layers, loss, input: sample, target }: PlainTask) {
  const [x, t] = [input('x', [1, sample.length]), input('t', [1, target.length])];
  const weights: Tensor[] = [];
  const sums: Tensor[] = [];
  const values: Tensor[] = [];
  let value = x;
  layers.forEach(({ kernel, bias, activation }, l) => {
    const w = input(`w${l}`, [kernel.length, bias.length]);
    const b = input(`b${l}`, [bias.length]);
    weights.push(w, b);
    const z = add(matmul(value, w), b);
    value = resolveActivation(activation, `backpropagation: layer ${l}`).apply(z);
    sums.push(z);
    values.push(value);
  });
  const costOf = (y: Tensor) => mean(resolveLoss(loss).call(t, y));
  const cost = costOf(value);
  // The loss may take sigmoid and logarithm together; apart from it, the output is a number of its own.
  const output = add(stopGradient(value), 0);
  const [dOutput] = gradients(costOf(output), [output]);
  const slopes = sums.map((z, l) => gradients(sum(values[l]!), [z])[0]!);
  const derivatives = gradients(cost, [...sums, ...weights]);
  const lists = sums.flatMap((z, l) => [z, values[l]!, slopes[l]!, derivatives[l]!]);
  return {
    weights,
    inputs: [x, t, ...weights],
    outputs: [cost, dOutput!, ...lists, ...derivatives.slice(sums.length)],
  };
}

function check({ layers, input: sample, target }: PlainTask): void {
  let size = sample.length;
  for (const [l, { kernel, bias }] of layers.entries()) {
    if (kernel.length !== size || kernel.some((row) => row.length !== bias.length)) {
      throw new RangeError(
        `backpropagation: expected a kernel of ${size} rows of ${bias.length} weights in layer ${l}; received ${kernel.length} rows of ${kernel.map((row) => row.length).join(', ')}.`,
      );
    }
    size = bias.length;
  }
  if (layers.length === 0 || target.length !== size) {
    throw new RangeError(
      `backpropagation: expected layers, and a target for each of the ${size} outputs; received ${layers.length} layers and ${target.length} targets.`,
    );
  }
}

function rowsOf(flat: readonly number[], count: number): number[][] {
  const size = flat.length / count;
  return Array.from({ length: count }, (_, i) => flat.slice(i * size, (i + 1) * size));
}

/** Near the cube root of the rounding of 64-bit numbers, where the error of a central difference is least. */
const EPSILON = 1e-5;
