import type { Tensor } from '../../ir/tensor.ts';
import { logicalAnd } from '../../ops/index.ts';
import type { CallContext } from '../layer.ts';

/** A step of the result counts where it counts in every tensor that has a mask. */
export function mergeMasks(xs: readonly Tensor[], result: Tensor, context: CallContext): void {
  const masks = xs.map((x) => context.maskOf(x)).filter((mask) => mask !== undefined);
  if (masks.length > 0)
    context.setMask(
      result,
      masks.reduce((all, mask) => logicalAnd(all, mask)),
    );
}
