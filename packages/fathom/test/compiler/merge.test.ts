import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import { mergeNests } from '../../src/compiler/merge.ts';
import type { Nest } from '../../src/compiler/nest.ts';
import { binary, float } from '../../src/ir/expr.ts';
import { Variable } from '../../src/ir/tensor.ts';
import { add, divide, input, multiply, read, sqrt, subtract } from '../../src/ops/index.ts';
import { integer, pick, seeded } from '../support/random.ts';
import { at, elementwise, loadAt, reduction, runNests } from './support/nests.ts';
import { WASM } from './support/targets.ts';

const SIZE = 6;
const straight = at;
const map = (to: number, from: number, strides = [1], offset = 0) =>
  elementwise([SIZE], straight(to, [1]), binary('add', loadAt(from, strides, offset), float(1)), `${to}`);
const merged = (...nests: Nest[]) => mergeNests(nests).map(({ name }) => name);

describe('mergeNests', () => {
  it("makes one pass of Adam's two slots and its parameter", () => {
    const [p, m, v] = ['p', 'm', 'v'].map((name) => new Variable(name, [100], 'float32', new Float32Array(100))); // biome-ignore format: one line
    const g = input('g', [100]);
    const momentum = add(read(m!), multiply(subtract(g, read(m!)), 0.1));
    const velocity = add(read(v!), multiply(subtract(multiply(g, g), read(v!)), 0.001));
    const step = subtract(read(p!), divide(momentum, add(sqrt(velocity), 1e-7)));
    const updates = [
      { variable: m!, value: momentum },
      { variable: v!, value: velocity },
      { variable: p!, value: step },
    ];
    const { launches } = compile({ inputs: [g], outputs: [], updates }, WASM);
    expect(launches).toHaveLength(1);
    expect(launches[0]!.writes).toHaveLength(3);
  });

  it('merges neighbours over one space, and hands on what the first made', () => {
    expect(merged(map(1, 0), map(2, 0))).toEqual(['1|2']);
    expect(merged(map(1, 0), map(2, 1), map(3, 2))).toEqual(['1|2|3']);
    const memory = runNests(mergeNests([map(1, 0), map(2, 1)]), [0, 1, 2].map(() => new Float32Array(SIZE))); // biome-ignore format: one line
    expect(memory[2]).toEqual(new Float32Array(SIZE).fill(2));
    const [both] = mergeNests([map(1, 0), map(2, 1)]);
    expect(both!.stores[1]!.value, 'buffer 1 is not read back').toEqual(binary('add', map(1, 0).stores[0]!.value, float(1))); // biome-ignore format: one line
  });

  it('keeps apart what reads another element than the first writes', () => {
    expect(merged(map(1, 0), map(2, 1, [-1], SIZE - 1))).toHaveLength(2);
    expect(merged(map(1, 0), map(2, 1, [0]))).toHaveLength(2);
  });

  it('keeps apart what overwrites another element than the first reads', () => {
    expect(merged(map(1, 0, [-1], SIZE - 1), map(0, 2))).toHaveLength(2);
    expect(merged(map(1, 0, [0]), map(0, 2))).toHaveLength(2);
    expect(merged(map(1, 0), map(0, 2)), 'the same element, read before it is written').toHaveLength(1);
  });

  it('keeps apart two that write one buffer', () => {
    expect(merged(map(1, 0), map(1, 2))).toHaveLength(2);
  });

  it('keeps apart reductions, other spaces, sums in memory and places that must be cleared', () => {
    expect(merged(map(1, 0), reduction([SIZE], straight(2, [0]), loadAt(0, [1])))).toHaveLength(2);
    expect(merged(map(1, 0), { ...map(2, 0), axes: [SIZE - 1] })).toHaveLength(2);
    expect(merged(map(1, 0), { ...map(2, 0), fill: { buffer: 2, size: 9 } })).toHaveLength(2);
    expect(merged(map(1, 0), { ...map(2, 0), entangled: [0] })).toHaveLength(2);
    const adding = map(2, 0);
    expect(merged(map(1, 0), { ...adding, stores: [{ ...adding.stores[0]!, accumulate: true }] })).toHaveLength(2); // biome-ignore format: one line
  });

  it('stops before a nest touches too much', () => {
    const nests = Array.from({ length: 20 }, (_, i) => map(20 + i, i));
    const [first, second] = mergeNests(nests);
    expect(first!.stores.length).toBeLessThan(10);
    expect(second!.stores.length).toBeGreaterThan(1);
  });

  it('means the same for any run of nests', () => {
    for (let seed = 1; seed <= 300; seed++) {
      const random = seeded(seed);
      const nests = Array.from(
        { length: integer(random, 2, 8) },
        () =>
        random() < 0.7
          ? map(integer(random, 0, 4), integer(random, 0, 4))
          : map(integer(random, 0, 4), integer(random, 0, 4), ...pick(random, [[[-1], SIZE - 1], [[0], 2]] as const).map((x) => x) as [number[], number]), // biome-ignore format: one line
      ).filter((nest) => !hazard(nest));
      const memory = () =>
        [0, 1, 2, 3, 4].map((b) => Float32Array.from({ length: SIZE }, (_, i) => 10 * b + i));
      expect(runNests(mergeNests(nests), memory()), `seed ${seed}`).toEqual(runNests(nests, memory()));
    }
  });
});

/** A nest that reads what it writes at another place has no meaning of its own. */
function hazard({ stores }: Nest): boolean {
  const [{ access, value }] = stores as [Nest['stores'][number]];
  const loaded = value.kind === 'binary' && value.a.kind === 'load' ? value.a.access : undefined;
  return loaded?.buffer === access.buffer && loaded.strides[0] !== access.strides[0];
}
