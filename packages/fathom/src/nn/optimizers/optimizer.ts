import type { Tensor } from '../../ir/tensor.ts';

/** A number, or a function from the step (0 first) to a number: a schedule never compiles anything again. */
export type LearningRate = number | ((step: number) => number);

/**
 * A rule that updates parameters, as plain data and graph: it holds no parameter and no slot itself, so one
 * optimizer may serve several models.
 */
export interface Optimizer {
  readonly name: string;
  /** May be changed between steps. */
  learningRate: LearningRate;
  /** Names of the values kept for each parameter, of its shape, 0 at first. */
  readonly slots: readonly string[];
  /** Names of the numbers that `numbers` gives. */
  readonly inputs: readonly string[];
  /** The numbers of step `step` (0 first), which the graph takes as inputs. */
  numbers(step: number): number[];
  /** One step: the new parameter and slots, as graph. */
  update(
    parameter: Tensor,
    gradient: Tensor,
    slots: readonly Tensor[],
    numbers: readonly Tensor[],
  ): { readonly parameter: Tensor; readonly slots: readonly Tensor[] };
  /** The options, as JSON. */
  config(): Record<string, unknown>;
}

/** The learning rate at a step, checked. */
export function learningRateAt(optimizer: Optimizer, step: number): number {
  const { learningRate } = optimizer;
  const rate = typeof learningRate === 'function' ? learningRate(step) : learningRate;
  checkLearningRate(rate, optimizer.name);
  return rate;
}

export function checkLearningRate(rate: unknown, where: string): void {
  if (!(typeof rate === 'number' && rate >= 0 && Number.isFinite(rate))) {
    throw new RangeError(
      `${where}: expected learningRate to be a finite number of 0 or more; received ${String(rate)}.`,
    );
  }
}

export function checkFraction(value: number, where: string): void {
  if (!(value >= 0 && value < 1)) {
    throw new RangeError(`${where}: expected a number in [0, 1); received ${String(value)}.`);
  }
}

/** A schedule is a function and cannot be saved; the rate of its first step is. */
export function savedLearningRate(optimizer: Optimizer): number {
  return learningRateAt(optimizer, 0);
}
