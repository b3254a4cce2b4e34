import type { DType } from '../ir/shape.ts';
import { Tensor } from '../ir/tensor.ts';
import { broadcastTogether } from './broadcast.ts';
import { full } from './full.ts';

/** Where a tensor is expected, a number stands for a scalar of that value. */
export type TensorLike = Tensor | number;

/** Numbers become scalars of the other operand's type, and shapes are broadcast together. */
export function operands(where: string, ...values: TensorLike[]): Tensor[] {
  const dtype: DType = values.find((value) => value instanceof Tensor)?.dtype ?? 'float32';
  return broadcastTogether(where, ...values.map((value) => asTensor(value, dtype)));
}

export function asTensor(value: TensorLike, dtype: DType = 'float32'): Tensor {
  return value instanceof Tensor ? value : full([], value, dtype);
}
