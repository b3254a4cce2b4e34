import { checkShare } from '../../functional/check.ts';
import { type CrossentropyOptions, binaryCrossentropy as call } from '../../functional/crossentropy.ts';
import type { Loss } from './loss.ts';

/**
 * Log loss −(t ln p + (1 − t) ln(1 − p)) for yes-or-no targets, averaged over the last axis.
 *
 * @throws RangeError when labelSmoothing is not in [0, 1]
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.binaryCrossentropy({ fromLogits: true }) });
 */
export function binaryCrossentropy({
  fromLogits = false,
  labelSmoothing = 0,
}: CrossentropyOptions = {}): Loss {
  checkShare(labelSmoothing, 'binaryCrossentropy: labelSmoothing');
  return {
    name: 'binaryCrossentropy',
    targets: 'values',
    kind: 'binary',
    fromLogits,
    call: (targets, predictions) => call(targets, predictions, { fromLogits, labelSmoothing }),
    config: () => ({ fromLogits, labelSmoothing }),
  };
}
