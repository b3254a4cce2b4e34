import type { Tensor } from '../../ir/tensor.ts';

/** What a model is trained to make small. The cost of a batch is the mean of its losses. */
export interface Loss {
  readonly name: string;
  /** `values`: targets of the output's shape. `labels`: one class number in place of the last axis. */
  readonly targets: 'values' | 'labels';
  /**
   * What the targets say, so that `accuracy` means the right thing: numbers; yes (1) or no (0); one of two sides, told
   * by the sign; the probability of each class; a class number.
   */
  readonly kind: 'regression' | 'binary' | 'sides' | 'categorical' | 'sparse';
  /** The predictions are logits. */
  readonly fromLogits: boolean;
  /** A label that is allowed beside the classes, and has no loss. */
  readonly ignoreClass?: number | undefined;
  /** targets [B, ...] (int32 for labels), predictions [B, ...] → losses [B, ...]. */
  readonly call: (targets: Tensor, predictions: Tensor) => Tensor;
  /** The options with which `name` makes it again, as JSON; without it the loss cannot be saved. */
  readonly config?: (() => Readonly<Record<string, unknown>>) | undefined;
}

/** A loss as JSON: its name, and the options that make it again. */
export interface LossConfig {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** targets and predictions [B, ...] → losses [B, ...] */
export type LossFunction = (targets: Tensor, predictions: Tensor) => Tensor;

/** A loss between numbers that has no options. */
export function valueLoss(name: string, call: LossFunction, kind: Loss['kind'] = 'regression'): Loss {
  return { name, targets: 'values', kind, fromLogits: false, call, config: () => ({}) };
}
