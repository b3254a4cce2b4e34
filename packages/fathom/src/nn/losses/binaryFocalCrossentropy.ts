import { checkNotNegative, checkShare } from '../../functional/check.ts';
import { type BinaryFocalOptions, binaryFocalCrossentropy as call } from '../../functional/focal.ts';
import type { Loss } from './loss.ts';

/**
 * Binary cross-entropy in which samples that are right already count less: the mean of (1 − pₜ)^γ · BCE.
 *
 * Paper: T.-Y. Lin et al., Focal loss for dense object detection (2017), arXiv:1708.02002.
 *
 * @throws RangeError when an option is out of its range
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.binaryFocalCrossentropy({ gamma: 2 }) });
 */
export function binaryFocalCrossentropy({
  gamma = 2,
  alpha = 0.25,
  applyClassBalancing = false,
  fromLogits = false,
  labelSmoothing = 0,
}: BinaryFocalOptions = {}): Loss {
  checkNotNegative(gamma, 'binaryFocalCrossentropy: gamma');
  checkShare(alpha, 'binaryFocalCrossentropy: alpha');
  checkShare(labelSmoothing, 'binaryFocalCrossentropy: labelSmoothing');
  const options = { gamma, alpha, applyClassBalancing, fromLogits, labelSmoothing };
  return {
    name: 'binaryFocalCrossentropy',
    targets: 'values',
    kind: 'binary',
    fromLogits,
    call: (targets, predictions) => call(targets, predictions, options),
    config: () => options,
  };
}
