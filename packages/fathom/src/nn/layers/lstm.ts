import { matmul } from '../../functional/matmul.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { add, multiply } from '../../ops/index.ts';
import { type Activation, resolveActivation } from '../activations.ts';
import type { Initializer } from '../initializers/index.ts';
import { type BuildScope, savedName } from '../layer.ts';
import type { Symbolics, SymbolicTensor } from '../symbolic.ts';
import { type CellWeights, type GatedOptions, gate, Recurrent } from './recurrent.ts';
import type { WeightRecipe } from './weightRecipe.ts';

export interface LstmOptions extends GatedOptions {
  /** The forget gate's bias begins at 1, so that the state is kept at first. Default true. */
  readonly unitForgetBias?: boolean | undefined;
}

/**
 * Long short-term memory: a state c that gates write, keep and read,
 * c[t] = f·c[t−1] + i·c̃, h[t] = o·activation(c[t]), with
 * i, f, o = recurrentActivation(x[t]·W + h[t−1]·U + b) and c̃ = activation(x[t]·W + h[t−1]·U + b), each with columns
 * of its own, in the order i, f, c̃, o.
 *
 * Shapes [T, F] → [units], or [T, units] with returnSequences; with returnState the last h and c [units] too. The
 * states before the first step are 0, or given by calling the layer on [x, h, c]. Weights: kernel W [F, 4·units],
 * recurrentKernel U [units, 4·units], bias b [4·units].
 *
 * Paper: S. Hochreiter, J. Schmidhuber, Long short-term memory (1997); F. Gers et al., Learning to forget (2000).
 *
 * @throws RangeError on samples that are no sequences of at least one step
 * @example
 * layers.lstm({ units: 128, inputShape: [64, 64] });
 */
export function lstm(options: LstmOptions & { readonly returnState: true }): Lstm<readonly SymbolicTensor[]>;
export function lstm(options: LstmOptions): Lstm;
export function lstm(options: LstmOptions): Lstm<Symbolics> {
  return new Lstm(options);
}

export class Lstm<Out extends Symbolics = SymbolicTensor> extends Recurrent<Out> {
  readonly type = 'lstm';
  readonly recurrentActivation: Activation;
  readonly unitForgetBias: boolean;

  constructor(options: LstmOptions) {
    super('lstm', 4, 2, options);
    this.recurrentActivation = resolveActivation(
      options.recurrentActivation ?? 'sigmoid',
      options.name ?? 'lstm',
    );
    this.unitForgetBias = options.unitForgetBias ?? true;
  }

  protected step(p: Tensor, [h, c]: readonly Tensor[], { recurrent, mask }: CellWeights): readonly Tensor[] {
    const before = mask ? multiply(h!, mask) : h!;
    const z = add(p, matmul(before, recurrent));
    const opening = (i: number) => this.recurrentActivation.apply(gate(z, i, this.units));
    const candidate = this.activation.apply(gate(z, 2, this.units));
    const next = add(multiply(opening(1), c!), multiply(opening(0), candidate));
    return [multiply(opening(3), this.activation.apply(next)), next];
  }

  protected override addBias(scope: BuildScope, recipe: WeightRecipe, width: number): Variable {
    if (!this.unitForgetBias) return super.addBias(scope, recipe, width);
    const { regularizer, constraint } = recipe;
    const initializer = withOnes(recipe.initializer, this.units);
    return scope.addWeight('bias', [width], initializer, { regularizer, constraint });
  }

  protected override options(): Record<string, unknown> {
    return {
      ...super.options(),
      recurrentActivation: savedName(this.recurrentActivation, `${this.name}: recurrentActivation`),
      unitForgetBias: this.unitForgetBias,
    };
  }
}

/** The given initializer, but for 1 in the second block of `units` numbers. */
function withOnes(initializer: Initializer, units: number): Initializer {
  return {
    ...initializer,
    values(shape, key) {
      const values = initializer.values(shape, key);
      values.fill(1, units, 2 * units);
      return values;
    },
  };
}
