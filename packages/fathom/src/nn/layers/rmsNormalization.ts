import { rmsNorm } from '../../functional/layerNorm.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor, Variable } from '../../ir/tensor.ts';
import { checkPositive } from '../checkNumber.ts';
import { ones } from '../initializers/index.ts';
import { type BuildScope, type CallContext, Layer, type LayerOptions } from '../layer.ts';
import { sampleAxesOf } from './affine.ts';

export interface RmsNormalizationOptions extends LayerOptions {
  /** Axis or axes of a batch to normalize over, so that 1 is the first one of a sample. Default -1. */
  readonly axis?: number | readonly number[] | undefined;
  /** Added to the mean square. Default 1e-6. */
  readonly epsilon?: number | undefined;
}

/**
 * Brings each sample, or each step of it, to mean square 1 along its last axis, then scales it:
 * y = scale·x/√(mean x² + epsilon). Nothing is subtracted.
 *
 * Any shape, which stays. Weights scale, of the shape of the axes.
 *
 * Paper: B. Zhang, R. Sennrich, Root mean square layer normalization (2019).
 *
 * @throws RangeError on an epsilon that is not positive, or an axis that samples do not have
 * @example
 * layers.rmsNormalization();
 */
export function rmsNormalization(options: RmsNormalizationOptions = {}): RmsNormalization {
  return new RmsNormalization(options);
}

export class RmsNormalization extends Layer {
  readonly type = 'rmsNormalization';
  override readonly supportsMasking = true;
  readonly axis: number | readonly number[];
  readonly epsilon: number;
  #axes: readonly number[] = [];
  gamma: Variable | undefined;

  constructor(options: RmsNormalizationOptions = {}) {
    super(options);
    const name = options.name ?? 'rmsNormalization';
    this.axis = options.axis ?? -1;
    this.epsilon = options.epsilon ?? DEFAULT_EPSILON;
    checkPositive(this.epsilon, `${name}: epsilon`);
  }

  build(inputShape: Shape, scope: BuildScope): Shape {
    const axes = sampleAxesOf(this, this.axis, inputShape);
    this.#axes = axes.map((axis) => axis + 1);
    this.gamma = scope.addWeight(
      'scale',
      axes.map((axis) => inputShape[axis]!),
      ones(),
    );
    return inputShape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    return rmsNorm(x, { axes: this.#axes, gamma: context.read(this.gamma!), epsilon: this.epsilon });
  }

  protected options(): Record<string, unknown> {
    return { axis: this.axis, epsilon: this.epsilon };
  }
}

const DEFAULT_EPSILON = 1e-6;
