import { evaluate, functional, gradients, ops, referenceBackend, type Tensor } from 'fathom';
import { factor, formatNumber } from '../../views/matrix.ts';
import { activate } from './network.ts';

export type Hidden = 'sigmoid' | 'tanh' | 'relu';
export type Cost = 'crossentropy' | 'squared';

/** A network of a few numbers: two inputs, a hidden layer, one sigmoid output. */
export interface SmallNetwork {
  /** [from][to] of each layer. */
  readonly kernels: readonly [readonly (readonly number[])[], readonly (readonly number[])[]];
  readonly biases: readonly [readonly number[], readonly number[]];
  readonly activation: Hidden;
  readonly cost: Cost;
  readonly input: readonly [number, number];
  readonly target: number;
  readonly rate: number;
}

export type Phase = 'forward' | 'backward' | 'update';

/** Where in the picture of the network a step happens. */
export interface Spot {
  readonly layer: 0 | 1;
  readonly unit: number;
  /** The unit an edge comes from; absent for the unit itself. */
  readonly from?: number | 'bias';
}

/** One number of the computation, written out. */
export interface Step {
  readonly phase: Phase;
  readonly name: string;
  /** In letters, and with the numbers of this step. */
  readonly formula: string;
  readonly values: string;
  readonly result: number;
  readonly spot: Spot | undefined;
  /** Of a weight's gradient, (J(w + ε) − J(w − ε)) / 2ε. */
  readonly difference?: number;
}

export interface Unrolled {
  readonly steps: readonly Step[];
  /** The network after the update. */
  readonly next: SmallNetwork;
  readonly cost: number;
  readonly nextCost: number;
}

export const START: SmallNetwork = {
  kernels: [
    [
      [0.5, -0.3],
      [0.8, 0.4],
    ],
    [[0.7], [-0.6]],
  ],
  biases: [[0.1, -0.2], [0.2]],
  activation: 'sigmoid',
  cost: 'crossentropy',
  input: [1, 0],
  target: 1,
  rate: 0.5,
};

/** One forward pass, one backward pass and one update, number by number; all numbers come from the library. */
export async function unroll(network: SmallNetwork): Promise<Unrolled> {
  const graph = build(network);
  const numbers = await read(graph, network);
  const differences = await finiteDifferences(network);
  const next = updated(network, numbers);
  const steps = [
    ...forwardSteps(network, numbers),
    ...backwardSteps(network, numbers, differences),
    ...updateSteps(network, numbers, next),
  ];
  return { steps, next, cost: numbers.cost, nextCost: await costOf(next) };
}

/** J of a network for its one sample. */
export async function costOf(network: SmallNetwork): Promise<number> {
  return (await read(build(network), network)).cost;
}

interface Graph {
  readonly outputs: readonly Tensor[];
  readonly feeds: ReadonlyMap<Tensor, readonly number[]>;
}

interface Numbers {
  /** Sums z and activations a of each layer. */
  readonly z: readonly [readonly number[], readonly number[]];
  readonly a: readonly [readonly number[], readonly number[]];
  /** g′(z) of each layer. */
  readonly slope: readonly [readonly number[], readonly number[]];
  readonly cost: number;
  /** ∂J/∂a of the output. */
  readonly dOutput: number;
  /** δ = ∂J/∂z of each layer. */
  readonly delta: readonly [readonly number[], readonly number[]];
  readonly dKernels: readonly [readonly (readonly number[])[], readonly (readonly number[])[]];
  readonly dBiases: readonly [readonly number[], readonly number[]];
}

const backend = referenceBackend({ precision: 64 });

function build({ kernels, biases, activation, cost, input, target }: SmallNetwork): Graph {
  const units = biases[0].length;
  const x = ops.input('x', [1, 2]);
  const t = ops.input('t', [1, 1]);
  const [w1, w2] = [ops.input('w1', [2, units]), ops.input('w2', [units, 1])];
  const [b1, b2] = [ops.input('b1', [units]), ops.input('b2', [1])];
  const z1 = ops.add(functional.matmul(x, w1), b1);
  const a1 = activate(activation, z1);
  const z2 = ops.add(functional.matmul(a1, w2), b2);
  const a2 = ops.sigmoid(z2);
  const lossOf = (y: Tensor) =>
    functional.mean(
      cost === 'crossentropy' ? functional.binaryCrossentropy(t, y) : functional.meanSquaredError(t, y),
    );
  const loss = lossOf(a2);
  const [dz1, dz2, dw1, dw2, db1, db2] = gradients(loss, [z1, z2, w1, w2, b1, b2]);
  const [slope1] = gradients(ops.sum(a1), [z1]);
  const [slope2] = gradients(ops.sum(a2), [z2]);
  // The loss takes sigmoid and logarithm together; apart from it, the output is a number of its own.
  const output = ops.add(ops.stopGradient(a2), 0);
  const [dOutput] = gradients(lossOf(output), [output]);
  return {
    outputs: [z1, a1, z2, a2, slope1!, slope2!, loss, dOutput!, dz1!, dz2!, dw1!, dw2!, db1!, db2!],
    feeds: new Map<Tensor, readonly number[]>([
      [x, input],
      [t, [target]],
      [w1, kernels[0].flat()],
      [w2, kernels[1].flat()],
      [b1, biases[0]],
      [b2, biases[1]],
    ]),
  };
}

