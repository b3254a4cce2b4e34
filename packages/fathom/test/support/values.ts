import type { Tensor } from '../../src/ir/tensor.ts';
import { gradients, sum } from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { exact } from './differences.ts';

/** The values of `node`, computed in 64 bits, for the facts that an op's own tests state. */
export async function valuesOf(node: Tensor): Promise<number[]> {
  const [values] = await evaluate([node], undefined, exact);
  return Array.from(values!);
}

/** ∂(Σ y)/∂x at the values that `x` has, normally a constant. */
export async function gradientOf(y: Tensor, x: Tensor): Promise<number[]> {
  return valuesOf(gradients(sum(y), [x])[0]!);
}
