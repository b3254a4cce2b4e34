import type { Tensor } from '../../ir/tensor.ts';
import { absolute, add, multiply, sum } from '../../ops/index.ts';
import { checkNotNegative } from '../checkNumber.ts';
import type { Regularizer } from './regularizer.ts';

export interface L1Options {
  /** Default 0.01. */
  readonly l1?: number | undefined;
}

export interface L2Options {
  /** Default 0.01. */
  readonly l2?: number | undefined;
}

export interface L1L2Options {
  /** Default 0.01. */
  readonly l1?: number | undefined;
  /** Default 0.01. */
  readonly l2?: number | undefined;
}

/**
 * The sum of magnitudes, which draws weights to exactly 0: l1·Σ|w|.
 *
 * Paper: R. Tibshirani, Regression shrinkage and selection via the lasso (1996).
 *
 * @throws RangeError on a negative factor
 * @example
 * dense({ units: 10, kernelRegularizer: regularizers.l1({ l1: 1e-4 }) });
 */
export function l1(options: L1Options | number = {}): Regularizer {
  const factor = (typeof options === 'number' ? options : options.l1) ?? DEFAULT_FACTOR;
  checkNotNegative(factor, 'l1: l1');
  return { name: 'l1', config: () => ({ l1: factor }), call: (weight) => magnitudes(weight, factor) };
}

/**
 * The sum of squares, which keeps weights small: l2·Σw².
 *
 * Paper: A. Hoerl, R. Kennard, Ridge regression (1970).
 *
 * @throws RangeError on a negative factor
 * @example
 * dense({ units: 10, kernelRegularizer: regularizers.l2({ l2: 1e-4 }) });
 */
export function l2(options: L2Options | number = {}): Regularizer {
  const factor = (typeof options === 'number' ? options : options.l2) ?? DEFAULT_FACTOR;
  checkNotNegative(factor, 'l2: l2');
  return { name: 'l2', config: () => ({ l2: factor }), call: (weight) => squares(weight, factor) };
}

/**
 * Both penalties: l1·Σ|w| + l2·Σw². As Keras' function of the name, both factors are 0.01 when left out; a factor of
 * 0 leaves its part out.
 *
 * Paper: H. Zou, T. Hastie, Regularization and variable selection via the elastic net (2005).
 *
 * @throws RangeError on a negative factor
 * @example
 * dense({ units: 10, kernelRegularizer: regularizers.l1L2({ l1: 1e-5, l2: 1e-4 }) });
 */
export function l1L2(options: L1L2Options = {}): Regularizer {
  const { l1: first = DEFAULT_FACTOR, l2: second = DEFAULT_FACTOR } = options;
  checkNotNegative(first, 'l1L2: l1');
  checkNotNegative(second, 'l1L2: l2');
  return {
    name: 'l1L2',
    config: () => ({ l1: first, l2: second }),
    call(weight) {
      if (first === 0) return squares(weight, second);
      if (second === 0) return magnitudes(weight, first);
      return add(magnitudes(weight, first), squares(weight, second));
    },
  };
}

const DEFAULT_FACTOR = 0.01;

function magnitudes(weight: Tensor, factor: number): Tensor {
  return multiply(sum(absolute(weight)), factor);
}

function squares(weight: Tensor, factor: number): Tensor {
  return multiply(sum(multiply(weight, weight)), factor);
}