async function read({ outputs, feeds }: Graph, { biases }: SmallNetwork): Promise<Numbers> {
  const values = await evaluate(outputs, feeds, backend);
  const [z1, a1, z2, a2, slope1, slope2, loss, dOutput, dz1, dz2, dw1, dw2, db1, db2] = values.map((value) =>
    Array.from(value),
  ) as number[][] as FourteenLists;
  const units = biases[0].length;
  return {
    z: [z1, z2],
    a: [a1, a2],
    slope: [slope1, slope2],
    cost: loss[0]!,
    dOutput: dOutput[0]!,
    delta: [dz1, dz2],
    dKernels: [[dw1.slice(0, units), dw1.slice(units)], dw2.map((value) => [value])],
    dBiases: [db1, db2],
  };
}

type FourteenLists = [
  number[],
  number[],
  number[],
  number[],
  number[],
  number[],
  number[],
  number[],
  number[],
  number[],
  number[],
  number[],
  number[],
  number[],
];

function updated(network: SmallNetwork, { dKernels, dBiases }: Numbers): SmallNetwork {
  const { kernels, biases, rate } = network;
  const matrix = (layer: 0 | 1) =>
    kernels[layer].map((row, i) => row.map((w, j) => w - rate * dKernels[layer][i]![j]!));
  const vector = (layer: 0 | 1) => biases[layer].map((b, j) => b - rate * dBiases[layer][j]!);
  return { ...network, kernels: [matrix(0), matrix(1)], biases: [vector(0), vector(1)] };
}

/** [layer][from][to], the bias last. */
async function finiteDifferences(network: SmallNetwork): Promise<number[][][]> {
  const result: number[][][] = [];
  for (const layer of [0, 1] as const) {
    const rows: number[][] = [];
    for (let from = 0; from <= network.kernels[layer].length; from++) {
      const row: number[] = [];
      for (let to = 0; to < network.biases[layer].length; to++) {
        const [above, below] = [
          await costOf(nudged(network, layer, from, to, EPSILON)),
          await costOf(nudged(network, layer, from, to, -EPSILON)),
        ];
        row.push((above - below) / (2 * EPSILON));
      }
      rows.push(row);
    }
    result.push(rows);
  }
  return result;
}

function nudged(network: SmallNetwork, layer: 0 | 1, from: number, to: number, by: number): SmallNetwork {
  const { kernels, biases } = network;
  const bias = from === kernels[layer].length;
  return {
    ...network,
    kernels: kernels.map((kernel, l) =>
      kernel.map((row, i) =>
        row.map((w, j) => (l === layer && !bias && i === from && j === to ? w + by : w)),
      ),
    ) as unknown as SmallNetwork['kernels'],
    biases: biases.map((vector, l) =>
      vector.map((b, j) => (l === layer && bias && j === to ? b + by : b)),
    ) as unknown as SmallNetwork['biases'],
  };
}

function forwardSteps(network: SmallNetwork, { z, a, cost }: Numbers): Step[] {
  const { kernels, biases, activation, input, target } = network;
  const steps: Step[] = [];
  for (const layer of [0, 1] as const) {
    const sources = layer === 0 ? input : a[0];
    const name = layer === 0 ? 'x' : 'h';
    biases[layer].forEach((bias, unit) => {
      const [sum, out] = letters(layer, unit);
      const products = sources.map(
        (value, i) => `${factor(kernels[layer][i]![unit]!, 4)}·${factor(value, 4)}`,
      );
      steps.push({
        phase: 'forward',
        name: `sum ${sum}`,
        formula: `${sum} = Σ w·${name} + b`,
        values: `${products.join(' + ')} + ${factor(bias, 4)}`,
        result: z[layer][unit]!,
        spot: { layer, unit },
      });
      steps.push({
        phase: 'forward',
        name: `activation ${out}`,
        formula: `${out} = g(${sum})`,
        values: activationText(layer === 0 ? activation : 'sigmoid', z[layer][unit]!),
        result: a[layer][unit]!,
        spot: { layer, unit },
      });
    });
  }
  const y = formatNumber(a[1][0]!, 4);
  const cross = network.cost === 'crossentropy';
  steps.push({
    phase: 'forward',
    name: 'cost J',
    formula: cross ? 'J = −(t·ln ŷ + (1 − t)·ln(1 − ŷ))' : 'J = (ŷ − t)²',
    values: cross
      ? `−(${target}·ln ${y} + (1 − ${target})·ln(1 − ${y}))`
      : `(${y} − ${formatNumber(target, 4)})²`,
    result: cost,
    spot: undefined,
  });
  return steps;
}

