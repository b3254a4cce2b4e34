import type { Tensor } from '../../ir/tensor.ts';
import type { Named } from '../named.ts';

/** A penalty on weights or on results of a layer, added to the loss. */
export interface Regularizer extends Named {
  /** Any shape → a scalar. */
  call(weight: Tensor): Tensor;
}
