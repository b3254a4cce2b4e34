import { describe, expect, it } from 'vitest';
import { rewriteGraph } from '../../src/compiler/simplify.ts';
import { print, topologicalOrder } from '../../src/ir/graph.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { add, gradients, input, multiply, pad, slice, sum } from '../../src/ops/index.ts';
import { joinPads } from '../../src/ops/join-pads.ts';
import { evaluate } from '../../src/runtime.ts';
import { exact } from '../support/differences.ts';

const joined = (output: Tensor) =>
  rewriteGraph({ inputs: [], outputs: [output], updates: [] }, [joinPads]).outputs[0]!;
const opsOf = (output: Tensor) => topologicalOrder([output]).map(({ op }) => op.name);
const at = (x: Tensor, low: number, high: number) => pad(x, { low: [0, low], high: [0, high] });

describe('joinPads', () => {
  const parts = [0, 1, 2, 3].map((i) => input(`x${i}`, [2, 3]));
  const feeds = new Map(parts.map((x, i) => [x, Array.from({ length: 6 }, (_, k) => 10 * i + k)]));

  it.each([[[0, 1, 2, 3]], [[3, 1, 0, 2]], [[2, 0]], [[1, 3]]])(
    'makes sums of parts %j one concatenation',
    async (order) => {
      const total = order.map((i) => at(parts[i]!, 3 * i, 9 - 3 * i)).reduce((a, b) => add(a, b));
      const result = joined(total);
      expect(opsOf(result)).not.toContain('add');
      expect(opsOf(result)).not.toContain('pad');
      const [expected, actual] = await evaluate([total, result], feeds, exact);
      expect(actual).toEqual(expected);
    },
  );

  it('leaves alone what overlaps, lies along two axes, or is surrounded by other numbers', () => {
    const [a, b] = parts as [Tensor, Tensor];
    for (const other of [
      at(b, 2, 1),
      pad(b, { low: [0, 3], high: [0, 0], value: 1 }),
      pad(slice(b, [0, 0], [1, 3]), { low: [1, 3], high: [0, 0] }),
    ]) {
      const total = add(at(a, 0, 3), other);
      expect(print([joined(total)])).toBe(print([total]));
    }
  });

  it('finds them in the gradient of gates', () => {
    const z = input('z', [2, 12]);
    const gates = [0, 1, 2, 3].map((i) => slice(z, [0, 3 * i], [2, 3]));
    const [slope] = gradients(sum(gates.map((g) => multiply(g, g)).reduce((a, b) => add(a, b))), [z]);
    expect(opsOf(joined(slope!))).toContain('concat');
    expect(opsOf(joined(slope!))).not.toContain('pad');
  });
});
