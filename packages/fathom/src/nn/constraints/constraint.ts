import type { Tensor } from '../../ir/tensor.ts';
import type { Named } from '../named.ts';

/** What a weight is brought to after each update. */
export interface Constraint extends Named {
  /** A weight → the weight allowed, of the same shape. */
  call(weight: Tensor): Tensor;
}
