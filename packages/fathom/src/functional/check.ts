import { formatShape, sameShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';

/** @throws RangeError unless targets have the shape of the predictions, which have an axis */
export function checkSameShape(name: string, targets: Tensor, predictions: Tensor): void {
  if (!sameShape(targets.shape, predictions.shape) || predictions.rank === 0) {
    throw new RangeError(
      `${name}: expected targets of the predictions' shape ${formatShape(predictions.shape)}; received ${formatShape(targets.shape)}.`,
    );
  }
}

/** @throws RangeError unless an option is a finite number greater than 0 */
export function checkPositive(value: number, where: string): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new RangeError(`${where}: expected a finite number greater than 0; received ${String(value)}.`);
}

/** @throws RangeError unless an option is a finite number of 0 or more */
export function checkNotNegative(value: number, where: string): void {
  if (Number.isFinite(value) && value >= 0) return;
  throw new RangeError(`${where}: expected a finite number of 0 or more; received ${String(value)}.`);
}

/** @throws RangeError unless an option is a number in [0, 1] */
export function checkShare(value: number, where: string): void {
  if (value >= 0 && value <= 1 && typeof value === 'number') return;
  throw new RangeError(`${where}: expected a number in [0, 1]; received ${String(value)}.`);
}
