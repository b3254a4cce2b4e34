import { embeddingLookup } from '../../functional/embeddingLookup.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { cast, equal, logicalNot } from '../../ops/index.ts';
import type { ConstraintLike } from '../constraints/index.ts';
import type { InitializerLike } from '../initializers/index.ts';
import {
  type BuildScope,
  type CallContext,
  checkPositiveInteger,
  Layer,
  type LayerOptions,
} from '../layer.ts';
import type { RegularizerLike } from '../regularizers/index.ts';
import { WeightRecipe } from './weightRecipe.ts';

export interface EmbeddingOptions extends LayerOptions {
  /** Number of words: indices are 0 … inputDim − 1. */
  readonly inputDim: number;
  /** Width of the vector of a word. */
  readonly outputDim: number;
  /** The index 0 is padding: layers behind that know masks leave it out. Default false. */
  readonly maskZero?: boolean | undefined;
  /** Default 'randomUniform', in [−0.05, 0.05). */
  readonly embeddingsInitializer?: InitializerLike | undefined;
  /** A penalty on the vectors, added to the loss. Default none. */
  readonly embeddingsRegularizer?: RegularizerLike | null | undefined;
  /** What the vectors are brought to after each update. Default none. */
  readonly embeddingsConstraint?: ConstraintLike | null | undefined;
}

/**
 * A learned vector for each word: y[...] = embeddings[x[...]]. Indices may come as float32; what is behind their point
 * does not count. An index outside of the table gives NaN, so that it is noticed.
 *
 * Shapes [T] → [T, outputDim], and likewise for any other. Weights: embeddings [inputDim, outputDim].
 *
 * Paper: Y. Bengio et al., A neural probabilistic language model (2003).
 *
 * @example
 * layers.embedding({ inputDim: 10000, outputDim: 64, inputShape: [80] });
 */
export function embedding(options: EmbeddingOptions): Embedding {
  return new Embedding(options);
}

export class Embedding extends Layer {
  readonly type = 'embedding';
  readonly inputDim: number;
  readonly outputDim: number;
  readonly maskZero: boolean;
  readonly #recipe: WeightRecipe;
  embeddings: Variable | undefined;

  constructor(options: EmbeddingOptions) {
    super(options);
    const name = options.name ?? 'embedding';
    checkPositiveInteger(options.inputDim, `${name}: inputDim`);
    checkPositiveInteger(options.outputDim, `${name}: outputDim`);
    this.inputDim = options.inputDim;
    this.outputDim = options.outputDim;
    this.maskZero = options.maskZero ?? false;
    this.#recipe = new WeightRecipe('embeddings', options, name, 'randomUniform');
  }

  build(inputShape: Shape, scope: BuildScope): Shape {
    this.embeddings = this.#recipe.add(scope, 'embeddings', [this.inputDim, this.outputDim]);
    return [...inputShape, this.outputDim];
  }

  call(x: Tensor, context: CallContext): Tensor {
    const index = x.dtype === 'int32' ? x : cast(x, 'int32');
    const y = embeddingLookup(context.read(this.embeddings!), index);
    if (this.maskZero) context.setMask(y, logicalNot(equal(index, 0)));
    return y;
  }

  protected options(): Record<string, unknown> {
    const { inputDim, outputDim, maskZero } = this;
    return { inputDim, outputDim, maskZero, ...this.#recipe.config() };
  }
}
