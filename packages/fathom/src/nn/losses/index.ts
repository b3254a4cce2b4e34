import {
  binaryCrossentropy as binary,
  type CrossentropyOptions,
  categoricalCrossentropy as categorical,
  sparseCategoricalCrossentropy as sparse,
} from '../../functional/crossentropy.ts';
import { meanSquaredError as squared } from '../../functional/meanSquaredError.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { lookUp } from '../lookup.ts';

/** What a model is trained to make small. The cost of a batch is the mean of its losses. */
export interface Loss {
  readonly name: string;
  /** `values`: targets of the output's shape. `labels`: one class number in place of the last axis. */
  readonly targets: 'values' | 'labels';
  /** What the targets say, so that `accuracy` means the right thing. */
  readonly kind: 'regression' | 'binary' | 'categorical' | 'sparse';
  /** The predictions are logits. */
  readonly fromLogits: boolean;
  /** targets [B, ...] (int32 for labels), predictions [B, ...] → losses [B, ...]. */
  readonly call: (targets: Tensor, predictions: Tensor) => Tensor;
}

/** Names that `loss` accepts. */
export type LossName = keyof typeof byName;
/** A name, a loss, or a function of targets and predictions, both [B, ...], to losses [B, ...]. */
export type LossLike = LossName | Loss | ((targets: Tensor, predictions: Tensor) => Tensor);

/**
 * Mean of the squared differences: (1/K) Σ (t − p)².
 *
 * @example
 * model.compile({ optimizer: 'sgd', loss: losses.meanSquaredError() });
 */
export function meanSquaredError(): Loss {
  return {
    name: 'meanSquaredError',
    targets: 'values',
    kind: 'regression',
    fromLogits: false,
    call: squared,
  };
}

/**
 * Log loss −(t ln p + (1 − t) ln(1 − p)) for yes-or-no targets, averaged over the last axis.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.binaryCrossentropy({ fromLogits: true }) });
 */
export function binaryCrossentropy({ fromLogits = false }: CrossentropyOptions = {}): Loss {
  return {
    name: 'binaryCrossentropy',
    targets: 'values',
    kind: 'binary',
    fromLogits,
    call: (targets, predictions) => binary(targets, predictions, { fromLogits }),
  };
}

/**
 * Cross-entropy −Σ t ln p for one-hot targets, or other probabilities of K classes.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.categoricalCrossentropy() });
 */
export function categoricalCrossentropy({ fromLogits = false }: CrossentropyOptions = {}): Loss {
  return {
    name: 'categoricalCrossentropy',
    targets: 'values',
    kind: 'categorical',
    fromLogits,
    call: (targets, predictions) => categorical(targets, predictions, { fromLogits }),
  };
}

/**
 * Cross-entropy −ln p_label for targets that are class numbers 0 … K − 1.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: losses.sparseCategoricalCrossentropy() });
 */
export function sparseCategoricalCrossentropy({ fromLogits = false }: CrossentropyOptions = {}): Loss {
  return {
    name: 'sparseCategoricalCrossentropy',
    targets: 'labels',
    kind: 'sparse',
    fromLogits,
    call: (targets, predictions) => sparse(targets, predictions, { fromLogits }),
  };
}

/** The loss meant by a name, made of a function, or given as such. */
export function resolveLoss(loss: LossLike, options: CrossentropyOptions = {}): Loss {
  if (typeof loss === 'string') return lookUp(byName, loss, 'loss')(options);
  if (typeof loss === 'function') {
    return {
      name: loss.name || 'loss',
      targets: 'values',
      kind: 'regression',
      fromLogits: false,
      call: loss,
    };
  }
  return loss;
}

/** Names of the losses that can be saved. */
export function isLossName(name: string): name is LossName {
  return Object.hasOwn(byName, name);
}

const byName = {
  meanSquaredError: (_options: CrossentropyOptions) => meanSquaredError(),
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
};
