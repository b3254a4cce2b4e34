import type { Graph } from '../../../src/compiler/program.ts';
import { averagePool2d, conv2d, maxPool2d, softmax } from '../../../src/functional/index.ts';
import { print } from '../../../src/ir/graph.ts';
import { type DType, sizeOf } from '../../../src/ir/shape.ts';
import { type Tensor, Variable } from '../../../src/ir/tensor.ts';
import {
  absolute,
  add,
  broadcast,
  cast,
  concat,
  constant,
  contract,
  divide,
  equal,
  exp,
  flip,
  floor,
  full,
  gradients,
  input,
  iota,
  less,
  lessEqual,
  log,
  logicalAnd,
  logicalNot,
  logicalOr,
  max,
  maximum,
  minimum,
  multiply,
  negative,
  pad,
  randomBits,
  read,
  reshape,
  sigmoid,
  slice,
  sqrt,
  stopGradient,
  subtract,
  sum,
  tanh,
  transpose,
  where,
  windowMax,
  windowSum,
} from '../../../src/ops/index.ts';
import { integer, permutation, pick, type Random, seeded } from '../../support/random.ts';

const EXTENTS = [1, 2, 3, 5, 7, 17, 33];

export interface FuzzGraph {
  readonly graph: Graph;
  readonly feeds: Map<Tensor, Float64Array>;
  readonly text: string;
}

/**
 * A random graph over inputs and variables of all element types: chains of ops with several users, outputs in the
 * middle, gradients of the last value, and variables updated from anywhere. The same graph for the same seed.
 */
export function fuzzGraph(seed: number, largest = 1200): FuzzGraph {
  const random = seeded(seed * 104729 + 17);
  const base = randomShape(random, largest);
  const x = input('x', base);
  const images = input('images', [
    pick(random, [1, 2, 3]),
    pick(random, [4, 5, 7, 9]),
    pick(random, [3, 5, 8]),
    pick(random, [2, 4, 6]),
  ]);
  const integers = input('integers', [pick(random, EXTENTS)], 'int32');
  const truths = input('truths', base, 'bool');
  const variables = Array.from({ length: integer(random, 0, 2) }, (_, i) => {
    const shape = i === 0 ? base : randomShape(random, largest);
    return new Variable(`v${i}`, shape, 'float32', draw('float32', shape, random) as Float32Array);
  });
  const feeds = new Map<Tensor, Float64Array>();
  const inputs = [x, ...(random() < 0.5 ? [images] : []), ...(random() < 0.3 ? [integers] : [])];
  if (random() < 0.4) inputs.push(truths);
  for (const node of inputs) feeds.set(node, Float64Array.from(draw(node.dtype, node.shape, random)));
  const nodes = [...inputs, ...variables.map(read)];
  const steps = integer(random, 4, 14);
  for (let i = 0; i < steps; i++) {
    const node = nodes[Math.floor(nodes.length * Math.sqrt(random()))]!;
    const next = pick(random, STEPS[node.dtype])(node, nodes, random);
    if (next && next.size <= largest && next.size > 0) nodes.push(next);
  }
  const last = nodes.findLast((node) => node.dtype === 'float32')!;
  const wrt = nodes.filter((node) => node.inputs.length === 0 && node.dtype === 'float32');
  const slopes = gradients(sum(multiply(last, weights(last.shape, random))), wrt);
  const outputs = [last, ...slopes, pick(random, nodes), pick(random, nodes)];
  const updates = variables.map((variable, i) => {
    const alike = [...nodes, ...slopes].filter((n) => n.size === variable.size && n.dtype === 'float32');
    const source = pick(random, alike);
    const value = reshape(source, variable.shape);
    const step = subtract(read(variable), multiply(value, 0.1));
    return { variable, value: i === 0 || random() < 0.5 ? step : value };
  });
  return {
    graph: { inputs, outputs, updates },
    feeds,
    text: print([...outputs, ...updates.map(({ value }) => value)]),
  };
}

type Step = (x: Tensor, nodes: readonly Tensor[], random: Random) => Tensor | undefined;

