import type { PlaneSet } from 'fathom';
import type { Plan } from '../../engine/neuronTypes.ts';

/** A network and its data, to begin with. */
export interface Example {
  readonly id: string;
  readonly name: string;
  /** What to look at. */
  readonly note: string;
  readonly data: PlaneSet;
  readonly noise: number;
  readonly plan: Plan;
}

const PLAN: Plan = {
  hidden: [],
  activation: 'tanh',
  output: 'sigmoid',
  loss: 'crossentropy',
  start: 'glorot',
  rate: 0.1,
  batch: 10,
  seed: 1,
};

export const EXAMPLES: readonly Example[] = [
  example(
    'logistic',
    'Logistic regression',
    'clouds',
    0,
    {},
    'One neuron, o = σ(w₁x + w₂y + b). It answers 0.5 on a straight line: w₁x + w₂y + b = 0.',
  ),
  example(
    'perceptron',
    'Perceptron: AND',
    'and',
    0,
    { output: 'step', start: 'zeros', batch: 0 },
    'The step function and Rosenblatt’s rule w ← w + α(t − o)x. It stops as soon as every point is right.',
  ),
  example(
    'xor-line',
    'XOR and one neuron',
    'corners',
    0,
    { batch: 0, rate: 0.5 },
    'No straight line parts the classes: at most 3 of the 4 points come out right, however long it learns.',
  ),
  example(
    'xor',
    'XOR and a hidden layer',
    'corners',
    0,
    { hidden: [4], batch: 0, rate: 0.5 },
    'Four hidden neurons draw four lines; the output puts them together.',
  ),
  example(
    'circle',
    'Circle',
    'circle',
    0.1,
    { hidden: [4] },
    'Each hidden neuron is a soft line; four of them fence the circle in.',
  ),
  example(
    'spiral',
    'Two spirals',
    'spiral',
    0.05,
    { hidden: [8, 8], rate: 0.1 },
    'Two hidden layers: the first draws lines, the second shapes.',
  ),
  example(
    'zeros',
    'Failure: weights of 0',
    'xor',
    0,
    { hidden: [4], start: 'zeros' },
    'All hidden neurons answer 0, and their gradients are 0: only the last bias learns. Random weights break the tie.',
  ),
  example(
    'ones',
    'Failure: weights of 1',
    'xor',
    0,
    { hidden: [4], start: 'ones' },
    'All hidden neurons start alike, get the same gradient, and stay alike: four do the work of one.',
  ),
  example(
    'rate',
    'Failure: rate too large',
    'circle',
    0.1,
    { hidden: [4], activation: 'relu', rate: 30 },
    'The first steps jump far over the valley, and the ReLUs that land at 0 never come back. Make the rate smaller and press Reset.',
  ),
  example(
    'slow',
    'Failure: rate too small',
    'circle',
    0.1,
    { hidden: [4], rate: 0.0003 },
    'The cost falls, but you will not live to see it.',
  ),
  example(
    'vanishing',
    'Failure: vanishing gradients',
    'circle',
    0.1,
    { hidden: [4, 4, 4, 4, 4], activation: 'sigmoid' },
    'Every sigmoid shrinks the gradient at least fourfold: look at the bars by layer. ReLU or tanh cure it.',
  ),
  example(
    'exploding',
    'Failure: large weights',
    'circle',
    0.1,
    { hidden: [4, 4, 4, 4], activation: 'relu', start: 'large', rate: 0.03 },
    'With a deviation of 5 every layer makes numbers and gradients larger. The first steps throw the weights so far that every ReLU answers 0 for good, and nothing learns any more.',
  ),
  example(
    'polynomial',
    'Polynomial activation',
    'spiral',
    0.05,
    { hidden: [8], activation: 'square', rate: 0.003 },
    'Squares of lines are parabolas: the boundary stays a conic section, whatever the width. A tanh or ReLU can come near any shape.',
  ),
];

function example(
  id: string,
  name: string,
  data: PlaneSet,
  noise: number,
  plan: Partial<Plan>,
  note: string,
): Example {
  return { id, name, note, data, noise, plan: { ...PLAN, ...plan } };
}
