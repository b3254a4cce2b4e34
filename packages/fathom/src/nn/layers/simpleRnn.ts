import { matmul } from '../../functional/matmul.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { add, multiply } from '../../ops/index.ts';
import type { Symbolics, SymbolicTensor } from '../symbolic.ts';
import { type CellWeights, Recurrent, type RecurrentOptions } from './recurrent.ts';

export type SimpleRnnOptions = RecurrentOptions;

/**
 * Fully connected recurrent layer, whose result is fed back: h[t] = activation(x[t]·kernel + h[t−1]·recurrentKernel + bias).
 *
 * Shapes [T, F] → [units], or [T, units] with returnSequences; with returnState the last state [units] too. The state
 * before the first step is 0, or given by calling the layer on [x, h]. Weights: kernel [F, units], recurrentKernel
 * [units, units], bias [units].
 *
 * Paper: J. Elman, Finding structure in time (1990).
 *
 * @throws RangeError on samples that are no sequences of at least one step
 * @example
 * layers.simpleRnn({ units: 32, inputShape: [20, 8] });
 */
export function simpleRnn(
  options: SimpleRnnOptions & { readonly returnState: true },
): SimpleRnn<readonly SymbolicTensor[]>;
export function simpleRnn(options: SimpleRnnOptions): SimpleRnn;
export function simpleRnn(options: SimpleRnnOptions): SimpleRnn<Symbolics> {
  return new SimpleRnn(options);
}

export class SimpleRnn<Out extends Symbolics = SymbolicTensor> extends Recurrent<Out> {
  readonly type = 'simpleRnn';

  constructor(options: SimpleRnnOptions) {
    super('simpleRnn', 1, 1, options);
  }

  protected step(p: Tensor, [h]: readonly Tensor[], { recurrent, mask }: CellWeights): readonly Tensor[] {
    const before = mask ? multiply(h!, mask) : h!;
    return [this.activation.apply(add(p, matmul(before, recurrent)))];
  }
}
