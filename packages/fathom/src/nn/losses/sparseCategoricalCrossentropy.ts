import {
  type SparseCrossentropyOptions,
  sparseCategoricalCrossentropy as sparse,
} from '../../functional/crossentropy.ts';
import { mean } from '../../functional/mean.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { cast, divide, equal, logicalNot, maximum } from '../../ops/index.ts';
import type { Loss } from './loss.ts';

/**
 * Cross-entropy −ln p_label for targets that are class numbers 0 … K − 1.
 *
 * With `ignoreClass` the cost of a batch is the mean over the labels that are not ignored, 0 if there is none.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.sparseCategoricalCrossentropy() });
 */
export function sparseCategoricalCrossentropy({
  fromLogits = false,
  ignoreClass,
}: SparseCrossentropyOptions = {}): Loss {
  return {
    name: 'sparseCategoricalCrossentropy',
    targets: 'labels',
    kind: 'sparse',
    fromLogits,
    ignoreClass: ignoreClass ?? undefined,
    call(labels, predictions) {
      const losses = sparse(labels, predictions, { fromLogits, ignoreClass });
      return typeof ignoreClass === 'number' ? scaled(losses, labels, ignoreClass) : losses;
    },
    config: () => ({ fromLogits, ignoreClass: ignoreClass ?? null }),
  };
}

/** Makes the mean over all labels that over those that count. */
function scaled(losses: Tensor, labels: Tensor, ignoreClass: number): Tensor {
  const counting = mean(cast(logicalNot(equal(labels, ignoreClass)), 'float32'));
  return divide(losses, maximum(counting, FEWEST));
}

/** Less than the share of one label in the largest batch; where no label counts all losses are 0. */
const FEWEST = 1e-12;
