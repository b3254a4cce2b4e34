import { formatShape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { add, divide, maximum, minimum, multiply, sqrt, sum } from '../../ops/index.ts';
import { checkNotNegative, checkNumber } from '../checkNumber.ts';
import type { Constraint } from './constraint.ts';

export interface NormOptions {
  /**
   * The axes along which the squares of a norm are summed. Default 0: in a dense kernel [in, out] the weights that go
   * into each neuron. For the kernels of conv2d [KH, KW, in, out] that is [0, 1, 2].
   */
  readonly axis?: number | readonly number[] | undefined;
}

export interface MaxNormOptions extends NormOptions {
  /** Default 2. */
  readonly maxValue?: number | undefined;
}

export interface MinMaxNormOptions extends NormOptions {
  /** Default 0. */
  readonly minValue?: number | undefined;
  /** Default 1. */
  readonly maxValue?: number | undefined;
  /** How far each step goes towards the bounds, in [0, 1]; 1 reaches them. Default 1. */
  readonly rate?: number | undefined;
}

/**
 * Norms of at most maxValue: w ← w · min(‖w‖, maxValue) / (‖w‖ + ε), ε = 10⁻⁷.
 *
 * Paper: N. Srivastava et al., Dropout: a simple way to prevent neural networks from overfitting (2014), section 5.1.
 *
 * @throws RangeError on a negative bound, or (when called) an axis that the weight has not
 * @example
 * dense({ units: 10, kernelConstraint: constraints.maxNorm({ maxValue: 3 }) });
 */
export function maxNorm(options: MaxNormOptions = {}): Constraint {
  const { maxValue = 2, axis = 0 } = options;
  checkNotNegative(maxValue, 'maxNorm: maxValue');
  const axes = axesOf(axis, 'maxNorm');
  return {
    name: 'maxNorm',
    config: () => ({ maxValue, axis }),
    call: (weight) => rescale(weight, axes, 'maxNorm', (norm) => minimum(norm, maxValue)),
  };
}

/**
 * Norms of 1: w ← w / (‖w‖ + ε), ε = 10⁻⁷.
 *
 * @throws RangeError (when called) on an axis that the weight has not
 * @example
 * dense({ units: 10, kernelConstraint: constraints.unitNorm() });
 */
export function unitNorm(options: NormOptions = {}): Constraint {
  const { axis = 0 } = options;
  const axes = axesOf(axis, 'unitNorm');
  return {
    name: 'unitNorm',
    config: () => ({ axis }),
    call: (weight) => divide(weight, add(normOf(weight, axes, 'unitNorm'), EPSILON)),
  };
}

/**
 * Norms between two bounds: w ← w · (rate · clip(‖w‖, minValue, maxValue) + (1 − rate) · ‖w‖) / (‖w‖ + ε), ε = 10⁻⁷.
 *
 * @throws RangeError on bounds that are negative or in the wrong order, a rate outside [0, 1], or (when called) an
 * axis that the weight has not
 * @example
 * dense({ units: 10, kernelConstraint: constraints.minMaxNorm({ minValue: 0.5, maxValue: 2, rate: 0.1 }) });
 */
export function minMaxNorm(options: MinMaxNormOptions = {}): Constraint {
  const { minValue = 0, maxValue = 1, rate = 1, axis = 0 } = options;
  checkNotNegative(minValue, 'minMaxNorm: minValue');
  checkNumber(maxValue, 'minMaxNorm: maxValue', `at least minValue = ${minValue}`, (n) => n >= minValue);
  checkNumber(rate, 'minMaxNorm: rate', 'a number in [0, 1]', (n) => n >= 0 && n <= 1);
  const axes = axesOf(axis, 'minMaxNorm');
  return {
    name: 'minMaxNorm',
    config: () => ({ minValue, maxValue, rate, axis }),
    call: (weight) =>
      rescale(weight, axes, 'minMaxNorm', (norm) => {
        const bounded = maximum(minimum(norm, maxValue), minValue);
        return rate === 1 ? bounded : add(multiply(bounded, rate), multiply(norm, 1 - rate));
      }),
  };
}

/** Keras' epsilon: norms of 0 have no direction. */
const EPSILON = 1e-7;

function rescale(
  weight: Tensor,
  axes: readonly number[],
  where: string,
  wanted: (norm: Tensor) => Tensor,
): Tensor {
  const norm = normOf(weight, axes, where);
  return multiply(weight, divide(wanted(norm), add(norm, EPSILON)));
}

/** Euclidean norms along axes, which stay with extent 1. */
function normOf(weight: Tensor, axes: readonly number[], where: string): Tensor {
  if (axes.some((axis) => axis >= weight.rank || axis < -weight.rank)) {
    throw new RangeError(
      `${where}: expected axes of a weight ${formatShape(weight.shape)}; received ${formatShape(axes)}. Set axis to the axes of one neuron's weights.`,
    );
  }
  return sqrt(sum(multiply(weight, weight), axes, true));
}

function axesOf(axis: number | readonly number[], where: string): readonly number[] {
  const axes = typeof axis === 'number' ? [axis] : axis;
  if (!Array.isArray(axes) || axes.length === 0 || !axes.every(Number.isSafeInteger)) {
    throw new RangeError(
      `${where}: expected axis to be an integer or a list of integers; received ${JSON.stringify(axis)}.`,
    );
  }
  return axes;
}
