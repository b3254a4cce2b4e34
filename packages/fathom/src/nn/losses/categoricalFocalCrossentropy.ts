import { checkNotNegative, checkShare } from '../../functional/check.ts';
import { categoricalFocalCrossentropy as call, type FocalOptions } from '../../functional/focal.ts';
import type { Loss } from './loss.ts';

/**
 * Categorical cross-entropy in which classes that are right already count less: Σₖ −α (1 − pₖ)^γ tₖ ln pₖ.
 *
 * Paper: T.-Y. Lin et al., Focal loss for dense object detection (2017), arXiv:1708.02002.
 *
 * @throws RangeError when an option is out of its range
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.categoricalFocalCrossentropy({ gamma: 2 }) });
 */
export function categoricalFocalCrossentropy({
  gamma = 2,
  alpha = 0.25,
  fromLogits = false,
  labelSmoothing = 0,
}: FocalOptions = {}): Loss {
  checkNotNegative(gamma, 'categoricalFocalCrossentropy: gamma');
  checkShare(alpha, 'categoricalFocalCrossentropy: alpha');
  checkShare(labelSmoothing, 'categoricalFocalCrossentropy: labelSmoothing');
  const options = { gamma, alpha, fromLogits, labelSmoothing };
  return {
    name: 'categoricalFocalCrossentropy',
    targets: 'values',
    kind: 'categorical',
    fromLogits,
    call: (targets, predictions) => call(targets, predictions, options),
    config: () => options,
  };
}
