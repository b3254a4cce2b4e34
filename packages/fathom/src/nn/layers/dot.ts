import { batchDot } from '../../functional/batchDot.ts';
import { formatShape, type Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { reshape } from '../../ops/index.ts';
import { type LayerOptions, MergeLayer } from '../layer.ts';

export interface DotOptions extends LayerOptions {
  /** Axis of each tensor to sum over, the batch being axis 0; negative ones count from the end. */
  readonly axes: number | readonly [number, number];
  /** Makes the vectors along these axes length 1 first, so that the result is their cosine. Default false. */
  readonly normalize?: boolean | undefined;
}

/**
 * Scalar products of the vectors that lie along one axis of each of two tensors: y = Σₖ a[…, k, …] · b[…, k, …].
 *
 * Shapes [A, K] and [K, B] with axes [2, 1] → [A, B]; [K] and [K] with axes 1 → [1]. No weights.
 *
 * @throws RangeError when the two axes have different extents, or there are not two tensors
 * @example
 * const [a, b] = [input({ shape: [8] }), input({ shape: [8] })];
 * layers.dot({ axes: 1, normalize: true })([a, b]); // the cosine, samples of shape [1]
 */
export function dot(options: DotOptions): Dot {
  return new Dot(options);
}

export class Dot extends MergeLayer {
  readonly type = 'dot';
  readonly axes: readonly [number, number];
  readonly normalize: boolean;

  constructor(options: DotOptions) {
    super(options);
    const axes: unknown = options.axes;
    const pair: readonly unknown[] = Array.isArray(axes) ? axes : [axes, axes];
    if (pair.length !== 2 || !pair.every((axis) => Number.isSafeInteger(axis) && axis !== 0)) {
      throw new RangeError(
        `${options.name ?? 'dot'}: axes: expected an integer other than 0, the batch, or a pair of them; received ${JSON.stringify(axes)}.`,
      );
    }
    this.axes = pair as readonly [number, number];
    this.normalize = options.normalize ?? false;
  }

  build(inputShapes: readonly Shape[]): Shape {
    const [a, b] = inputShapes;
    const [i, j] = this.axes.map((axis, which) => sampleAxis(axis, inputShapes[which] ?? [])) as [
      number,
      number,
    ];
    if (!a || !b || inputShapes.length !== 2 || a[i] === undefined || a[i] !== b[j]) {
      throw new RangeError(
        `${this.name}: expected two samples whose axes ${this.axes.join(' and ')}, the batch being axis 0, have one extent; received ${inputShapes.map(formatShape).join(' and ') || 'none'}. Change axes.`,
      );
    }
    const shape = [...a.filter((_, d) => d !== i), ...b.filter((_, d) => d !== j)];
    return shape.length === 0 ? [1] : shape;
  }

  call([a, b]: readonly Tensor[]): Tensor {
    const axes = [a!, b!].map((x, which) => sampleAxis(this.axes[which]!, x.shape.slice(1)) + 1);
    const products = batchDot(a!, b!, axes as [number, number], { normalize: this.normalize });
    return products.rank > 1 ? products : reshape(products, [products.shape[0]!, 1]);
  }

  protected options(): Record<string, unknown> {
    return { axes: [...this.axes], normalize: this.normalize };
  }
}

function sampleAxis(axis: number, shape: Shape): number {
  return axis < 0 ? shape.length + axis : axis - 1;
}