const ANY: readonly Step[] = [
  (x, _nodes, random) => transpose(x, permutation(random, x.rank)),
  (x, _nodes, random) => (x.rank === 0 ? undefined : flip(x, [integer(random, 0, x.rank - 1)])),
  (x) => (x.rank > 1 ? reshape(x, [-1]) : reshape(x, [1, ...x.shape, 1])),
  (x, _nodes, random) => randomSlice(x, random),
  (x, nodes, random) => {
    if (x.rank === 0) return undefined;
    const axis = integer(random, 0, x.rank - 1);
    return concat([x, like(x, nodes, random), x], axis);
  },
  (x, _nodes, random) => {
    const axis = integer(random, 0, x.rank);
    const shape = x.shape.toSpliced(axis, 0, pick(random, [2, 3, 5]));
    return broadcast(x, shape, x.shape.map((_, d) => (d < axis ? d : d + 1))); // biome-ignore format: one line
  },
];

const STEPS: Record<DType, readonly Step[]> = {
  float32: [
    ...ANY,
    (x) => tanh(x),
    (x) => sigmoid(x),
    (x) => exp(minimum(x, 1)),
    (x) => log(add(absolute(x), 0.5)),
    (x) => sqrt(add(multiply(x, x), 0.1)),
    (x) => negative(maximum(x, 0)),
    (x) => add(floor(multiply(x, 3)), x),
    (x) => stopGradient(x),
    (x, _nodes, random) => multiply(x, 2 * random() - 1),
    (x, nodes, random) => add(x, like(x, nodes, random)),
    (x, nodes, random) => subtract(x, like(x, nodes, random)),
    (x, nodes, random) => multiply(x, like(x, nodes, random)),
    (x, nodes, random) => divide(x, add(absolute(like(x, nodes, random)), 1)),
    (x, nodes, random) => maximum(x, like(x, nodes, random)),
    (x, nodes, random) => where(less(like(x, nodes, random), 0.1), x, 0.5),
    (x, nodes, random) => lessEqual(x, like(x, nodes, random)),
    (x) => cast(multiply(x, 10), 'int32'),
    (x, _nodes, random) => (x.rank === 0 ? undefined : sum(x, someAxes(x, random), random() < 0.3)),
    (x, _nodes, random) => (x.rank === 0 ? undefined : subtract(x, max(x, someAxes(x, random), true))),
    (x) => (x.rank === 0 ? undefined : softmax(x)),
    (x, _nodes, random) =>
      pad(x, {
        low: x.shape.map(() => integer(random, 0, 2)),
        high: x.shape.map(() => integer(random, 0, 2)),
        interior: x.shape.map(() => integer(random, 0, 1)),
        value: pick(random, [0, 0, 0.25]),
      }),
    (x, _nodes, random) => pooled(x, random, windowMax),
    (x, _nodes, random) => pooled(x, random, windowSum),
    (x, _nodes, random) => product(x, random),
    (x, _nodes, random) => correlation(x, random),
    (x, _nodes, random) => convolution(x, random),
    (x, _nodes, random) => convolution(x, random),
    (x, _nodes, random) =>
      x.rank === 4
        ? pick(random, [maxPool2d, averagePool2d])(x, { poolSize: 3, strides: 2, padding: 'same' })
        : undefined,
  ],
  int32: [
    ...ANY,
    (x) => multiply(x, 1103515245),
    (x) => maximum(x, negative(x)),
    (x, nodes, random) => add(x, like(x, nodes, random)),
    (x, nodes, random) => minimum(x, like(x, nodes, random)),
    (x, nodes, random) => equal(x, like(x, nodes, random)),
    (x) => (x.rank === 0 ? undefined : add(x, iota(x.shape, x.rank - 1))),
    (x) => (x.rank === 0 ? undefined : sum(x, 0)),
    (x) => divide(cast(minimum(x, 1000), 'float32'), 1000),
    (x) =>
      x.size < 2
        ? undefined
        : divide(cast(randomBits(slice(reshape(x, [-1]), [0], [2]), [37]), 'float32'), 2 ** 31),
  ],
  bool: [
    ...ANY,
    (x) => logicalNot(x),
    (x, nodes, random) => logicalAnd(x, like(x, nodes, random)),
    (x, nodes, random) => logicalOr(x, like(x, nodes, random)),
    (x, _nodes, random) => where(x, weights(x.shape, random), full(x.shape, 0.5)),
    (x) => cast(x, 'float32'),
    (x) => cast(x, 'int32'),
  ],
};

function someAxes(x: Tensor, random: Random): number[] {
  const axes = x.shape.map((_, axis) => axis).filter(() => random() < 0.5);
  return axes.length > 0 ? axes : [integer(random, 0, x.rank - 1)];
}

