import { print } from '../../src/ir/graph.ts';
import { sameShape, sizeOf } from '../../src/ir/shape.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import {
  absolute,
  add,
  cast,
  concat,
  constant,
  contract,
  divide,
  exp,
  flip,
  gradients,
  input,
  less,
  max,
  maximum,
  minimum,
  multiply,
  pad,
  reshape,
  sigmoid,
  slice,
  subtract,
  sum,
  tanh,
  transpose,
  where,
  windowMax,
  windowSum,
} from '../../src/ops/index.ts';
import { integer, permutation, pick, type Random, seeded } from './random.ts';

const EXTENTS = [1, 2, 3, 4, 5, 7, 8, 9, 16, 17];
const LARGEST = 3000;

export interface RandomGraph {
  readonly outputs: readonly Tensor[];
  readonly feeds: Map<Tensor, Float64Array>;
  readonly text: string;
}

/**
 * A graph of ten or so ops over a few inputs, in shapes that fit no vector or tile, with several users of one node and
 * the gradients of it all: what a compiler fuses, orders and places in memory. The same graph for the same seed.
 */
export function randomGraph(seed: number): RandomGraph {
  const random = seeded(seed * 7919);
  const inputs = Array.from({ length: integer(random, 1, 3) }, (_, i) => input(`x${i}`, randomShape(random)));
  const feeds = new Map(
    inputs.map((x) => [x, Float64Array.from({ length: x.size }, () => Math.fround(2 * random() - 1))]),
  );
  const nodes: Tensor[] = [...inputs];
  const steps = integer(random, 3, 12);
  for (let i = 0; i < steps; i++) {
    // Late nodes are taken more often, which makes chains to fuse; early ones are shared.
    const at = Math.floor(nodes.length * Math.sqrt(random()));
    const next = pick(random, STEPS)(nodes[at]!, nodes, random);
    if (next && next.size <= LARGEST) nodes.push(next);
  }
  const last = nodes.at(-1)!;
  const slopes = gradients(sum(multiply(last, weights(last.shape, random))), inputs);
  const outputs = [last, ...slopes, pick(random, nodes)];
  return { outputs, feeds, text: print(outputs) };
}

type Step = (x: Tensor, nodes: readonly Tensor[], random: Random) => Tensor | undefined;

const STEPS: readonly Step[] = [
  (x) => tanh(x),
  (x) => sigmoid(x),
  (x) => exp(minimum(x, 1)),
  (x) => maximum(x, 0),
  (x) => absolute(x),
  (x, _nodes, random) => multiply(x, 2 * random() - 1),
  (x, nodes, random) => add(x, like(x, nodes, random)),
  (x, nodes, random) => subtract(x, like(x, nodes, random)),
  (x, nodes, random) => multiply(x, like(x, nodes, random)),
  (x, nodes, random) => divide(x, add(absolute(like(x, nodes, random)), 1)),
  (x, nodes, random) => where(less(like(x, nodes, random), 0.1), x, 0.5),
  (x, _nodes, random) => multiply(cast(less(x, 2 * random() - 1), 'float32'), x),
  (x, _nodes, random) => transpose(x, permutation(random, x.rank)),
  (x, _nodes, random) => (x.rank === 0 ? undefined : flip(x, [integer(random, 0, x.rank - 1)])),
  (x, _nodes, random) => reshape(x, factors(x.size, random)),
  (x, _nodes, random) => (x.rank === 0 ? undefined : sum(x, integer(random, 0, x.rank - 1))),
  (x, _nodes, random) =>
    x.rank === 0 ? undefined : subtract(x, max(x, integer(random, 0, x.rank - 1), true)),
  (x) => (x.rank === 0 ? undefined : divide(x, add(1, sum(absolute(x), x.rank - 1, true)))),
  (x, _nodes, random) =>
    pad(x, {
      low: x.shape.map(() => integer(random, 0, 2)),
      high: x.shape.map(() => integer(random, 0, 2)),
      interior: x.shape.map(() => integer(random, 0, 1)),
      value: 0.25,
    }),
  (x, _nodes, random) => randomSlice(x, random),
  (x, nodes, random) => (x.rank === 0 ? undefined : concat([x, like(x, nodes, random), x], 0)),
  (x, _nodes, random) => pooled(x, random, windowMax),
  (x, _nodes, random) => pooled(x, random, windowSum),
  (x, _nodes, random) => product(x, random),
  (x, _nodes, random) => correlation(x, random),
];

