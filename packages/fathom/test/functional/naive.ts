import { type Padding, type Pair, pairOf } from '../../src/functional/index.ts';

/** Convolution by its definition, one product after another, for comparison. */
export function naiveConv2d(
  x: ArrayLike<number>,
  [batch, height, width, channels]: readonly [number, number, number, number],
  kernel: ArrayLike<number>,
  [kernelH, kernelW, cin, filters]: readonly [number, number, number, number],
  options: { strides?: Pair; dilation?: Pair; padding?: Padding; groups?: number } = {},
): number[] {
  const [strideH, strideW] = pairOf(options.strides ?? 1);
  const [dilationH, dilationW] = pairOf(options.dilation ?? 1);
  const filtersPerGroup = filters / (options.groups ?? 1);
  const [outH, lowH] = places(height, kernelH, strideH, dilationH, options.padding);
  const [outW, lowW] = places(width, kernelW, strideW, dilationW, options.padding);
  const y: number[] = [];
  for (let b = 0; b < batch; b++)
    for (let i = 0; i < outH; i++)
      for (let j = 0; j < outW; j++)
        for (let f = 0; f < filters; f++) {
          let sum = 0;
          for (let k = 0; k < kernelH; k++)
            for (let l = 0; l < kernelW; l++)
              for (let c = 0; c < cin; c++) {
                const row = i * strideH + k * dilationH - lowH;
                const column = j * strideW + l * dilationW - lowW;
                if (row < 0 || row >= height || column < 0 || column >= width) continue;
                const channel = Math.floor(f / filtersPerGroup) * cin + c;
                sum +=
                  x[((b * height + row) * width + column) * channels + channel]! *
                  kernel[((k * kernelW + l) * cin + c) * filters + f]!;
              }
          y.push(sum);
        }
  return y;
}

/** Number of windows along an axis and the padding before it, as TensorFlow documents them. */
function places(n: number, f: number, s: number, d: number, padding: Padding = 'valid'): [number, number] {
  const reach = (f - 1) * d + 1;
  if (padding === 'valid') return [Math.ceil((n - reach + 1) / s), 0];
  const remainder = n % s === 0 ? s : n % s;
  return [Math.ceil(n / s), Math.floor(Math.max(reach - remainder, 0) / 2)];
}
