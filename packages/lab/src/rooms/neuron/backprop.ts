import type { inspect } from 'fathom';
import { factor, formatNumber } from '../../views/matrix.ts';

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

/** The network as the library takes it. */
export function taskOf({
  kernels,
  biases,
  activation,
  cost,
  input,
  target,
  rate,
}: SmallNetwork): inspect.PlainTask {
  return {
    layers: [
      { kernel: kernels[0], bias: biases[0], activation },
      { kernel: kernels[1], bias: biases[1], activation: 'sigmoid' },
    ],
    loss: cost === 'crossentropy' ? 'binaryCrossentropy' : 'meanSquaredError',
    input,
    target: [target],
    learningRate: rate,
  };
}

/** One forward pass, one backward pass and one update in writing, number by number; the numbers are the library's. */
export function unroll(network: SmallNetwork, pass: inspect.Backpropagation): Unrolled {
  const [hidden, output] = pass.layers as [inspect.LayerPass, inspect.LayerPass];
  const layers = [hidden, output] as const;
  const next: SmallNetwork = {
    ...network,
    kernels: [hidden.next.kernel, output.next.kernel],
    biases: [hidden.next.bias, output.next.bias],
  };
  const steps = [
    ...forwardSteps(network, layers, pass.cost),
    ...backwardSteps(network, layers, pass.dOutput[0]!),
    ...updateSteps(network, layers, next),
  ];
  return { steps, next, cost: pass.cost, nextCost: pass.nextCost };
}

type Passes = readonly [inspect.LayerPass, inspect.LayerPass];

function forwardSteps(network: SmallNetwork, layers: Passes, cost: number): Step[] {
  const { kernels, biases, activation, input, target } = network;
  const steps: Step[] = [];
  for (const layer of [0, 1] as const) {
    const sources = layer === 0 ? input : layers[0].a;
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
        result: layers[layer].z[unit]!,
        spot: { layer, unit },
      });
      steps.push({
        phase: 'forward',
        name: `activation ${out}`,
        formula: `${out} = g(${sum})`,
        values: activationText(layer === 0 ? activation : 'sigmoid', layers[layer].z[unit]!),
        result: layers[layer].a[unit]!,
        spot: { layer, unit },
      });
    });
  }
  const y = formatNumber(layers[1].a[0]!, 4);
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

function backwardSteps(network: SmallNetwork, layers: Passes, dOutput: number): Step[] {
  const { kernels, target, input } = network;
  const [y, show] = [layers[1].a[0]!, (value: number) => factor(value, 4)];
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
      values: `${show(dOutput)}·${show(layers[1].slope[0]!)}`,
      result: layers[1].delta[0]!,
      spot: { layer: 1, unit: 0 },
    },
  ];
  const weightSteps = (layer: 0 | 1, unit: number) => {
    const { delta, gradient, difference } = layers[layer];
    const sources = layer === 0 ? input : layers[0].a;
    const letter = layer === 0 ? 'x' : 'h';
    const target = letters(layer, unit)[1];
    sources.forEach((value, from) => {
      steps.push({
        phase: 'backward',
        name: `∂J/∂w, ${letter}${subscript(from + 1)} → ${target}`,
        formula: `∂J/∂w = δ·${letter}${subscript(from + 1)}`,
        values: `${show(delta[unit]!)}·${show(value)}`,
        result: gradient.kernel[from]![unit]!,
        spot: { layer, unit, from },
        difference: difference.kernel[from]![unit]!,
      });
    });
    steps.push({
      phase: 'backward',
      name: `∂J/∂b of ${target}`,
      formula: '∂J/∂b = δ',
      values: show(delta[unit]!),
      result: gradient.bias[unit]!,
      spot: { layer, unit, from: 'bias' },
      difference: difference.bias[unit]!,
    });
  };
  weightSteps(1, 0);
  layers[0].delta.forEach((result, unit) => {
    steps.push({
      phase: 'backward',
      name: `δ of ${letters(0, unit)[1]}`,
      formula: 'δ = (Σ w·δ of the next layer) · g′(z)',
      values: `${show(kernels[1][unit]![0]!)}·${show(layers[1].delta[0]!)}·${show(layers[0].slope[unit]!)}`,
      result,
      spot: { layer: 0, unit },
    });
    weightSteps(0, unit);
  });
  return steps;
}

function updateSteps(network: SmallNetwork, layers: Passes, next: SmallNetwork): Step[] {
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
          values: values(row[unit]!, layers[layer].gradient.kernel[from]![unit]!),
          result: next.kernels[layer][from]![unit]!,
          spot: { layer, unit, from },
        });
      });
      steps.push({
        phase: 'update',
        name: `b of ${target}`,
        formula: 'b ← b − α·∂J/∂b',
        values: values(bias, layers[layer].gradient.bias[unit]!),
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
