export interface ActivationInfo {
  /** As the library calls it. */
  readonly id: string;
  readonly name: string;
  readonly formula: string;
  readonly note: string;
}

export interface LossInfo {
  readonly id: string;
  readonly name: string;
  readonly formula: string;
  readonly note: string;
  /** What predictions are drawn. */
  readonly range: readonly [number, number];
  readonly targets: readonly [number, number];
}

export const ACTIVATIONS: readonly ActivationInfo[] = [
  {
    id: 'step',
    name: 'Step',
    formula: '1 if x > 0, else 0',
    note: 'The perceptron’s. Its slope is 0 everywhere, so gradient descent cannot use it.',
  },
  {
    id: 'sigmoid',
    name: 'Sigmoid',
    formula: '1 / (1 + e⁻ˣ)',
    note: 'From 0 to 1, a probability. Its slope is at most 1/4: many in a row make gradients vanish.',
  },
  {
    id: 'tanh',
    name: 'tanh',
    formula: '(eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)',
    note: 'From −1 to 1, around 0. Slope 1 at 0, almost 0 far away.',
  },
  {
    id: 'relu',
    name: 'ReLU',
    formula: 'max(0, x)',
    note: 'Slope 1 on one side, 0 on the other, and 0 at 0 itself. A unit that is 0 for all data no longer learns.',
  },
  {
    id: 'leakyRelu',
    name: 'LeakyReLU',
    formula: 'x if x > 0, else γx',
    note: 'A small slope below 0 keeps every unit alive.',
  },
  {
    id: 'gelu',
    name: 'GELU',
    formula: 'x · Φ(x)',
    note: 'A ReLU with a soft corner; Φ is the normal distribution.',
  },
  {
    id: 'square',
    name: 'Square',
    formula: 'x²',
    note: 'A polynomial. Layers of polynomials make polynomials: they cannot come near every function.',
  },
];

export const LOSSES: readonly LossInfo[] = [
  {
    id: 'binaryCrossentropy',
    name: 'Binary cross-entropy (log loss)',
    formula: '−(t·ln p + (1 − t)·ln(1 − p))',
    note: 'A confident wrong answer costs without bound; p is clipped to [10⁻⁷, 1 − 10⁻⁷] because ln 0 is undefined.',
    range: [0, 1],
    targets: [0, 1],
  },
  {
    id: 'meanSquaredError',
    name: 'Squared error',
    formula: '(p − t)²',
    note: 'Large errors count much more than small ones: 40 away costs 1600, 5 away costs 25.',
    range: [-3, 3],
    targets: [0, 1],
  },
  {
    id: 'meanAbsoluteError',
    name: 'Absolute error',
    formula: '|p − t|',
    note: 'Every unit of error counts the same; outliers pull less.',
    range: [-3, 3],
    targets: [0, 1],
  },
  {
    id: 'huber',
    name: 'Huber',
    formula: '½e² if |e| ≤ 1, else |e| − ½',
    note: 'Squared near the target, absolute far from it.',
    range: [-3, 3],
    targets: [0, 1],
  },
  {
    id: 'hinge',
    name: 'Hinge',
    formula: 'max(0, 1 − t·p), t = ±1',
    note: 'Costs nothing once the answer is right by a margin of 1.',
    range: [-3, 3],
    targets: [-1, 1],
  },
];

/** The curriculum's numbers: a loss of one prediction. */
export const EXAMPLES: readonly {
  readonly name: string;
  readonly loss: string;
  readonly prediction: number;
  readonly target: number;
}[] = [
  { name: 'sure and right', loss: 'binaryCrossentropy', prediction: 1, target: 1 },
  { name: '0.73 for a yes', loss: 'binaryCrossentropy', prediction: 0.73, target: 1 },
  { name: '40 for 80', loss: 'meanSquaredError', prediction: 40, target: 80 },
  { name: '75 for 80', loss: 'meanSquaredError', prediction: 75, target: 80 },
];

/** The curriculum's numbers: losses of several numbers at once. */
export const VECTORS: readonly {
  readonly name: string;
  readonly targets: readonly number[];
  readonly predictions: readonly number[];
}[] = [
  { name: 'cat, (0.8, 0.2)', targets: [1, 0], predictions: [0.8, 0.2] },
  { name: 'house: price and rent', targets: [1_000_000, 5000], predictions: [800_000, 4500] },
  { name: 'cat, dog, horse', targets: [0, 1, 0], predictions: [0.1, 0.7, 0.2] },
  { name: 'a fair coin', targets: [0.5, 0.5], predictions: [0.9, 0.1] },
];
