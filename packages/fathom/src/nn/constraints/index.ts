import { type NamedConfig, type NamedLike, resolveNamed, savedNamed } from '../named.ts';
import type { Constraint } from './constraint.ts';
import { nonNeg } from './nonNeg.ts';
import { maxNorm, minMaxNorm, unitNorm } from './norms.ts';

export type { Constraint } from './constraint.ts';
export { nonNeg } from './nonNeg.ts';
export {
  type MaxNormOptions,
  type MinMaxNormOptions,
  maxNorm,
  minMaxNorm,
  type NormOptions,
  unitNorm,
} from './norms.ts';

/** Names that `kernelConstraint` and its like accept. */
export type ConstraintName = keyof typeof byName;
export type ConstraintLike = ConstraintName | Constraint | (NamedConfig & { readonly name: ConstraintName });

/** The constraint meant by a name, a name with options, or given as such; none where there is none. */
export function resolveConstraint(
  like: ConstraintLike | null | undefined,
  where: string,
): Constraint | undefined {
  return like === undefined || like === null
    ? undefined
    : resolveNamed<Constraint>(byName, like as NamedLike<Constraint>, where);
}

/** A constraint as a layer's config keeps it; null for none. */
export function savedConstraint(
  constraint: Constraint | undefined,
  where: string,
): string | NamedConfig | null {
  return savedNamed(byName, constraint, where);
}

const byName = { maxNorm, minMaxNorm, nonNeg, unitNorm };
