import { describe, expect, it } from 'vitest';
import { conv1d, conv2d, conv2dTranspose, conv3d, depthwiseConv2d } from '../../src/functional/index.ts';
import { topologicalOrder, vjp } from '../../src/ir/graph.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { gatherForm } from '../../src/ops/gather-form.ts';
import { contract, contractOp, input } from '../../src/ops/index.ts';
import { evaluate, selectBackend } from '../../src/runtime.ts';
import { expectAgreement } from '../support/compare.ts';
import { algebra, exact } from '../support/differences.ts';
import { seeded } from '../support/random.ts';

/** The contractions of f's input gradient, and values for all that they read. */
function inputGradient(f: (x: Tensor, w: Tensor) => Tensor, xShape: number[], wShape: number[]) {
  const random = seeded(41);
  const [x, w] = [input('x', xShape), input('w', wShape)];
  const y = f(x, w);
  const dy = input('dy', y.shape);
  const [dx] = vjp([y], [dy], [x], algebra);
  const draw = ({ size }: Tensor) => Float64Array.from({ length: size }, () => Math.fround(2 * random() - 1));
  const feeds = new Map([x, w, dy].map((node) => [node, draw(node)] as const));
  return { dx: dx!, feeds, nodes: topologicalOrder([dx!]).filter(({ op }) => op === contractOp) };
}

const GATHERED: [string, (x: Tensor, w: Tensor) => Tensor, number[], number[]][] = [
  ['depthwise', (x, w) => depthwiseConv2d(x, w, { padding: 'same' }), [2, 16, 13, 5], [3, 3, 5, 1]],
  ['depthwise, two kernels each', (x, w) => depthwiseConv2d(x, w), [1, 14, 15, 3], [2, 4, 3, 2]],
  ['depthwise, spread', (x, w) => depthwiseConv2d(x, w, { dilation: [2, 1] }), [1, 24, 20, 3], [3, 3, 3, 1]],
  ['one filter', (x, w) => conv2d(x, w, { padding: 'same' }), [1, 12, 12, 7], [3, 2, 7, 1]],
  ['along time', (x, w) => conv1d(x, w, { padding: 'causal' }), [2, 20, 6], [5, 6, 2]],
  ['over a volume', (x, w) => conv3d(x, w), [1, 16, 16, 18, 2], [2, 2, 3, 2, 1]],
];

describe('gatherForm', () => {
  it.each(GATHERED)('equals the scatter: %s', async (_name, f, xShape, wShape) => {
    const { feeds, nodes, dx } = inputGradient(f, xShape, wShape);
    expect(nodes).toHaveLength(1);
    const faster = gatherForm(nodes[0]!);
    expect(faster).toBeDefined();
    expect(faster!.shape).toEqual(nodes[0]!.shape);
    const [expected, actual, all] = await evaluate([nodes[0]!, faster!, dx], feeds, exact);
    expected!.forEach((value, i) => {
      expect(actual![i]).toBeCloseTo(value, 12);
    });
    const [compiled] = await evaluate([dx], feeds, await selectBackend('wasm', { threads: 1 }));
    expectAgreement(compiled!, all!, 'sum', 'input gradient');
  });

  it('is a transposed convolution of few channels, too', async () => {
    const random = seeded(43);
    const [x, w] = [input('x', [1, 12, 12, 2]), input('w', [3, 3, 5, 2])];
    const [scatter] = topologicalOrder([conv2dTranspose(x, w)]).filter(({ op }) => op === contractOp);
    const faster = gatherForm(scatter!);
    expect(faster).toBeDefined();
    const feeds = new Map(
      [x, w].map((node) => [node, Float64Array.from({ length: node.size }, () => 2 * random() - 1)] as const),
    );
    const [expected, actual] = await evaluate([scatter!, faster!], feeds, exact);
    expected!.forEach((value, i) => {
      expect(actual![i]).toBeCloseTo(value, 12);
    });
  });

  it('leaves alone what sums enough between loading and storing, what has strides, and small pictures', () => {
    const left = (f: (x: Tensor, w: Tensor) => Tensor, x: number[], w: number[]) =>
      expect(inputGradient(f, x, w).nodes.map(gatherForm)).toEqual([undefined]);
    left(conv2d, [1, 16, 16, 3], [3, 3, 3, 8]);
    left((x, w) => depthwiseConv2d(x, w, { strides: 2 }), [1, 17, 17, 3], [3, 3, 3, 1]);
    left(depthwiseConv2d, [1, 5, 5, 3], [3, 3, 3, 1]);
    const y = conv2d(input('x', [1, 16, 16, 3]), input('w', [3, 3, 3, 1]));
    expect(gatherForm(y), 'a gather already').toBeUndefined();
    expect(gatherForm(input('x', [3]))).toBeUndefined();
  });

  it('leaves alone factors that do not have one index for each axis', () => {
    const axes = [
      { name: 'i', size: 9 },
      { name: 'k', size: 3 },
    ];
    const sum = [[0, 1] as const, [1, 1] as const];
    const both = contract(input('p', [9, 3]), input('q', [3]), {
      axes,
      a: [[[0, 1]], [[1, 1]]],
      b: [[[1, 1]]],
      out: [sum],
    });
    expect(gatherForm(both)).toBeUndefined();
    const longer = contract(input('p', [9]), input('q', [4]), {
      axes,
      a: [[[0, 1]]],
      b: [[[1, 1]]],
      out: [sum],
    });
    expect(gatherForm(longer), 'q has a place that the kernel does not reach').toBeUndefined();
  });
});
