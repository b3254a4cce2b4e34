import { formatShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { contract, type IndexMap, pad, reshape } from '../ops/index.ts';
import {
  letters,
  type Padding,
  type Pair,
  type PerAxis,
  perAxis,
  pictureAxes,
  type Single,
  spaceOf,
  spacePadding,
  type TimePadding,
  type Triple,
  type Windows,
  windowsAlong,
} from './spatial.ts';

export interface ConvolutionOptions<
  Size extends PerAxis = PerAxis,
  Border extends TimePadding = TimePadding,
> {
  /** Default 1. */
  readonly strides?: Size;
  /** Default 'valid'. */
  readonly padding?: Border;
  /** Distance between the places that neighbouring kernel elements see. Default 1. */
  readonly dilation?: Size;
  /** The channels are cut into so many groups, each with kernels of its own. Default 1. */
  readonly groups?: number;
}

export type Conv1dOptions = ConvolutionOptions<Single, TimePadding>;
export type Conv2dOptions = ConvolutionOptions<Pair, Padding>;
export type Conv3dOptions = ConvolutionOptions<Triple, Padding>;

/**
 * Convolution along one axis: y[b, i, f] = Σ x[b, i·s + k·d, c] · kernel[k, c, f].
 *
 * @param x [B, T, C]
 * @param kernel [KT, C / groups, F]
 * @returns [B, OT, F] with OT = ⌊(T − f) / s⌋ + 1 (valid, f = d·(KT − 1) + 1) or ⌈T / s⌉ (same, causal)
 * @throws RangeError when the shapes do not fit together or the kernel is longer than the sequence
 * @example
 * conv1d(zeros([1, 100, 2]), zeros([5, 2, 8]), { padding: 'causal' }); // [1, 100, 8]
 */
export function conv1d(x: Tensor, kernel: Tensor, options: Conv1dOptions = {}): Tensor {
  return convolve('conv1d', 1, x, kernel, options);
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
 * conv2d(zeros([1, 28, 28, 1]), zeros([3, 3, 1, 8])); // [1, 26, 26, 8]
 */
export function conv2d(x: Tensor, kernel: Tensor, options: Conv2dOptions = {}): Tensor {
  return convolve('conv2d', 2, x, kernel, options);
}

/**
 * Convolution over a volume: y[b, h, i, j, f] = Σ x[b, h·s + k·d, i·s + l·d, j·s + m·d, c] · kernel[k, l, m, c, f].
 *
 * @param x [B, D, H, W, C]
 * @param kernel [KD, KH, KW, C / groups, F]
 * @returns [B, OD, OH, OW, F], each as in {@link conv2d}
 * @throws RangeError when the shapes do not fit together or the kernel is larger than the volume
 * @example
 * conv3d(zeros([1, 8, 32, 32, 1]), zeros([3, 3, 3, 1, 4])); // [1, 6, 30, 30, 4]
 */
export function conv3d(x: Tensor, kernel: Tensor, options: Conv3dOptions = {}): Tensor {
  return convolve('conv3d', 3, x, kernel, options);
}

/**
 * One or several kernels for each channel alone: y[b, i, j, c·M + m] = Σ x[b, i·s + k·d, j·s + l·d, c] · kernel[k, l, c, m].
 *
 * It is a convolution in as many groups as there are channels.
 *
 * @param x [B, H, W, C]
 * @param kernel [KH, KW, C, M]
 * @returns [B, OH, OW, C·M]
 * @throws RangeError when the shapes do not fit together or the kernel is larger than the image
 * @example
 * depthwiseConv2d(zeros([1, 8, 8, 3]), zeros([3, 3, 3, 2])); // [1, 6, 6, 6]
 */
export function depthwiseConv2d(
  x: Tensor,
  kernel: Tensor,
  options: Omit<Conv2dOptions, 'groups'> = {},
): Tensor {
  const [height, width, channels, multiplier] = kernel.shape;
  if (x.rank !== 4 || kernel.rank !== 4 || channels !== x.shape[3]) {
    throw new RangeError(
      `depthwiseConv2d: expected x [B,H,W,C] and a kernel [KH,KW,C,M]; received ${formatShape(x.shape)} and ${formatShape(kernel.shape)}.`,
    );
  }
  const grouped = reshape(kernel, [height!, width!, 1, channels! * multiplier!]);
  return convolve('depthwiseConv2d', 2, x, grouped, { ...options, groups: channels! });
}

/**
 * Convolution over any number of axes of space.
 *
 * The iteration space has the axes b, the places of the result, f, the places of the kernel, c and, where there are
 * groups, g. Channel c of group g is channel g·(C / groups) + c of the picture, and likewise for the filters.
 */
function convolve(
  name: string,
  axes: number,
  x: Tensor,
  kernel: Tensor,
  options: ConvolutionOptions,
): Tensor {
  const { padding = 'valid', groups = 1 } = options;
  checkShapes(name, axes, x, kernel, groups);
  const strides = perAxis(options.strides ?? 1, axes, `${name}: strides`);
  const dilation = perAxis(options.dilation ?? 1, axes, `${name}: dilation`);
  const field = kernel.shape.slice(0, axes);
  const [cin, filters] = kernel.shape.slice(axes) as [number, number];
  const windows = spaceOf(x.shape).map((extent, d) =>
    windowsAlong(extent, field[d]!, strides[d]!, padding, dilation[d]!),
  );
  checkFit(name, x, field, dilation, windows);
  const padded = pad(x, spacePadding(windows));
  const results = windows.map(({ count }) => count);
  const [o, k] = [(d: number) => 1 + d, (d: number) => 2 + axes + d];
  const [b, f, c, g] = [0, 1 + axes, 2 + 2 * axes, 3 + 2 * axes];
  const names = letters(axes);
  const space = [
    { name: 'b', size: x.shape[0]! },
    ...names.map((letter, d) => ({ name: `o${letter}`, size: results[d]! })),
    { name: 'f', size: filters / groups },
    ...names.map((letter, d) => ({ name: `k${letter}`, size: field[d]! })),
    { name: 'c', size: cin },
  ];
  const seen = names.map((_, d): IndexMap[number] => [
    [o(d), strides[d]!],
    [k(d), dilation[d]!],
  ]);
  const [ofKernel, ofResult] = [names.map((_, d) => at(k(d))), names.map((_, d) => at(o(d)))];
  if (groups === 1) {
    return contract(padded, kernel, {
      axes: space,
      a: [at(b), ...seen, at(c)],
      b: [...ofKernel, at(c), at(f)],
      out: [at(b), ...ofResult, at(f)],
    });
  }
  const grouped = contract(
    reshape(padded, [...padded.shape.slice(0, -1), groups, cin]),
    reshape(kernel, [...field, cin, groups, filters / groups]),
    {
      axes: [...space, { name: 'g', size: groups }],
      a: [at(b), ...seen, at(g), at(c)],
      b: [...ofKernel, at(c), at(g), at(f)],
      out: [at(b), ...ofResult, at(g), at(f)],
    },
  );
  return reshape(grouped, [x.shape[0]!, ...results, filters]);
}

function at(axis: number): IndexMap[number] {
  return [[axis, 1]];
}

function checkShapes(name: string, axes: number, x: Tensor, kernel: Tensor, groups: number): void {
  const channels = x.shape[axes + 1];
  const [cin, filters] = kernel.shape.slice(axes);
  const fits =
    x.rank === axes + 2 &&
    kernel.rank === axes + 2 &&
    Number.isInteger(groups) &&
    groups >= 1 &&
    cin! * groups === channels &&
    filters! % groups === 0;
  if (!fits) {
    const field = letters(axes).map((letter) => `K${letter.toUpperCase()}`);
    throw new RangeError(
      `${name}: expected x ${pictureAxes(axes)} and a kernel [${field},C/groups,F] with F a multiple of groups = ${groups}; received ${formatShape(x.shape)} and ${formatShape(kernel.shape)}.`,
    );
  }
}

function checkFit(
  name: string,
  x: Tensor,
  field: readonly number[],
  dilation: readonly number[],
  windows: readonly Windows[],
): void {
  if (windows.every(({ count }) => count >= 1)) return;
  throw new RangeError(
    `${name}: the kernel ${formatShape(field)} with dilation ${formatShape(dilation)} is larger than the image ${formatShape(spaceOf(x.shape))}. Use padding 'same' or a smaller kernel.`,
  );
}
