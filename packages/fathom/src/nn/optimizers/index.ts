import { lookUp } from '../lookup.ts';
import { adam } from './adam.ts';
import type { Optimizer } from './optimizer.ts';
import { sgd } from './sgd.ts';

export { type AdamOptions, adam } from './adam.ts';
export type { LearningRate, Optimizer } from './optimizer.ts';
export { type SgdOptions, sgd } from './sgd.ts';

/** Names that `optimizer` accepts. */
export type OptimizerName = keyof typeof byName;
export type OptimizerLike = OptimizerName | Optimizer;

/** The optimizer meant by a name, with its default options, or given as such. */
export function resolveOptimizer(
  optimizer: OptimizerLike,
  options: Readonly<Record<string, unknown>> = {},
): Optimizer {
  return typeof optimizer === 'string' ? lookUp(byName, optimizer, 'optimizer')(options) : optimizer;
}

const byName = { sgd, adam };
