import { matmul } from '../../functional/matmul.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { add, multiply, slice, subtract } from '../../ops/index.ts';
import { type Activation, resolveActivation } from '../activations.ts';
import { type BuildScope, savedName } from '../layer.ts';
import type { Symbolics, SymbolicTensor } from '../symbolic.ts';
import { type CellWeights, type GatedOptions, gate, Recurrent, rowOf } from './recurrent.ts';
import type { WeightRecipe } from './weightRecipe.ts';

export interface GruOptions extends GatedOptions {
  /** The reset gate acts on h·U rather than on h, as in cuDNN; the two sides then have biases of their own. Default true. */
  readonly resetAfter?: boolean | undefined;
}

/**
 * Gated recurrent unit: h[t] = z·h[t−1] + (1 − z)·h̃, with the update gate z and the reset gate r,
 * z, r = recurrentActivation(x[t]·W + b + h[t−1]·U + b′) and h̃ = activation(x[t]·W + b + r·(h[t−1]·U + b′)), or, without
 * resetAfter, h̃ = activation(x[t]·W + b + (r·h[t−1])·U). Each has columns of its own, in the order z, r, h̃.
 *
 * Shapes [T, F] → [units], or [T, units] with returnSequences; with returnState the last state [units] too. The state
 * before the first step is 0, or given by calling the layer on [x, h]. Weights: kernel W [F, 3·units], recurrentKernel
 * U [units, 3·units], bias [2, 3·units] with the rows b and b′, or [3·units] without resetAfter.
 *
 * Paper: K. Cho et al., Learning phrase representations using RNN encoder–decoder for statistical machine translation
 * (2014).
 *
 * @throws RangeError on samples that are no sequences of at least one step
 * @example
 * layers.gru({ units: 64, returnSequences: true, inputShape: [20, 8] });
 */
export function gru(options: GruOptions & { readonly returnState: true }): Gru<readonly SymbolicTensor[]>;
export function gru(options: GruOptions): Gru;
export function gru(options: GruOptions): Gru<Symbolics> {
  return new Gru(options);
}

export class Gru<Out extends Symbolics = SymbolicTensor> extends Recurrent<Out> {
  readonly type = 'gru';
  readonly recurrentActivation: Activation;
  readonly resetAfter: boolean;

  constructor(options: GruOptions) {
    super('gru', 3, 1, options);
    this.recurrentActivation = resolveActivation(
      options.recurrentActivation ?? 'sigmoid',
      options.name ?? 'gru',
    );
    this.resetAfter = options.resetAfter ?? true;
  }

  protected step(p: Tensor, [h]: readonly Tensor[], weights: CellWeights): readonly Tensor[] {
    const { units } = this;
    const { recurrent, bias, mask } = weights;
    // As in Keras, what is dropped of the state is dropped where it is kept, too.
    const before = mask ? multiply(h!, mask) : h!;
    const columns = (from: number, count: number) =>
      slice(recurrent, [0, from * units], [units, count * units]);
    const product = matmul(before, this.resetAfter ? recurrent : columns(0, 2));
    const inner = bias ? add(product, bias) : product;
    const opening = (i: number) =>
      this.recurrentActivation.apply(add(gate(p, i, units), gate(inner, i, units)));
    const [update, reset] = [opening(0), opening(1)];
    const past = this.resetAfter
      ? multiply(reset, gate(inner, 2, units))
      : matmul(multiply(reset, before), columns(2, 1));
    const candidate = this.activation.apply(add(gate(p, 2, units), past));
    return [add(multiply(update, before), multiply(subtract(1, update), candidate))];
  }

  protected override addBias(scope: BuildScope, recipe: WeightRecipe, width: number): Variable {
    return recipe.add(scope, 'bias', this.resetAfter ? [2, width] : [width]);
  }

  protected override inputBias(bias: Tensor): Tensor {
    return this.resetAfter ? rowOf(bias, 0) : bias;
  }

  protected override recurrentBias(bias: Tensor): Tensor | undefined {
    return this.resetAfter ? rowOf(bias, 1) : undefined;
  }

  protected override options(): Record<string, unknown> {
    return {
      ...super.options(),
      recurrentActivation: savedName(this.recurrentActivation, `${this.name}: recurrentActivation`),
      resetAfter: this.resetAfter,
    };
  }
}
