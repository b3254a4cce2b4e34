import { evaluate, functional, gradients, ops, referenceBackend, type Shape, type Tensor } from 'fathom';
import { columnsOf, type Matrix, matrixOf, rowsOf } from '../../views/matrix.ts';
import type { Axis, Geometry } from './geometry.ts';
import { kernelSize, type Settings } from './settings.ts';

/** What a step gives, as the library computes it. */
export interface Maps {
  /** One for each kernel; one of pooling. */
  readonly maps: readonly Matrix[];
  /**
   * Of a convolution or pooling, how many windows see each input place; of a transposed convolution, how many stamps
   * reach each result.
   */
  readonly seen: Matrix;
  /** Of max pooling, ∂(sum of the results)/∂(input): where a gradient arrives. */
  readonly gradient: Matrix | undefined;
}

/** Grids are small and read by people: 64 bits, so that 2.3 is 2.3. */
const backend = referenceBackend({ precision: 64 });

/** Runs one step with the library's own convolution or pooling. */
export async function computeMaps(settings: Settings, geometry: Geometry): Promise<Maps> {
  const shape = [1, rowsOf(settings.input), columnsOf(settings.input), 1];
  const x = ops.input('x', shape);
  const feeds = new Map<Tensor, ArrayLike<number>>([[x, settings.input.flat()]]);
  const { rows, columns } = geometry;
  const values = (outputs: readonly Tensor[]) => evaluate(outputs, feeds, backend);
  switch (settings.operation) {
    case 'convolution':
    case 'transposed': {
      const [height, width] = kernelSize(settings);
      const count = settings.kernels.length;
      const transposed = settings.operation === 'transposed';
      // A convolution names its results last in the kernel, a transposed one its channels.
      const kernelShape = transposed ? [height, width, count, 1] : [height, width, 1, count];
      const kernel = ops.input('kernel', kernelShape);
      const bias = ops.input('bias', [1, 1, 1, count]);
      feeds.set(kernel, interleaved(settings.kernels));
      feeds.set(bias, settings.biases);
      const run = transposed ? stamp : slide;
      const y = ops.add(run(x, kernel, geometry), bias);
      const seen = transposed
        ? stamp(ops.ones(shape), ops.ones([height, width, 1, 1]), geometry)
        : gradients(ops.sum(slide(x, ops.ones([height, width, 1, 1]), geometry)), [x])[0]!;
      const [maps, times] = await values([y, seen]);
      const results = [rows.count, columns.count] as const;
      const extent = transposed ? results : ([rows.extent, columns.extent] as const);
      return {
        maps: settings.kernels.map((_, f) => matrixOf(maps!, ...results, f, count)),
        seen: matrixOf(times!, ...extent),
        gradient: undefined,
      };
    }
    case 'max':
    case 'average': {
      const options = {
        poolSize: kernelSize(settings),
        strides: settings.stride,
        padding: settings.padding === 'same' ? ('same' as const) : ('valid' as const),
      };
      const max = settings.operation === 'max';
      const y = max ? functional.maxPool2d(x, options) : functional.averagePool2d(x, options);
      const [dx] = gradients(ops.sum(y), [x]);
      const counted = ops.ones([...options.poolSize, 1, 1]);
      const [seen] = gradients(ops.sum(slide(x, counted, geometry)), [x]);
      const [map, times, gradient] = await values([y, seen!, dx!]);
      return {
        maps: [matrixOf(map!, rows.count, columns.count)],
        seen: matrixOf(times!, rows.extent, columns.extent),
        gradient: max ? matrixOf(gradient!, rows.extent, columns.extent) : undefined,
      };
    }
    default:
      return settings.operation satisfies never;
  }
}

/** A convolution of the padded picture. */
function slide(x: Tensor, kernel: Tensor, { rows, columns, stride, dilation }: Geometry): Tensor {
  return functional.conv2d(bordered(x, rows, columns), kernel, { strides: stride, dilation });
}

/** A transposed convolution with its border cut off. */
function stamp(x: Tensor, kernel: Tensor, { rows, columns, stride, dilation }: Geometry): Tensor {
  const y = functional.conv2dTranspose(x, kernel, { strides: stride, dilation });
  const high = [missing(y.shape, 1, rows), missing(y.shape, 2, columns)];
  return ops.slice(
    ops.pad(y, { low: [0, 0, 0, 0], high: [0, ...high, 0] }),
    [0, rows.low, columns.low, 0],
    [1, rows.count, columns.count, y.shape[3]!],
  );
}

function missing(shape: Shape, axis: number, { low, count }: Axis): number {
  return Math.max(0, low + count - shape[axis]!);
}

function bordered(x: Tensor, rows: Axis, columns: Axis): Tensor {
  return ops.pad(x, { low: [0, rows.low, columns.low, 0], high: [0, rows.high, columns.high, 0] });
}

/** [kh, kw, F] of F kernels [kh, kw]. */
function interleaved(kernels: readonly Matrix[]): number[] {
  const flat = kernels.map((kernel) => kernel.flat());
  return flat[0]!.flatMap((_, i) => flat.map((kernel) => kernel[i]!));
}
