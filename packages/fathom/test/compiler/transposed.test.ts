import { describe, expect, it } from 'vitest';
import { normalizeAxes } from '../../src/compiler/axes.ts';
import { compile } from '../../src/compiler/compile.ts';
import { blockTransposed } from '../../src/compiler/transposed.ts';
import { input, multiply, transpose } from '../../src/ops/index.ts';
import { graphOf, simulate } from './support/machine.ts';
import { lowered } from './support/nests.ts';
import { WASM, WIDE } from './support/targets.ts';

const SHAPES = [
  { shape: [48, 64], order: [1, 0] },
  { shape: [3, 32, 80], order: [0, 2, 1] },
  { shape: [32, 5, 48], order: [2, 1, 0] },
  { shape: [16, 64], order: [1, 0] },
  { shape: [50, 70], order: [1, 0] },
];

describe('blockTransposed', () => {
  it.each(SHAPES)('copies $shape in the order $order right', ({ shape, order }) => {
    const x = input('x', shape);
    const y = transpose(multiply(x, 2), order);
    const values = Float64Array.from({ length: x.size }, (_, i) => i);
    const feeds = new Map([[x, values]]);
    const strides = shape.map((_, d) => shape.slice(d + 1).reduce((a, b) => a * b, 1));
    const expected = Array.from({ length: x.size }, (_, i) => {
      let rest = i;
      let at = 0;
      for (const d of order.toReversed()) {
        at += (rest % shape[d]!) * strides[d]!;
        rest = Math.floor(rest / shape[d]!);
      }
      return 2 * at;
    });
    for (const target of [WASM, WIDE]) {
      const program = compile(graphOf([y], feeds), target);
      for (const byTask of [false, true]) {
        expect(simulate(program, feeds, byTask).outputs[0]).toEqual(expected);
      }
    }
  });

  it('cuts both directions into blocks, whose points come last', () => {
    const [nest] = lowered([transpose(input('x', [48, 64]), [1, 0])]).nests;
    expect(blockTransposed(normalizeAxes(nest!), WASM).axes).toEqual([4, 3, 16, 16]);
  });

  it('leaves alone what reads as it writes, and what does not divide', () => {
    for (const node of [
      multiply(input('x', [48, 64]), 2),
      transpose(input('x', [48, 64, 16]), [1, 0, 2]),
      transpose(input('x', [50, 70]), [1, 0]),
    ]) {
      const nest = normalizeAxes(lowered([node]).nests[0]!);
      expect(blockTransposed(nest, WASM)).toBe(nest);
    }
  });
});