/** Another node of the same shape and type if there is one, or a constant. */
function like(x: Tensor, nodes: readonly Tensor[], random: Random): Tensor {
  const others = nodes.filter((n) => n.dtype === x.dtype && `${n.shape}` === `${x.shape}`);
  if (random() < 0.8 && others.length > 0) return pick(random, others);
  return constant(draw(x.dtype, x.shape, random), x.shape, x.dtype);
}

function weights(shape: readonly number[], random: Random): Tensor {
  return constant(draw('float32', shape, random), shape);
}

function draw(dtype: DType, shape: readonly number[], random: Random): Float32Array | Int32Array {
  const length = sizeOf(shape);
  if (dtype === 'float32') return Float32Array.from({ length }, () => 2 * random() - 1);
  const limit = dtype === 'bool' ? 2 : 200;
  return Int32Array.from({ length }, () => Math.floor(random() * limit) - (dtype === 'bool' ? 0 : 100));
}

function randomShape(random: Random, largest: number): number[] {
  const shape = Array.from({ length: integer(random, 0, 4) }, () => pick(random, EXTENTS));
  while (sizeOf(shape) > largest) shape.pop();
  return shape;
}

function randomSlice(x: Tensor, random: Random): Tensor {
  const step = x.shape.map(() => integer(random, 1, 3));
  const start = x.shape.map((extent) => integer(random, 0, Math.floor((extent - 1) / 2)));
  const size = x.shape.map((extent, d) => Math.ceil((extent - start[d]!) / step[d]!));
  return slice(x, start, size, step);
}

function pooled(x: Tensor, random: Random, pool: typeof windowMax): Tensor {
  const window = x.shape.map((extent) => integer(random, 1, Math.min(3, extent)));
  const strides = x.shape.map(() => integer(random, 1, 3));
  return pool(x, { window, strides });
}

function product(x: Tensor, random: Random): Tensor | undefined {
  const depth = x.shape.at(-1);
  if (depth === undefined) return undefined;
  const units = pick(random, EXTENTS);
  const rows = x.size / depth;
  return contract(reshape(x, [rows, depth]), weights([depth, units], random), {
    axes: [
      { name: 'm', size: rows },
      { name: 'n', size: units },
      { name: 'k', size: depth },
    ],
    a: [[[0, 1]], [[2, 1]]],
    b: [[[2, 1]], [[1, 1]]],
    out: [[[0, 1]], [[1, 1]]],
  });
}

/** A strided and dilated correlation along the first axis; its gradients scatter. */
function correlation(x: Tensor, random: Random): Tensor | undefined {
  const extent = x.shape[0];
  if (extent === undefined || extent < 3) return undefined;
  const channels = x.size / extent;
  const filters = pick(random, EXTENTS);
  const [stride, dilation] = [integer(random, 1, 3), integer(random, 1, Math.floor((extent - 1) / 2))];
  const taps = integer(random, 2, Math.floor((extent - 1) / dilation) + 1);
  const results = Math.floor((extent - 1 - dilation * (taps - 1)) / stride) + 1;
  return contract(reshape(x, [extent, channels]), weights([taps, channels, filters], random), {
    axes: [
      { name: 'o', size: results },
      { name: 'f', size: filters },
      { name: 't', size: taps },
      { name: 'c', size: channels },
    ],
    a: [[[0, stride], [2, dilation]], [[3, 1]]], // biome-ignore format: a map
    b: [[[2, 1]], [[3, 1]], [[1, 1]]],
    out: [[[0, 1]], [[1, 1]]],
  });
}

function convolution(x: Tensor, random: Random): Tensor | undefined {
  if (x.rank !== 4) return undefined;
  const [, height, width, channels] = x.shape as [number, number, number, number];
  const groups = pick(random, [1, 1, 2, channels].filter((g) => channels % g === 0)); // biome-ignore format: one line
  const filters = groups * pick(random, [1, 2, 3, 5]);
  const kernel = [integer(random, 1, 3), integer(random, 1, 3)] as const;
  const dilation = [integer(random, 1, 2), integer(random, 1, 2)] as const;
  const small = dilation[0] * (kernel[0] - 1) >= height || dilation[1] * (kernel[1] - 1) >= width;
  return conv2d(x, weights([...kernel, channels / groups, filters], random), {
    strides: [integer(random, 1, 3), integer(random, 1, 3)],
    dilation,
    groups,
    padding: small ? 'same' : pick(random, ['valid', 'same'] as const),
  });
}
