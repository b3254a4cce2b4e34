import { formatShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { contract, type IndexMap, pad, slice } from '../ops/index.ts';
import { letters, type Padding, type Pair, type PerAxis, perAxis, pictureAxes, spaceOf } from './spatial.ts';

export interface TransposedConvolutionOptions<Size extends PerAxis = PerAxis> {
  /** Default 1. */
  readonly strides?: Size;
  /** Default 'valid'. */
  readonly padding?: Padding;
  /** Places added at the end of each axis, less than the stride; by default as many as the extents below need. */
  readonly outputPadding?: Size | undefined;
  /** Distance between the places that neighbouring kernel elements reach. Default 1. */
  readonly dilation?: Size;
}

/** Where the results of a transposed convolution lie along one axis, of all the places that its kernels reach. */
export interface Reach {
  /** Number of results. */
  readonly count: number;
  /** Places left out before the first result. */
  readonly skipped: number;
}

/**
 * The gradient of a convolution taken as a layer: every place of the picture adds its kernels to the result,
 * y[b, i·s + k·d − p, j·s + l·d − q, f] += x[b, i, j, c] · kernel[k, l, f, c].
 *
 * Paper: M. Zeiler, D. Krishnan, G. Taylor, R. Fergus, Deconvolutional networks (2010).
 *
 * @param x [B, H, W, C]
 * @param kernel [KH, KW, F, C]
 * @returns [B, OH, OW, F], with OH = H·s (same) or (H − 1)·s + max(f, s) (valid, f = d·(KH − 1) + 1); with an
 *   outputPadding o (H − 1)·s + f mod 2 + o (same) or (H − 1)·s + f + o (valid), as in Keras
 * @throws RangeError when the shapes do not fit together or outputPadding is not below the stride
 * @example
 * conv2dTranspose(zeros([1, 7, 7, 16]), zeros([4, 4, 8, 16]), { strides: 2, padding: 'same' });
 */
export function conv2dTranspose(
  x: Tensor,
  kernel: Tensor,
  options: TransposedConvolutionOptions<Pair> = {},
): Tensor {
  return transposed('conv2dTranspose', 2, x, kernel, options);
}

/** The results along an axis of `extent` places, as Keras lays them. */
export function reachAlong(
  extent: number,
  size: number,
  stride: number,
  padding: Padding,
  dilation: number,
  outputPadding: number | undefined,
): Reach {
  const reach = dilation * (size - 1) + 1;
  const last = (extent - 1) * stride;
  switch (padding) {
    case 'valid':
      return { count: last + reach + (outputPadding ?? Math.max(0, stride - reach)), skipped: 0 };
    case 'same': {
      const wide = outputPadding === undefined ? stride : (reach % 2) + outputPadding;
      // Of reach + wide − 2 places of padding in the gradient form, the larger half lies at the front.
      const front = Math.min(Math.ceil((reach + wide - 2) / 2), reach - 1);
      return { count: last + wide, skipped: reach - 1 - front };
    }
    default:
      return padding satisfies never;
  }
}

function transposed(
  name: string,
  axes: number,
  x: Tensor,
  kernel: Tensor,
  options: TransposedConvolutionOptions,
): Tensor {
  checkShapes(name, axes, x, kernel);
  const { padding = 'valid' } = options;
  const strides = perAxis(options.strides ?? 1, axes, `${name}: strides`);
  const dilation = perAxis(options.dilation ?? 1, axes, `${name}: dilation`);
  const extra =
    options.outputPadding === undefined
      ? undefined
      : perAxis(options.outputPadding, axes, `${name}: outputPadding`);
  if (extra?.some((n, d) => n >= strides[d]!)) {
    throw new RangeError(
      `${name}: expected outputPadding below the strides ${formatShape(strides)}; received ${formatShape(extra)}.`,
    );
  }
  const space = spaceOf(x.shape);
  const field = kernel.shape.slice(0, axes);
  const results = space.map((extent, d) =>
    reachAlong(extent, field[d]!, strides[d]!, padding, dilation[d]!, extra?.[d]),
  );
  return cut(scatter(x, kernel, axes, strides, dilation), results);
}

/** All places that the kernels reach: (extent − 1)·s + d·(size − 1) + 1 in each axis. */
function scatter(
  x: Tensor,
  kernel: Tensor,
  axes: number,
  strides: readonly number[],
  dilation: readonly number[],
): Tensor {
  const names = letters(axes);
  const [batch, channels] = [x.shape[0]!, x.shape[axes + 1]!];
  const [b, f, c] = [0, 1 + axes, 2 + 2 * axes];
  const from = names.map((_, d): IndexMap[number] => [[1 + d, 1]]);
  const through = names.map((_, d): IndexMap[number] => [[2 + axes + d, 1]]);
  const to = names.map((_, d): IndexMap[number] => [
    [1 + d, strides[d]!],
    [2 + axes + d, dilation[d]!],
  ]);
  return contract(x, kernel, {
    axes: [
      { name: 'b', size: batch },
      ...names.map((letter, d) => ({ name: `i${letter}`, size: x.shape[d + 1]! })),
      { name: 'f', size: kernel.shape[axes]! },
      ...names.map((letter, d) => ({ name: `k${letter}`, size: kernel.shape[d]! })),
      { name: 'c', size: channels },
    ],
    a: [[[b, 1]], ...from, [[c, 1]]],
    b: [...through, [[f, 1]], [[c, 1]]],
    out: [[[b, 1]], ...to, [[f, 1]]],
  });
}

/** The results out of all places reached; places that no kernel reaches are 0. */
function cut(y: Tensor, results: readonly Reach[]): Tensor {
  const high = results.map(({ count, skipped }, d) => Math.max(0, skipped + count - y.shape[d + 1]!));
  const wide = pad(y, { low: y.shape.map(() => 0), high: [0, ...high, 0] });
  return slice(
    wide,
    [0, ...results.map(({ skipped }) => skipped), 0],
    [y.shape[0]!, ...results.map(({ count }) => count), y.shape.at(-1)!],
  );
}

function checkShapes(name: string, axes: number, x: Tensor, kernel: Tensor): void {
  if (x.rank === axes + 2 && kernel.rank === axes + 2 && kernel.shape[axes + 1] === x.shape[axes + 1]) return;
  const field = letters(axes).map((letter) => `K${letter.toUpperCase()}`);
  throw new RangeError(
    `${name}: expected x ${pictureAxes(axes)} and a kernel [${field},F,C]; received ${formatShape(x.shape)} and ${formatShape(kernel.shape)}. The kernel of a transposed convolution names its results before its channels.`,
  );
}
