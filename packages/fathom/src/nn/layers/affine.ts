import type { Shape } from '../../ir/shape.ts';
import type { ConstraintLike } from '../constraints/index.ts';
import type { InitializerLike } from '../initializers/index.ts';
import { type BaseLayer, shapeError } from '../layer.ts';
import type { RegularizerLike } from '../regularizers/index.ts';

/** What normalizations share that scale and shift their result. */
export interface AffineOptions {
  /** Multiplies by gamma. Default true. */
  readonly scale?: boolean | undefined;
  /** Default 'ones'. */
  readonly gammaInitializer?: InitializerLike | undefined;
  /** A penalty on gamma, added to the loss. Default none. */
  readonly gammaRegularizer?: RegularizerLike | null | undefined;
  /** What gamma is brought to after each update. Default none. */
  readonly gammaConstraint?: ConstraintLike | null | undefined;
  /** Adds beta. Default true. */
  readonly center?: boolean | undefined;
  /** Default 'zeros'. */
  readonly betaInitializer?: InitializerLike | undefined;
  /** A penalty on beta, added to the loss. Default none. */
  readonly betaRegularizer?: RegularizerLike | null | undefined;
  /** What beta is brought to after each update. Default none. */
  readonly betaConstraint?: ConstraintLike | null | undefined;
}

/** Axes of a sample, in order, from axes of a batch, where 0 is the batch and negative ones count from the end. */
export function sampleAxesOf(
  layer: BaseLayer,
  axis: number | readonly number[],
  sample: Shape,
): readonly number[] {
  const list = typeof axis === 'number' ? [axis] : axis;
  const axes = list.map((a) => (a < 0 ? a + sample.length : a - 1));
  if (axes.length === 0 || axes.some((a) => !Number.isInteger(a) || a < 0 || a >= sample.length)) {
    throw shapeError(
      layer,
      `[...] with axis ${JSON.stringify(axis)}`,
      sample,
      'Axis 0 is the batch; 1 is the first one of a sample, and -1 the last.',
    );
  }
  return [...new Set(axes)].sort((a, b) => a - b);
}
