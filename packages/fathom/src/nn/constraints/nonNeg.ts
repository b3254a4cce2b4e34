import { maximum } from '../../ops/index.ts';
import type { Constraint } from './constraint.ts';

/**
 * Weights of 0 or more: w ← max(w, 0).
 *
 * @example
 * dense({ units: 10, kernelConstraint: 'nonNeg' });
 */
export function nonNeg(): Constraint {
  return { name: 'nonNeg', config: () => ({}), call: (weight) => maximum(weight, 0) };
}
