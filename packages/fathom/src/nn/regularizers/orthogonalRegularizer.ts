import { matmul } from '../../functional/matmul.ts';
import { formatShape } from '../../ir/shape.ts';
import {
  absolute,
  divide,
  equal,
  iota,
  maximum,
  multiply,
  sqrt,
  sum,
  transpose,
  where,
  zeros,
} from '../../ops/index.ts';
import { checkNotNegative } from '../checkNumber.ts';
import type { Regularizer } from './regularizer.ts';

export interface OrthogonalRegularizerOptions {
  /** Default 0.01. */
  readonly factor?: number | undefined;
  /** Which vectors are to stand at right angles. Default 'rows'. */
  readonly mode?: 'rows' | 'columns' | undefined;
}

/**
 * The mean magnitude of cosines between the rows (or columns) of a matrix, which draws them to right angles:
 * factor · Σ_{i<j} |cos(wᵢ, wⱼ)| / (n(n − 1)/2).
 *
 * @throws RangeError on a negative factor, another mode, or (when called) a weight that is no matrix of two vectors
 * or more
 * @example
 * dense({ units: 10, kernelRegularizer: regularizers.orthogonalRegularizer({ mode: 'columns' }) });
 */
export function orthogonalRegularizer(options: OrthogonalRegularizerOptions = {}): Regularizer {
  const { factor = 0.01, mode = 'rows' } = options;
  checkNotNegative(factor, 'orthogonalRegularizer: factor');
  if (mode !== 'rows' && mode !== 'columns') {
    throw new RangeError(
      `orthogonalRegularizer: expected mode rows or columns; received ${JSON.stringify(mode)}.`,
    );
  }
  return {
    name: 'orthogonalRegularizer',
    config: () => ({ factor, mode }),
    call(weight) {
      const count = weight.shape[mode === 'rows' ? 0 : 1] ?? 0;
      if (weight.rank !== 2 || count < 2) {
        throw new RangeError(
          `orthogonalRegularizer: expected a weight of two axes and at least two ${mode}; received ${formatShape(weight.shape)}.`,
        );
      }
      const vectors = mode === 'rows' ? weight : transpose(weight);
      const length = sqrt(maximum(sum(multiply(vectors, vectors), 1, true), SMALLEST_SQUARE));
      const units = divide(vectors, length);
      const cosines = absolute(matmul(units, transpose(units)));
      const square = [count, count];
      const others = where(equal(iota(square, 0), iota(square, 1)), zeros(square), cosines);
      // Each pair stands twice in the square.
      return multiply(sum(others), factor / (count * (count - 1)));
    },
  };
}

/** Keras' smallest length, 10⁻¹², squared: vectors of 0 have no direction, and no gradient. */
const SMALLEST_SQUARE = 1e-24;
