import type { Shape } from '../../ir/shape.ts';
import type { Variable } from '../../ir/tensor.ts';
import {
  type Constraint,
  type ConstraintLike,
  resolveConstraint,
  savedConstraint,
} from '../constraints/index.ts';
import {
  type Initializer,
  type InitializerLike,
  resolveInitializer,
  savedInitializer,
} from '../initializers/index.ts';
import type { BuildScope } from '../layer.ts';
import {
  type Regularizer,
  type RegularizerLike,
  resolveRegularizer,
  savedRegularizer,
} from '../regularizers/index.ts';

export interface KernelOptions {
  /** Default 'glorotUniform'. */
  readonly kernelInitializer?: InitializerLike | undefined;
  /** A penalty on the kernel, added to the loss. Default none. */
  readonly kernelRegularizer?: RegularizerLike | null | undefined;
  /** What the kernel is brought to after each update. Default none. */
  readonly kernelConstraint?: ConstraintLike | null | undefined;
}

export interface BiasOptions {
  /** Default 'zeros'. */
  readonly biasInitializer?: InitializerLike | undefined;
  /** A penalty on the bias, added to the loss. Default none. */
  readonly biasRegularizer?: RegularizerLike | null | undefined;
  /** What the bias is brought to after each update. Default none. */
  readonly biasConstraint?: ConstraintLike | null | undefined;
}

export interface DepthwiseOptions {
  /** Default 'glorotUniform'. */
  readonly depthwiseInitializer?: InitializerLike | undefined;
  /** A penalty on the kernels of single channels, added to the loss. Default none. */
  readonly depthwiseRegularizer?: RegularizerLike | null | undefined;
  /** What the kernels of single channels are brought to after each update. Default none. */
  readonly depthwiseConstraint?: ConstraintLike | null | undefined;
}

export interface PointwiseOptions {
  /** Default 'glorotUniform'. */
  readonly pointwiseInitializer?: InitializerLike | undefined;
  /** A penalty on the kernel that mixes channels, added to the loss. Default none. */
  readonly pointwiseRegularizer?: RegularizerLike | null | undefined;
  /** What the kernel that mixes channels is brought to after each update. Default none. */
  readonly pointwiseConstraint?: ConstraintLike | null | undefined;
}

/** What a layer's options say of one of its weights, under names that begin with the weight's. */
interface Recipe {
  readonly Initializer?: InitializerLike | undefined;
  readonly Regularizer?: RegularizerLike | null | undefined;
  readonly Constraint?: ConstraintLike | null | undefined;
}

/** How a weight begins and what binds it: the options `kernelInitializer`, `kernelRegularizer`, `kernelConstraint`. */
export class WeightRecipe {
  readonly initializer: Initializer;
  readonly regularizer: Regularizer | undefined;
  readonly constraint: Constraint | undefined;
  readonly #prefix: string;
  readonly #layer: string;

  /** `layer` is its name, for messages; of `options` those count that begin with `prefix`. */
  constructor(
    prefix: string,
    options: object,
    layer: string,
    initializer: InitializerLike = 'glorotUniform',
  ) {
    this.#prefix = prefix;
    this.#layer = layer;
    const given = options as Readonly<Record<string, unknown>>;
    const recipe: Recipe = {
      Initializer: given[`${prefix}Initializer`] as Recipe['Initializer'],
      Regularizer: given[`${prefix}Regularizer`] as Recipe['Regularizer'],
      Constraint: given[`${prefix}Constraint`] as Recipe['Constraint'],
    };
    this.initializer = resolveInitializer(recipe.Initializer ?? initializer, this.#where('Initializer'));
    this.regularizer = resolveRegularizer(recipe.Regularizer, this.#where('Regularizer'));
    this.constraint = resolveConstraint(recipe.Constraint, this.#where('Constraint'));
  }

  /** Asks for a weight of this kind. */
  add(scope: BuildScope, name: string, shape: Shape): Variable {
    const { regularizer, constraint } = this;
    return scope.addWeight(name, shape, this.initializer, { regularizer, constraint });
  }

  /** The options as a layer's config keeps them; those that are none are left out. */
  config(): Record<string, unknown> {
    const saved = {
      Initializer: savedInitializer(this.initializer, this.#where('Initializer')),
      Regularizer: savedRegularizer(this.regularizer, this.#where('Regularizer')),
      Constraint: savedConstraint(this.constraint, this.#where('Constraint')),
    };
    return Object.fromEntries(
      Object.entries(saved)
        .filter(([, value]) => value !== null)
        .map(([kind, value]) => [this.#prefix + kind, value]),
    );
  }

  #where(kind: string): string {
    return `${this.#layer}: ${this.#prefix}${kind}`;
  }
}
