import { formatShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { contract, type IndexMap, reshape } from '../ops/index.ts';
import {
  letters,
  type Pair,
  type PerAxis,
  perAxis,
  pictureAxes,
  type Single,
  spaceOf,
  windowsAlong,
} from './spatial.ts';

export interface LocallyConnectedOptions<Size extends PerAxis = PerAxis> {
  /** Places that each detector sees along each axis. */
  readonly kernelSize: Size;
  /** Default 1. */
  readonly strides?: Size;
}

/**
 * {@link locallyConnected2d} along one axis: y[b, i, f] = Σ x[b, i·s + k, c] · kernel[i, (k, c), f].
 *
 * @param x [B, T, C]
 * @param kernel [OT, KT·C, F]
 * @returns [B, OT, F]
 */
export function locallyConnected1d(
  x: Tensor,
  kernel: Tensor,
  options: LocallyConnectedOptions<Single>,
): Tensor {
  return connect('locallyConnected1d', 1, x, kernel, options);
}

/**
 * A convolution whose every place has kernels of its own:
 * y[b, i, j, f] = Σ x[b, i·s + k, j·s + l, c] · kernel[(i, j), (k, l, c), f].
 *
 * Paper: Y. LeCun, Generalization and network design strategies (1989).
 *
 * @param x [B, H, W, C]
 * @param kernel [OH·OW, KH·KW·C, F], as in Keras 2: the places, then what each sees, both in row-major order
 * @returns [B, OH, OW, F] with OH = ⌊(H − KH) / s⌋ + 1
 * @throws RangeError when the shapes do not fit together
 * @example
 * locallyConnected2d(zeros([1, 5, 5, 1]), zeros([9, 9, 4]), { kernelSize: 3 }); // [1, 3, 3, 4]
 */
export function locallyConnected2d(
  x: Tensor,
  kernel: Tensor,
  options: LocallyConnectedOptions<Pair>,
): Tensor {
  return connect('locallyConnected2d', 2, x, kernel, options);
}

function connect(
  name: string,
  axes: number,
  x: Tensor,
  kernel: Tensor,
  options: LocallyConnectedOptions,
): Tensor {
  const field = perAxis(options.kernelSize, axes, `${name}: kernelSize`);
  const strides = perAxis(options.strides ?? 1, axes, `${name}: strides`);
  if (x.rank !== axes + 2) {
    throw new RangeError(`${name}: expected x ${pictureAxes(axes)}; received ${formatShape(x.shape)}.`);
  }
  const counts = spaceOf(x.shape).map(
    (extent, d) => windowsAlong(extent, field[d]!, strides[d]!, 'valid').count,
  );
  const [batch, channels, filters] = [x.shape[0]!, x.shape[axes + 1]!, kernel.shape[2]!];
  const places = counts.reduce((product, n) => product * Math.max(0, n), 1);
  const seen = field.reduce((product, n) => product * n, channels);
  if (kernel.rank !== 3 || kernel.shape[0] !== places || kernel.shape[1] !== seen) {
    throw new RangeError(
      `${name}: expected a kernel [${places},${seen},F] for x ${formatShape(x.shape)} and windows ${formatShape(field)}; received ${formatShape(kernel.shape)}.`,
    );
  }
  const names = letters(axes);
  const [b, f, c] = [0, 1 + axes, 2 + 2 * axes];
  const at = (axis: number): IndexMap[number] => [[axis, 1]];
  const [o, k] = [names.map((_, d) => 1 + d), names.map((_, d) => 2 + axes + d)];
  return contract(x, reshape(kernel, [...counts, ...field, channels, filters]), {
    axes: [
      { name: 'b', size: batch },
      ...names.map((letter, d) => ({ name: `o${letter}`, size: counts[d]! })),
      { name: 'f', size: filters },
      ...names.map((letter, d) => ({ name: `k${letter}`, size: field[d]! })),
      { name: 'c', size: channels },
    ],
    a: [
      at(b),
      ...names.map((_, d): IndexMap[number] => [
        [o[d]!, strides[d]!],
        [k[d]!, 1],
      ]),
      at(c),
    ],
    b: [...o.map(at), ...k.map(at), at(c), at(f)],
    out: [at(b), ...o.map(at), at(f)],
  });
}
