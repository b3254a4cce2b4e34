import { conv2d } from '../functional/convolution.ts';
import { averagePool2d, maxPool2d } from '../functional/pooling.ts';
import { conv2dTranspose } from '../functional/transposedConvolution.ts';
import type { Shape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { add, gradients, input, ones, pad, slice, sum } from '../ops/index.ts';
import { runExactly } from './session.ts';
import {
  type Grid,
  kernelExtent,
  type WindowAxis,
  type WindowGeometry,
  type WindowStep,
} from './windowGeometry.ts';

/** What a step gives, as the library computes it. */
export interface WindowMaps {
  /** One for each kernel; one of pooling. */
  readonly maps: readonly Grid[];
  /**
   * Of a convolution or pooling, how many windows see each input place; of a transposed convolution, how many stamps
   * reach each result.
   */
  readonly seen: Grid;
  /** Of max pooling, ∂(sum of the results)/∂(input): where a gradient arrives. */
  readonly gradient: Grid | undefined;
}

/**
 * Runs one step with the library's own convolution or pooling, in 64 bits: grids are small and read by people.
 *
 * @param geometry of {@link windowLayout}
 * @example
 * const step = { operation: 'max', input: [[1, 3], [4, 0]], kernels: [[[0, 0], [0, 0]]], biases: [0], stride: 2, padding: 0, dilation: 1 };
 * const { geometry } = inspect.windowLayout(step);
 * (await inspect.windowMaps(step, geometry)).maps; // [[[4]]]
 */
export async function windowMaps(step: WindowStep, geometry: WindowGeometry): Promise<WindowMaps> {
  const shape = [1, step.input.length, step.input[0]?.length ?? 0, 1];
  const x = input('x', shape);
  const flat = step.input.flat();
  const { rows, columns } = geometry;
  switch (step.operation) {
    case 'convolution':
    case 'transposed': {
      const [height, width] = kernelExtent(step);
      const count = step.kernels.length;
      const transposed = step.operation === 'transposed';
      // A convolution names its results last in the kernel, a transposed one its channels.
      const kernelShape = transposed ? [height, width, count, 1] : [height, width, 1, count];
      const kernel = input('kernel', kernelShape);
      const bias = input('bias', [1, 1, 1, count]);
      const run = transposed ? stamp : slide;
      const y = add(run(x, kernel, geometry), bias);
      const seen = transposed
        ? stamp(ones(shape), ones([height, width, 1, 1]), geometry)
        : gradients(sum(slide(x, ones([height, width, 1, 1]), geometry)), [x])[0]!;
      const [maps, times] = await runExactly({ inputs: [x, kernel, bias], outputs: [y, seen] }, [
        flat,
        interleaved(step.kernels),
        step.biases,
      ]);
      const results = [rows.count, columns.count] as const;
      const extent = transposed ? results : ([rows.extent, columns.extent] as const);
      return {
        maps: step.kernels.map((_, f) => gridOf(maps!, ...results, f, count)),
        seen: gridOf(times!, ...extent),
        gradient: undefined,
      };
    }
    case 'max':
    case 'average': {
      const options = {
        poolSize: kernelExtent(step),
        strides: step.stride,
        padding: step.padding === 'same' ? ('same' as const) : ('valid' as const),
      };
      const max = step.operation === 'max';
      const y = max ? maxPool2d(x, options) : averagePool2d(x, options);
      const [dx] = gradients(sum(y), [x]);
      const counted = ones([...options.poolSize, 1, 1]);
      const [seen] = gradients(sum(slide(x, counted, geometry)), [x]);
      const [map, times, gradient] = await runExactly({ inputs: [x], outputs: [y, seen!, dx!] }, [flat]);
      return {
        maps: [gridOf(map!, rows.count, columns.count)],
        seen: gridOf(times!, rows.extent, columns.extent),
        gradient: max ? gridOf(gradient!, rows.extent, columns.extent) : undefined,
      };
    }
    default:
      return step.operation satisfies never;
  }
}

/** A convolution of the padded picture. */
function slide(x: Tensor, kernel: Tensor, { rows, columns, stride, dilation }: WindowGeometry): Tensor {
  return conv2d(bordered(x, rows, columns), kernel, { strides: stride, dilation });
}

/** A transposed convolution with its border cut off. */
function stamp(x: Tensor, kernel: Tensor, { rows, columns, stride, dilation }: WindowGeometry): Tensor {
  const y = conv2dTranspose(x, kernel, { strides: stride, dilation });
  const high = [missing(y.shape, 1, rows), missing(y.shape, 2, columns)];
  return slice(
    pad(y, { low: [0, 0, 0, 0], high: [0, ...high, 0] }),
    [0, rows.low, columns.low, 0],
    [1, rows.count, columns.count, y.shape[3]!],
  );
}

function missing(shape: Shape, axis: number, { low, count }: WindowAxis): number {
  return Math.max(0, low + count - shape[axis]!);
}

function bordered(x: Tensor, rows: WindowAxis, columns: WindowAxis): Tensor {
  return pad(x, { low: [0, rows.low, columns.low, 0], high: [0, rows.high, columns.high, 0] });
}

/** [kh, kw, F] of F kernels [kh, kw]. */
function interleaved(kernels: readonly Grid[]): number[] {
  const flat = kernels.map((kernel) => kernel.flat());
  return flat[0]!.flatMap((_, i) => flat.map((kernel) => kernel[i]!));
}

/** Rows of a flat list, of every `count`-th number from number `from` on. */
function gridOf(values: ArrayLike<number>, rows: number, columns: number, from = 0, count = 1): Grid {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => values[from + count * (row * columns + column)]!),
  );
}
