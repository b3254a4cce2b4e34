import { conv2d, matmul, maxPool2d, mean, relu, softmax } from '../../src/functional/index.ts';
import { sizeOf } from '../../src/ir/shape.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import {
  add,
  constant,
  exp,
  gradients,
  input,
  max,
  multiply,
  randomBits,
  sum,
  tanh,
  transpose,
} from '../../src/ops/index.ts';
import { seeded } from './random.ts';

interface LargeGraph {
  readonly outputs: readonly Tensor[];
  readonly feeds: Map<Tensor, Float64Array>;
}

/** Enough work that a backend splits it, in shapes that do not divide evenly among threads, tiles or lanes. */
export const LARGE_GRAPHS: readonly (readonly [name: string, build: () => LargeGraph])[] = [
  ['an elementwise chain', () => graph([[517, 601]], ([x]) => [tanh(multiply(exp(x!), x!))])],
  ['sums and maxima along either axis', () => graph([[1031, 1009]], ([x]) => reductions(x!))],
  ['a sum of everything', () => graph([[3, 517, 701]], ([x]) => [sum(x!), sum(multiply(x!, x!))])],
  ['a softmax', () => graph([[301, 499]], ([x]) => [softmax(x!)])],
  [
    'a transpose into a product',
    () =>
      graph(
        [
          [131, 97],
          [131, 113],
        ],
        ([a, b]) => [matmul(transpose(a!), b!)],
      ),
  ],
  [
    'a matrix product and its gradients',
    () =>
      graph(
        [
          [97, 131],
          [131, 113],
        ],
        ([a, b]) => withGradients(tanh(matmul(a!, b!)), [a!, b!]),
      ),
  ],
  [
    'a product of one row',
    () =>
      graph(
        [
          [1, 1201],
          [1201, 1001],
        ],
        ([a, b]) => [matmul(a!, b!)],
      ),
  ],
  [
    'a product to one column',
    () =>
      graph(
        [
          [1201, 1001],
          [1001, 1],
        ],
        ([a, b]) => [matmul(a!, b!)],
      ),
  ],
  [
    'a convolution stage and its gradients',
    () =>
      graph([[5, 15, 17, 6], [3, 3, 6, 19], [19]], ([x, w, b]) =>
        withGradients(maxPool2d(relu(add(conv2d(x!, w!), b!)), { poolSize: 2 }), [x!, w!, b!]),
      ),
  ],
  [
    'a convolution with stride, padding and groups and its gradients',
    () =>
      graph(
        [
          [5, 23, 21, 8],
          [5, 3, 4, 14],
        ],
        ([x, w]) => withGradients(conv2d(x!, w!, { strides: [2, 1], padding: 'same', groups: 2 }), [x!, w!]),
      ),
  ],
  [
    'a convolution of many channels by 3×3 and its gradients',
    () =>
      graph(
        [
          [3, 13, 14, 17],
          [3, 3, 17, 19],
        ],
        ([x, w]) => withGradients(conv2d(x!, w!), [x!, w!]),
      ),
  ],
  [
    'random bits',
    () => {
      const key = constant([3, 9], [2], 'int32');
      return { outputs: [randomBits(key, [200_003])], feeds: new Map() };
    },
  ],
];

function graph(
  shapes: readonly (readonly number[])[],
  build: (inputs: readonly Tensor[]) => readonly Tensor[],
): LargeGraph {
  const random = seeded(shapes.flat().reduce((seed, n) => Math.imul(seed, 31) + n, 7));
  const inputs = shapes.map((shape, i) => input(`x${i}`, shape));
  const feeds = new Map(
    inputs.map((x) => [x, Float64Array.from({ length: x.size }, () => Math.fround(2 * random() - 1))]),
  );
  return { outputs: build(inputs), feeds };
}

function reductions(x: Tensor): Tensor[] {
  return [sum(x, 0), sum(x, 1), max(x, 0), max(x, 1)];
}

function withGradients(y: Tensor, wrt: readonly Tensor[]): Tensor[] {
  const random = seeded(y.size);
  const dy = constant(
    Array.from({ length: sizeOf(y.shape) }, () => 2 * random() - 1),
    y.shape,
  );
  return [y, ...gradients(mean(multiply(y, dy)), wrt)];
}
