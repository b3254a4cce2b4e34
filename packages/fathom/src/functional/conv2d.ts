import { formatShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { contract, type IndexMap, pad, reshape } from '../ops/index.ts';
import { type Padding, type Pair, pairOf, windowsAlong } from './spatial.ts';

export interface Conv2dOptions {
  /** Default 1. */
  readonly strides?: Pair;
  /** Default 'valid'. */
  readonly padding?: Padding;
  /** Distance between the places that neighbouring kernel elements see. Default 1. */
  readonly dilation?: Pair;
  /** The channels are cut into so many groups, each with kernels of its own. Default 1. */
  readonly groups?: number;
}

/**
 * Convolution as networks use the word (cross-correlation, the kernel is not flipped):
 * y[b, i, j, f] = Σ x[b, i·s + k·d, j·s + l·d, c] · kernel[k, l, c, f].
 *
 * @param x [B, H, W, C]
 * @param kernel [KH, KW, C / groups, F]
 * @returns [B, OH, OW, F] with OH = ⌊(H − f) / s⌋ + 1 (valid, f = d·(KH − 1) + 1) or ⌈H / s⌉ (same)
 * @throws RangeError when the shapes do not fit together or the kernel is larger than the image
 * @example
 * conv2d(constant(image, [1, 28, 28, 1]), constant(kernel, [3, 3, 1, 8])); // [1, 26, 26, 8]
 */
export function conv2d(x: Tensor, kernel: Tensor, options: Conv2dOptions = {}): Tensor {
  const { padding = 'valid', groups = 1 } = options;
  const [strideH, strideW] = pairOf(options.strides ?? 1);
  const [dilationH, dilationW] = pairOf(options.dilation ?? 1);
  checkShapes(x, kernel, groups);
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const [kernelH, kernelW, cin, filters] = kernel.shape as [number, number, number, number];
  const rows = windowsAlong(height, kernelH, strideH, padding, dilationH);
  const columns = windowsAlong(width, kernelW, strideW, padding, dilationW);
  if (rows.count < 1 || columns.count < 1) {
    throw new RangeError(
      `conv2d: the kernel ${formatShape([kernelH, kernelW])} with dilation ${formatShape([dilationH, dilationW])} is larger than the image ${formatShape([height, width])}. Use padding 'same' or a smaller kernel.`,
    );
  }
  const padded = pad(x, { low: [0, rows.low, columns.low, 0], high: [0, rows.high, columns.high, 0] });
  const alongH: IndexMap[number] = [
    [OH, strideH],
    [KH, dilationH],
  ];
  const alongW: IndexMap[number] = [
    [OW, strideW],
    [KW, dilationW],
  ];
  const axes = [
    { name: 'b', size: batch },
    { name: 'oh', size: rows.count },
    { name: 'ow', size: columns.count },
    { name: 'f', size: filters / groups },
    { name: 'kh', size: kernelH },
    { name: 'kw', size: kernelW },
    { name: 'c', size: cin },
  ];
  if (groups === 1) {
    return contract(padded, kernel, {
      axes,
      a: [at(B), alongH, alongW, at(C)],
      b: [at(KH), at(KW), at(C), at(F)],
      out: [at(B), at(OH), at(OW), at(F)],
    });
  }
  // Channel c of group g is channel g·cin + c of the image, and likewise for the filters.
  const [, paddedH, paddedW] = padded.shape as [number, number, number, number];
  const grouped = contract(
    reshape(padded, [batch, paddedH, paddedW, groups, channels / groups]),
    reshape(kernel, [kernelH, kernelW, cin, groups, filters / groups]),
    {
      axes: [...axes, { name: 'g', size: groups }],
      a: [at(B), alongH, alongW, at(G), at(C)],
      b: [at(KH), at(KW), at(C), at(G), at(F)],
      out: [at(B), at(OH), at(OW), at(G), at(F)],
    },
  );
  return reshape(grouped, [batch, rows.count, columns.count, filters]);
}

/** Positions of the axes in the iteration space. */
const [B, OH, OW, F, KH, KW, C, G] = [0, 1, 2, 3, 4, 5, 6, 7] as const;

function at(axis: number): IndexMap[number] {
  return [[axis, 1]];
}

function checkShapes(x: Tensor, kernel: Tensor, groups: number): void {
  const channels = x.shape[3];
  const [, , cin, filters] = kernel.shape;
  const fits =
    x.rank === 4 &&
    kernel.rank === 4 &&
    Number.isInteger(groups) &&
    groups >= 1 &&
    cin! * groups === channels &&
    filters! % groups === 0;
  if (!fits) {
    throw new RangeError(
      `conv2d: expected x [B,H,W,C] and a kernel [KH,KW,C/groups,F] with F a multiple of groups = ${groups}; received ${formatShape(x.shape)} and ${formatShape(kernel.shape)}.`,
    );
  }
}
