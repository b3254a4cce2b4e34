import { evaluate, functional, gradients, ops, referenceBackend, type Tensor } from 'fathom';

/** A function of one number, with its slope, on an even grid. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly slope: readonly number[];
}

export interface ActivationInfo {
  readonly id: string;
  readonly name: string;
  readonly formula: string;
  readonly note: string;
  readonly apply: (x: Tensor) => Tensor;
}

export interface LossInfo {
  readonly id: string;
  readonly name: string;
  readonly formula: string;
  readonly note: string;
  /** What predictions are drawn. */
  readonly range: readonly [number, number];
  readonly targets: readonly [number, number];
  readonly apply: (target: Tensor, prediction: Tensor) => Tensor;
}

export const ACTIVATIONS: readonly ActivationInfo[] = [
  {
    id: 'step',
    name: 'Step',
    formula: '1 if x > 0, else 0',
    note: 'The perceptron’s. Its slope is 0 everywhere, so gradient descent cannot use it.',
    apply: functional.step,
  },
  {
    id: 'sigmoid',
    name: 'Sigmoid',
    formula: '1 / (1 + e⁻ˣ)',
    note: 'From 0 to 1, a probability. Its slope is at most 1/4: many in a row make gradients vanish.',
    apply: ops.sigmoid,
  },
  {
    id: 'tanh',
    name: 'tanh',
    formula: '(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)',
    note: 'From −1 to 1, around 0. Slope 1 at 0, almost 0 far away.',
    apply: ops.tanh,
  },
  {
    id: 'relu',
    name: 'ReLU',
    formula: 'max(0, x)',
    note: 'Slope 1 on one side, 0 on the other, and 0 at 0 itself. A unit that is 0 for all data no longer learns.',
    apply: functional.relu,
  },
  {
    id: 'leakyRelu',
    name: 'LeakyReLU',
    formula: 'x if x > 0, else γx, γ = 0.2',
    note: 'A small slope below 0 keeps every unit alive.',
    apply: (x) => functional.leakyRelu(x),
  },
  {
    id: 'gelu',
    name: 'GELU',
    formula: 'x · Φ(x)',
    note: 'A ReLU with a soft corner; Φ is the normal distribution.',
    apply: (x) => functional.gelu(x),
  },
  {
    id: 'square',
    name: 'Square',
    formula: 'x²',
    note: 'A polynomial. Layers of polynomials make polynomials: they cannot come near every function.',
    apply: (x) => ops.multiply(x, x),
  },
];

export const LOSSES: readonly LossInfo[] = [
  {
    id: 'bce',
    name: 'Binary cross-entropy (log loss)',
    formula: '−(t·ln p + (1 − t)·ln(1 − p))',
    note: 'A confident wrong answer costs without bound; p is clipped to [10⁻⁷, 1 − 10⁻⁷] because ln 0 is undefined.',
    range: [0, 1],
    targets: [0, 1],
    apply: (t, p) => functional.binaryCrossentropy(t, p),
  },
  {
    id: 'mse',
    name: 'Squared error',
    formula: '(p − t)²',
    note: 'Large errors count much more than small ones: 40 away costs 1600, 5 away costs 25.',
    range: [-3, 3],
    targets: [0, 1],
    apply: (t, p) => functional.meanSquaredError(t, p),
  },
  {
    id: 'mae',
    name: 'Absolute error',
    formula: '|p − t|',
    note: 'Every unit of error counts the same; outliers pull less.',
    range: [-3, 3],
    targets: [0, 1],
    apply: (t, p) => functional.meanAbsoluteError(t, p),
  },
  {
    id: 'huber',
    name: 'Huber',
    formula: '½e² if |e| ≤ 1, else |e| − ½',
    note: 'Squared near the target, absolute far from it.',
    range: [-3, 3],
    targets: [0, 1],
    apply: (t, p) => functional.huber(t, p),
  },
  {
    id: 'hinge',
    name: 'Hinge',
    formula: 'max(0, 1 − t·p), t = ±1',
    note: 'Costs nothing once the answer is right by a margin of 1.',
    range: [-3, 3],
    targets: [-1, 1],
    apply: (t, p) => functional.hinge(t, p),
  },
];

/** An activation and its slope over [low, high]. */
export function activationCurve(info: ActivationInfo, low = -5, high = 5): Promise<Curve> {
  return curve(info.apply, low, high);
}

/** A loss and its slope over its predictions, for one target. */
export function lossCurve({ apply, range: [low, high] }: LossInfo, target: number): Promise<Curve> {
  return curve(
    (p) =>
      ops.reshape(apply(ops.reshape(fullLike(p, target), [p.size, 1]), ops.reshape(p, [p.size, 1])), [
        p.size,
      ]),
    low,
    high,
  );
}

/** Value and slope at one place. */
export async function at(apply: (x: Tensor) => Tensor, x: number): Promise<{ value: number; slope: number }> {
  const { y, slope } = await values(apply, [x]);
  return { value: y[0]!, slope: slope[0]! };
}

/** softmax(z), for the numbers of the curriculum. */
export async function softmax(z: readonly number[]): Promise<number[]> {
  const x = ops.input('z', [1, z.length]);
  const [p] = await evaluate([functional.softmax(x)], new Map([[x, z]]), backend);
  return Array.from(p!);
}

/** A loss of single numbers. */
export async function lossAt(info: LossInfo, target: number, prediction: number): Promise<number> {
  const { y } = await values(
    (p) => ops.reshape(info.apply(ops.reshape(fullLike(p, target), [1, 1]), ops.reshape(p, [1, 1])), [1]),
    [prediction],
  );
  return y[0]!;
}

const backend = referenceBackend({ precision: 64 });
const SAMPLES = 401;

function curve(apply: (x: Tensor) => Tensor, low: number, high: number): Promise<Curve> {
  return values(
    apply,
    Array.from({ length: SAMPLES }, (_, i) => low + ((high - low) * i) / (SAMPLES - 1)),
  );
}

async function values(apply: (x: Tensor) => Tensor, grid: readonly number[]): Promise<Curve> {
  const x = ops.input('x', [grid.length]);
  const y = apply(x);
  const [slope] = gradients(ops.sum(y), [x]);
  const [a, b] = await evaluate([y, slope!], new Map([[x, grid]]), backend);
  return { x: grid, y: Array.from(a!), slope: Array.from(b!) };
}

function fullLike(x: Tensor, value: number): Tensor {
  return ops.multiply(ops.ones(x.shape), value);
}
