import { lookUp } from '../lookup.ts';
import { binaryCrossentropy } from './binaryCrossentropy.ts';
import { binaryFocalCrossentropy } from './binaryFocalCrossentropy.ts';
import { categoricalCrossentropy } from './categoricalCrossentropy.ts';
import { categoricalFocalCrossentropy } from './categoricalFocalCrossentropy.ts';
import { categoricalHinge } from './categoricalHinge.ts';
import { cosineSimilarity } from './cosineSimilarity.ts';
import { hinge } from './hinge.ts';
import { huber } from './huber.ts';
import { klDivergence } from './klDivergence.ts';
import { logCosh } from './logCosh.ts';
import type { Loss, LossConfig, LossFunction } from './loss.ts';
import { meanAbsoluteError } from './meanAbsoluteError.ts';
import { meanAbsolutePercentageError } from './meanAbsolutePercentageError.ts';
import { meanSquaredError } from './meanSquaredError.ts';
import { meanSquaredLogarithmicError } from './meanSquaredLogarithmicError.ts';
import { poisson } from './poisson.ts';
import { sparseCategoricalCrossentropy } from './sparseCategoricalCrossentropy.ts';
import { squaredHinge } from './squaredHinge.ts';

export { binaryCrossentropy } from './binaryCrossentropy.ts';
export { binaryFocalCrossentropy } from './binaryFocalCrossentropy.ts';
export { categoricalCrossentropy } from './categoricalCrossentropy.ts';
export { categoricalFocalCrossentropy } from './categoricalFocalCrossentropy.ts';
export { categoricalHinge } from './categoricalHinge.ts';
export { cosineSimilarity } from './cosineSimilarity.ts';
export { hinge } from './hinge.ts';
export { huber } from './huber.ts';
export { klDivergence } from './klDivergence.ts';
export { logCosh } from './logCosh.ts';
export type { Loss, LossConfig, LossFunction } from './loss.ts';
export { meanAbsoluteError } from './meanAbsoluteError.ts';
export { meanAbsolutePercentageError } from './meanAbsolutePercentageError.ts';
export { meanSquaredError } from './meanSquaredError.ts';
export { meanSquaredLogarithmicError } from './meanSquaredLogarithmicError.ts';
export { poisson } from './poisson.ts';
export { sparseCategoricalCrossentropy } from './sparseCategoricalCrossentropy.ts';
export { squaredHinge } from './squaredHinge.ts';

/** Names that `loss` accepts: one for each, as in Keras but camelCase. Short ones (mse) are answered with the long one. */
export type LossName = keyof typeof byName;
/** A name, a loss, or a function of targets and predictions, both [B, ...], to losses [B, ...]. */
export type LossLike = LossName | Loss | LossFunction;

/**
 * The loss meant by a name, made of a function, or given as such.
 *
 * @param options of a loss given by name
 */
export function resolveLoss(loss: LossLike, options: Readonly<Record<string, unknown>> = {}): Loss {
  if (typeof loss === 'string') return lookUp(factories, loss, 'loss')(options);
  if (typeof loss !== 'function') return loss;
  return {
    name: loss.name || 'loss',
    targets: 'values',
    kind: 'regression',
    fromLogits: false,
    call: loss,
  };
}

/** A loss as JSON, which {@link lossFromConfig} reads, or nothing for one that cannot be saved. */
export function savedLoss({ name, config }: Loss): LossConfig | undefined {
  return config && { name, ...config() };
}

/**
 * The loss that {@link savedLoss} described.
 *
 * @throws RangeError on a name or an option that does not exist, or an option of another type
 */
export function lossFromConfig({ name, ...options }: LossConfig): Loss {
  const known = lookUp(factories, name, 'loss')({}).config!();
  for (const [option, value] of Object.entries(options)) {
    const example = lookUp(known, option, `loss: options of ${name}`);
    if (value === null || typeof value === (example === null ? 'number' : typeof example)) continue;
    throw new RangeError(
      `loss: expected ${option} of ${name} as ${String(example)}; received ${JSON.stringify(value)}.`,
    );
  }
  return resolveLoss(name as LossName, options);
}

const byName = {
  meanSquaredError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  huber,
  logCosh,
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  binaryFocalCrossentropy,
  categoricalFocalCrossentropy,
  hinge,
  squaredHinge,
  categoricalHinge,
  klDivergence,
  poisson,
  cosineSimilarity,
};

/** Every factory checks its own options, also those that come from a file. */
const factories: Readonly<Record<string, (options: Readonly<Record<string, unknown>>) => Loss>> = byName;