function backwardSteps(network: SmallNetwork, numbers: Numbers, differences: readonly number[][][]): Step[] {
  const { kernels, target, input } = network;
  const { a, slope, delta, dOutput, dKernels, dBiases } = numbers;
  const [y, show] = [a[1][0]!, (value: number) => factor(value, 4)];
  const cross = network.cost === 'crossentropy';
  const steps: Step[] = [
    {
      phase: 'backward',
      name: '∂J/∂ŷ',
      formula: cross ? '∂J/∂ŷ = (ŷ − t) / (ŷ·(1 − ŷ))' : '∂J/∂ŷ = 2·(ŷ − t)',
      values: cross
        ? `(${show(y)} − ${target}) / (${show(y)}·(1 − ${show(y)}))`
        : `2·(${show(y)} − ${show(target)})`,
      result: dOutput,
      spot: { layer: 1, unit: 0 },
    },
    {
      phase: 'backward',
      name: 'δ of ŷ',
      formula: `δ = ∂J/∂ŷ · g′(z)${cross ? ' = ŷ − t' : ''}`,
      values: `${show(dOutput)}·${show(slope[1][0]!)}`,
      result: delta[1][0]!,
      spot: { layer: 1, unit: 0 },
    },
  ];
  const weightSteps = (layer: 0 | 1, unit: number) => {
    const sources = layer === 0 ? input : a[0];
    const letter = layer === 0 ? 'x' : 'h';
    const target = letters(layer, unit)[1];
    sources.forEach((value, from) => {
      steps.push({
        phase: 'backward',
        name: `∂J/∂w, ${letter}${subscript(from + 1)} → ${target}`,
        formula: `∂J/∂w = δ·${letter}${subscript(from + 1)}`,
        values: `${show(delta[layer][unit]!)}·${show(value)}`,
        result: dKernels[layer][from]![unit]!,
        spot: { layer, unit, from },
        difference: differences[layer]![from]![unit]!,
      });
    });
    steps.push({
      phase: 'backward',
      name: `∂J/∂b of ${target}`,
      formula: '∂J/∂b = δ',
      values: show(delta[layer][unit]!),
      result: dBiases[layer][unit]!,
      spot: { layer, unit, from: 'bias' },
      difference: differences[layer]!.at(-1)![unit]!,
    });
  };
  weightSteps(1, 0);
  delta[0].forEach((result, unit) => {
    steps.push({
      phase: 'backward',
      name: `δ of ${letters(0, unit)[1]}`,
      formula: 'δ = (Σ w·δ of the next layer) · g′(z)',
      values: `${show(kernels[1][unit]![0]!)}·${show(delta[1][0]!)}·${show(slope[0][unit]!)}`,
      result,
      spot: { layer: 0, unit },
    });
    weightSteps(0, unit);
  });
  return steps;
}

function updateSteps(network: SmallNetwork, { dKernels, dBiases }: Numbers, next: SmallNetwork): Step[] {
  const { kernels, biases, rate } = network;
  const steps: Step[] = [];
  const values = (old: number, slope: number) =>
    `${factor(old, 4)} − ${formatNumber(rate, 4)}·${factor(slope, 4)}`;
  for (const layer of [1, 0] as const) {
    const letter = layer === 0 ? 'x' : 'h';
    biases[layer].forEach((bias, unit) => {
      const target = letters(layer, unit)[1];
      kernels[layer].forEach((row, from) => {
        steps.push({
          phase: 'update',
          name: `w, ${letter}${subscript(from + 1)} → ${target}`,
          formula: 'w ← w − α·∂J/∂w',
          values: values(row[unit]!, dKernels[layer][from]![unit]!),
          result: next.kernels[layer][from]![unit]!,
          spot: { layer, unit, from },
        });
      });
      steps.push({
        phase: 'update',
        name: `b of ${target}`,
        formula: 'b ← b − α·∂J/∂b',
        values: values(bias, dBiases[layer][unit]!),
        result: next.biases[layer][unit]!,
        spot: { layer, unit, from: 'bias' },
      });
    });
  }
  return steps;
}

/** The letters of a unit's sum and of its activation. */
function letters(layer: 0 | 1, unit: number): readonly [string, string] {
  return layer === 0 ? [`z${subscript(unit + 1)}`, `h${subscript(unit + 1)}`] : ['z', 'ŷ'];
}

function activationText(name: Hidden, z: number): string {
  const value = factor(z, 4);
  switch (name) {
    case 'sigmoid':
      return `1 / (1 + e^−${value})`;
    case 'tanh':
      return `tanh(${formatNumber(z, 4)})`;
    case 'relu':
      return `max(0, ${formatNumber(z, 4)})`;
    default:
      return name satisfies never;
  }
}

function subscript(n: number): string {
  return [...String(n)].map((digit) => '₀₁₂₃₄₅₆₇₈₉'[Number(digit)]).join('');
}

/** Near the cube root of the rounding of 64-bit numbers, where the error of a central difference is least. */
const EPSILON = 1e-5;
