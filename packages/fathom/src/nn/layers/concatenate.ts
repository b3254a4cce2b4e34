import { formatShape, type Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { concat, full } from '../../ops/index.ts';
import { type CallContext, type LayerOptions, MergeLayer } from '../layer.ts';
import { mergeMasks } from './mergeMasks.ts';

export interface ConcatenateOptions extends LayerOptions {
  /** Axis of a batch, so that 1 is the first axis of a sample; negative ones count from the end. Default -1. */
  readonly axis?: number | undefined;
}

/**
 * Tensors one after another along an axis, in the order given.
 *
 * Shapes [..., A], [..., B], … → [..., A + B + …]. No weights.
 *
 * Paper: C. Szegedy et al., Going deeper with convolutions (2014), of branches side by side.
 *
 * @throws RangeError when the shapes differ in another axis
 * @example
 * const [a, b] = [input({ shape: [8] }), input({ shape: [3] })];
 * layers.concatenate()([a, b]); // samples of shape [11]
 */
export function concatenate(options: ConcatenateOptions = {}): Concatenate {
  return new Concatenate(options);
}

export class Concatenate extends MergeLayer {
  readonly type = 'concatenate';
  override readonly supportsMasking = true;
  readonly axis: number;

  constructor(options: ConcatenateOptions = {}) {
    super(options);
    const { axis = -1 } = options;
    if (!Number.isSafeInteger(axis) || axis === 0) {
      throw new RangeError(
        `${options.name ?? 'concatenate'}: axis: expected an integer other than 0, the batch; received ${String(axis)}.`,
      );
    }
    this.axis = axis;
  }

  build(inputShapes: readonly Shape[]): Shape {
    const [first] = inputShapes;
    const along = this.#sampleAxis(first ?? []);
    const fits =
      first !== undefined &&
      inputShapes.length >= 2 &&
      along >= 0 &&
      along < first.length &&
      inputShapes.every(
        (shape) => shape.length === first.length && shape.every((n, d) => d === along || n === first[d]),
      );
    if (!fits) {
      throw new RangeError(
        `${this.name}: expected two samples or more that differ in axis ${this.axis} alone, the batch being axis 0; received ${inputShapes.map(formatShape).join(' and ') || 'none'}.`,
      );
    }
    const extent = inputShapes.reduce((sum, shape) => sum + shape[along]!, 0);
    return first.map((n, d) => (d === along ? extent : n));
  }

  call(xs: readonly Tensor[], context: CallContext): Tensor {
    const axis = this.#sampleAxis(xs[0]!.shape.slice(1)) + 1;
    const result = concat(xs, axis);
    const masks = xs.map((x) => context.maskOf(x));
    if (axis !== TIME || masks.every((mask) => mask === undefined)) mergeMasks(xs, result, context);
    else {
      const all = xs.map((x, i) => masks[i] ?? full([x.shape[0]!, x.shape[TIME]!], 1, 'bool'));
      context.setMask(result, concat(all, TIME));
    }
    return result;
  }

  protected options(): Record<string, unknown> {
    return { axis: this.axis };
  }

  #sampleAxis(shape: Shape): number {
    return this.axis < 0 ? shape.length + this.axis : this.axis - 1;
  }
}

/** Axis of the steps in a batch of sequences. */
const TIME = 1;
