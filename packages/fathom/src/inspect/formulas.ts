import type { ActivationName } from '../nn/activations.ts';

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
