import { type NamedConfig, type NamedLike, resolveNamed } from '../named.ts';
import { adadelta } from './adadelta.ts';
import { adagrad } from './adagrad.ts';
import { adam, adamW } from './adam.ts';
import { adamax } from './adamax.ts';
import { lion } from './lion.ts';
import { nadam } from './nadam.ts';
import type { Optimizer } from './optimizer.ts';
import { rmsprop } from './rmsprop.ts';
import { sgd } from './sgd.ts';

export { type AdadeltaOptions, adadelta } from './adadelta.ts';
export { type AdagradOptions, adagrad } from './adagrad.ts';
export { type AdamOptions, type AdamWOptions, adam, adamW } from './adam.ts';
export { type AdamaxOptions, adamax } from './adamax.ts';
export {
  applyOptimizer,
  createSlots,
  type Held,
  type NamedVariable,
  type Slots,
  type Updated,
  useAverages,
} from './apply.ts';
export {
  type LearningRate,
  type LearningRateLike,
  learningRateAt,
  type SavedLearningRate,
} from './learningRate.ts';
export { type LionOptions, lion } from './lion.ts';
export { type NadamOptions, nadam } from './nadam.ts';
export {
  defineOptimizer,
  type Optimizer,
  type OptimizerOptions,
  type Rule,
  type StepOptions,
} from './optimizer.ts';
export { type RmspropOptions, rmsprop } from './rmsprop.ts';
export { type SgdOptions, sgd } from './sgd.ts';
export { type OptimizerState, readOptimizerState, type SlotValues, writeOptimizerState } from './state.ts';

/** Names that `optimizer` accepts. */
export type OptimizerName = keyof typeof byName;
export type OptimizerLike = OptimizerName | Optimizer | (NamedConfig & { readonly name: OptimizerName });

/** The optimizer meant by a name, by a name with options, or given as such. */
export function resolveOptimizer(
  optimizer: OptimizerLike,
  options: Readonly<Record<string, unknown>> = {},
): Optimizer {
  const like = typeof optimizer === 'string' ? { name: optimizer, ...options } : optimizer;
  return resolveNamed<Optimizer>(byName, like as NamedLike<Optimizer>, 'optimizer');
}

const byName = { sgd, adam, adamW, adamax, nadam, rmsprop, adagrad, adadelta, lion };