/** Another node of the same shape if there is one, or a constant. */
function like(x: Tensor, nodes: readonly Tensor[], random: Random): Tensor {
  const others = nodes.filter((node) => sameShape(node.shape, x.shape));
  return random() < 0.8 && others.length > 0 ? pick(random, others) : weights(x.shape, random);
}

function weights(shape: readonly number[], random: Random): Tensor {
  return constant(
    Array.from({ length: sizeOf(shape) }, () => 2 * random() - 1),
    shape,
  );
}

function randomShape(random: Random): number[] {
  const shape = Array.from({ length: integer(random, 1, 4) }, () => pick(random, EXTENTS));
  while (sizeOf(shape) > LARGEST) shape.pop();
  return shape;
}

/** A shape of so many elements, from random divisors. */
function factors(size: number, random: Random): number[] {
  const shape: number[] = [];
  let rest = size;
  while (rest > 1 && shape.length < 3) {
    const left = rest;
    const divisors = Array.from({ length: left }, (_, i) => i + 1).filter((d) => left % d === 0);
    const divisor = pick(random, divisors);
    shape.push(divisor);
    rest /= divisor;
  }
  return [...shape, rest];
}

function randomSlice(x: Tensor, random: Random): Tensor {
  const step = x.shape.map(() => integer(random, 1, 2));
  const start = x.shape.map((extent) => integer(random, 0, Math.floor((extent - 1) / 2)));
  const size = x.shape.map((extent, d) => Math.ceil((extent - start[d]!) / step[d]!));
  return slice(x, start, size, step);
}

function pooled(x: Tensor, random: Random, pool: typeof windowMax): Tensor {
  const window = x.shape.map((extent) => integer(random, 1, Math.min(3, extent)));
  const strides = x.shape.map(() => integer(random, 1, 2));
  return pool(x, { window, strides });
}

/** x·w over the last axis of x. */
function product(x: Tensor, random: Random): Tensor | undefined {
  const depth = x.shape.at(-1);
  if (depth === undefined) return undefined;
  const units = pick(random, EXTENTS);
  const rows = x.size / depth;
  const axes = [
    { name: 'm', size: rows },
    { name: 'n', size: units },
    { name: 'k', size: depth },
  ];
  return contract(reshape(x, [rows, depth]), weights([depth, units], random), {
    axes,
    a: [[[0, 1]], [[2, 1]]],
    b: [[[2, 1]], [[1, 1]]],
    out: [[[0, 1]], [[1, 1]]],
  });
}

/** A strided and dilated convolution along the first axis, the others being channels. */
function correlation(x: Tensor, random: Random): Tensor | undefined {
  const extent = x.shape[0];
  if (extent === undefined || extent < 3) return undefined;
  const channels = x.size / extent;
  const filters = pick(random, EXTENTS);
  const [stride, dilation] = [integer(random, 1, 2), integer(random, 1, Math.floor((extent - 1) / 2))];
  const taps = integer(random, 2, Math.floor((extent - 1) / dilation) + 1);
  const results = Math.floor((extent - 1 - dilation * (taps - 1)) / stride) + 1;
  return contract(reshape(x, [extent, channels]), weights([taps, channels, filters], random), {
    axes: [
      { name: 'o', size: results },
      { name: 'f', size: filters },
      { name: 't', size: taps },
      { name: 'c', size: channels },
    ],
    a: [
      [
        [0, stride],
        [2, dilation],
      ],
      [[3, 1]],
    ],
    b: [[[2, 1]], [[3, 1]], [[1, 1]]],
    out: [[[0, 1]], [[1, 1]]],
  });
}
