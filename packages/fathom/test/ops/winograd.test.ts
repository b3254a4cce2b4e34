import { describe, expect, it } from 'vitest';
import { conv2d } from '../../src/functional/index.ts';
import { topologicalOrder, vjp } from '../../src/ir/graph.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { contractOp, input } from '../../src/ops/index.ts';
import { winograd } from '../../src/ops/winograd.ts';
import { evaluate } from '../../src/runtime.ts';
import { algebra, exact } from '../support/differences.ts';
import { seeded } from '../support/random.ts';

/** The transforms cost no more than this in float64. */
const EQUAL = 1e-12;

const SHAPES = [
  { x: [4, 10, 10, 16], filters: 16 },
  { x: [2, 11, 13, 17], filters: 19 },
  { x: [3, 18, 9, 16], filters: 24 },
  { x: [1, 15, 16, 33], filters: 16 },
];

describe('winograd', () => {
  it.each(SHAPES)('equals the convolution and both of its gradients: $x to $filters maps', async (shape) => {
    const random = seeded(shape.filters);
    for (const padding of ['valid', 'same'] as const) {
      const x = input('x', shape.x);
      const w = input('w', [3, 3, shape.x[3]!, shape.filters]);
      const y = conv2d(x, w, { padding });
      const dy = input('dy', y.shape);
      const feeds = new Map(
        [x, w, dy].map((node) => [node, Float64Array.from({ length: node.size }, () => 2 * random() - 1)]),
      );
      const convolutions = topologicalOrder([y, ...vjp([y], [dy], [x, w], algebra)]).filter(
        (node) => node.op === contractOp,
      );
      expect(convolutions).toHaveLength(3);
      for (const [i, node] of convolutions.entries()) {
        const faster = winograd(node);
        if (i === 0) expect(faster, 'the forward pass is worth it').toBeDefined();
        if (faster) await expectEqual(faster, node, feeds);
      }
    }
  });

  it('leaves alone what it was not made for', () => {
    const x = input('x', [1, 12, 12, 16]);
    const many = input('x', [2, 12, 12, 16]);
    const kernel = (h: number, w: number, groups = 1) => input('w', [h, w, 16 / groups, 16]);
    expect(winograd(conv2d(many, kernel(3, 3)))).toBeDefined();
    expect(winograd(conv2d(many, kernel(5, 5)))).toBeUndefined();
    expect(winograd(conv2d(many, kernel(3, 1)))).toBeUndefined();
    expect(winograd(conv2d(many, kernel(3, 3), { strides: 2 }))).toBeUndefined();
    expect(winograd(conv2d(many, kernel(3, 3), { dilation: 2 }))).toBeUndefined();
    expect(winograd(conv2d(many, kernel(3, 3, 2), { groups: 2 }))).toBeUndefined();
    expect(winograd(conv2d(input('x', [2, 12, 12, 3]), input('w', [3, 3, 3, 16])))).toBeUndefined();
    expect(winograd(x)).toBeUndefined();
    // 9 tiles: transforming the kernel would take longer.
    expect(winograd(conv2d(x, kernel(3, 3)))).toBeUndefined();
  });
});

async function expectEqual(
  faster: Tensor,
  node: Tensor,
  feeds: ReadonlyMap<Tensor, Float64Array>,
): Promise<void> {
  expect(faster.shape).toEqual(node.shape);
  const [actual, expected] = await evaluate([faster, node], feeds, exact);
  let largest = 0;
  for (const value of expected!) largest = Math.max(largest, Math.abs(value));
  actual!.forEach((value, i) => {
    expect(Math.abs(value - expected![i]!), `element ${i}`).toBeLessThan(EQUAL * largest);
  });
}
