import { checkShare } from '../../functional/check.ts';
import { type CrossentropyOptions, categoricalCrossentropy as call } from '../../functional/crossentropy.ts';
import type { Loss } from './loss.ts';

/**
 * Cross-entropy −Σ t ln p for one-hot targets, or other probabilities of K classes.
 *
 * @throws RangeError when labelSmoothing is not in [0, 1]
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.categoricalCrossentropy({ labelSmoothing: 0.1 }) });
 */
export function categoricalCrossentropy({
  fromLogits = false,
  labelSmoothing = 0,
}: CrossentropyOptions = {}): Loss {
  checkShare(labelSmoothing, 'categoricalCrossentropy: labelSmoothing');
  return {
    name: 'categoricalCrossentropy',
    targets: 'values',
    kind: 'categorical',
    fromLogits,
    call: (targets, predictions) => call(targets, predictions, { fromLogits, labelSmoothing }),
    config: () => ({ fromLogits, labelSmoothing }),
  };
}
