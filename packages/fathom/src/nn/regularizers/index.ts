import type { Tensor } from '../../ir/tensor.ts';
import { divide } from '../../ops/index.ts';
import type { CallContext } from '../layer.ts';
import { type NamedConfig, type NamedLike, resolveNamed, savedNamed } from '../named.ts';
import { l1, l1L2, l2 } from './l1L2.ts';
import { orthogonalRegularizer } from './orthogonalRegularizer.ts';
import type { Regularizer } from './regularizer.ts';

export { type L1L2Options, type L1Options, type L2Options, l1, l1L2, l2 } from './l1L2.ts';
export { type OrthogonalRegularizerOptions, orthogonalRegularizer } from './orthogonalRegularizer.ts';
export type { Regularizer } from './regularizer.ts';

/** Names that `kernelRegularizer` and its like accept. */
export type RegularizerName = keyof typeof byName;
export type RegularizerLike =
  | RegularizerName
  | Regularizer
  | (NamedConfig & { readonly name: RegularizerName });

/** The regularizer meant by a name, a name with options, or given as such; none where there is none. */
export function resolveRegularizer(
  like: RegularizerLike | null | undefined,
  where: string,
): Regularizer | undefined {
  return like === undefined || like === null
    ? undefined
    : resolveNamed<Regularizer>(byName, like as NamedLike<Regularizer>, where);
}

/** A regularizer as a layer's config keeps it; null for none. */
export function savedRegularizer(
  regularizer: Regularizer | undefined,
  where: string,
): string | NamedConfig | null {
  return savedNamed(byName, regularizer, where);
}

/**
 * Adds the penalty on a layer's result y [B, ...] to the loss, divided by B, so that it weighs the same for batches of
 * every size. Without a regularizer it does nothing.
 */
export function penalizeActivity(
  regularizer: Regularizer | undefined,
  y: Tensor,
  context: Pick<CallContext, 'addLoss'>,
): void {
  if (regularizer) context.addLoss(divide(regularizer.call(y), y.shape[0]!));
}

const byName = { l1, l2, l1L2, orthogonalRegularizer };
