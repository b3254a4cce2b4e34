import { type Shape, sizeOf } from '../ir/shape.ts';
import type { ActivationName } from '../nn/activations.ts';
import type { Loss, LossName } from '../nn/losses/index.ts';

/** What an activation computes, as a line of text. */
export function activationFormula(name: string | undefined): string {
  if (name === undefined) return 'y = f(z), a function of your own';
  return FORMULAS[name as ActivationName] ?? `y = ${name}(z)`;
}

const FORMULAS: Readonly<Partial<Record<ActivationName, string>>> = {
  linear: 'y = z',
  step: 'y = 1 where z > 0, else 0',
  sigmoid: 'y = 1 / (1 + e^−z)',
  tanh: 'y = tanh z',
  relu: 'y = max(0, z)',
  leakyRelu: 'y = z where z > 0, else 0.2·z',
  relu6: 'y = min(max(0, z), 6)',
  elu: 'y = z where z > 0, else e^z − 1',
  selu: 'y = 1.0507·(z where z > 0, else 1.6733·(e^z − 1))',
  gelu: 'y = z·Φ(z)',
  silu: 'y = z / (1 + e^−z)',
  swish: 'y = z / (1 + e^−z)',
  mish: 'y = z·tanh(ln(1 + e^z))',
  softplus: 'y = ln(1 + e^z)',
  softsign: 'y = z / (1 + |z|)',
  exponential: 'y = e^z',
  hardSigmoid: 'y = min(max(0, z/6 + 1/2), 1)',
  hardTanh: 'y = min(max(−1, z), 1)',
  softmax: 'yᵢ = e^zᵢ / Σⱼ e^zⱼ',
  logSoftmax: 'yᵢ = zᵢ − ln Σⱼ e^zⱼ',
};

/** Activations of which one result depends on a whole row. */
export function isRowWise(name: string | undefined): boolean {
  return name === 'softmax' || name === 'logSoftmax';
}

/**
 * What a loss computes from an output of some shape, as a line of text: y (of cross-entropies p) is what the model
 * gives, a number for each target.
 *
 * @example
 * lossFormula(losses.meanSquaredError(), [4], 0.5); // '0.5 · mean of (y − target)² over 4 numbers'
 */
export function lossFormula({ name, config }: Loss, shape: Shape, weight = 1): string {
  const known = config && LOSSES[name as LossName];
  if (!known) return scaled(`${name || 'loss'}(target, y)`, weight);
  const [formula, unit] = known;
  const count = sizeOf(unit === 'number' ? shape : shape.slice(0, -1));
  if (count > 1) return scaled(`mean of ${formula} over ${count} ${PLURALS[unit]}`, weight);
  return scaled(weight !== 1 && /^−|[+−] /.test(formula) ? `(${formula})` : formula, weight);
}

function scaled(formula: string, weight: number): string {
  return weight === 1 ? formula : `${String(weight).replace('-', '−')} · ${formula}`;
}

/** Over what a loss is a mean: all numbers of an output, or its places, at each of which there is a row of classes. */
const PLURALS = { number: 'numbers', place: 'places' } as const;

const LOSSES: Readonly<Record<LossName, readonly [formula: string, unit: keyof typeof PLURALS]>> = {
  meanSquaredError: ['(y − target)²', 'number'],
  meanAbsoluteError: ['|y − target|', 'number'],
  meanAbsolutePercentageError: ['100·|y − target| / |target|', 'number'],
  meanSquaredLogarithmicError: ['(ln(1 + y) − ln(1 + target))²', 'number'],
  huber: ['½e² (δ|e| − ½δ² where |e| > δ) of e = y − target', 'number'],
  logCosh: ['ln cosh(y − target)', 'number'],
  binaryCrossentropy: ['−target·ln p − (1 − target)·ln(1 − p)', 'number'],
  binaryFocalCrossentropy: ['−(1 − p)^γ·target·ln p − p^γ·(1 − target)·ln(1 − p)', 'number'],
  categoricalCrossentropy: ['−Σ target·ln p', 'place'],
  categoricalFocalCrossentropy: ['−Σ α·(1 − p)^γ·target·ln p', 'place'],
  sparseCategoricalCrossentropy: ['−ln p', 'place'],
  hinge: ['max(0, 1 − target·y)', 'number'],
  squaredHinge: ['max(0, 1 − target·y)²', 'number'],
  categoricalHinge: ['max(0, 1 + max (1 − target)·y − Σ target·y)', 'place'],
  klDivergence: ['Σ target·ln(target / p)', 'place'],
  poisson: ['y − target·ln y', 'number'],
  cosineSimilarity: ['−cos(target, y)', 'place'],
};
