import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { Prepared } from '../../src/backends/prepared.ts';
import { Variable } from '../../src/ir/tensor.ts';
import { add, input, multiply, read, transpose } from '../../src/ops/index.ts';
import { load } from '../../src/runtime.ts';
import { backends } from '../support/backends.ts';

const [ROWS, COLUMNS] = [96, 64];
const values = (factor: number) => Float32Array.from({ length: ROWS * COLUMNS }, (_, i) => factor * i);

describe('Prepared', () => {
  const [a, b] = ['a', 'b'].map((name) => new Variable(name, [1], 'float32', new Float32Array(1)));

  it('holds after the first run, until a variable that the program does not update has changed', () => {
    const state = new Prepared([a!, b!], [{ variable: b! }]);
    const places = [{ version: 3 }, { version: 7 }];
    expect(state.holds(places)).toBe(false);
    state.changed(places);
    expect(places).toEqual([{ version: 3 }, { version: 8 }]);
    expect(state.holds(places)).toBe(true);
    places[0]!.version++;
    expect(state.holds(places)).toBe(false);
    expect(state.holds(places)).toBe(true);
  });
});

describe.each(backends)('backend $name', ({ threads, make, missing }) => {
  if (missing !== undefined) {
    it.skip(`cannot be tested here: ${missing}`);
    return;
  }
  let instances: Backend[] = [];
  beforeAll(async () => {
    instances = await Promise.all(threads.map(make));
  });
  afterAll(async () => {
    await Promise.all(instances.map((backend) => backend.dispose()));
  });

  it('prepares anew what depends on a variable that is written, or updated by another program', async () => {
    for (const backend of instances) {
      const weights = new Variable('weights', [ROWS, COLUMNS], 'float32', values(1));
      const x = input('x', [COLUMNS, ROWS]);
      const turned = transpose(multiply(read(weights), read(weights)), [1, 0]);
      const reader = await load({ inputs: [x], outputs: [add(x, turned), turned], updates: [] }, backend);
      if (backend.target) expect(reader.program.prepared).toBeGreaterThan(0);
      const update = { variable: weights, value: multiply(read(weights), 2) };
      const doubling = await load({ inputs: [], outputs: [], updates: [update] }, backend);

      const expectFactor = async (factor: number) => {
        for (const shift of [0, 1, 5]) {
          reader.write(0, new Float32Array(ROWS * COLUMNS).fill(shift));
          await reader.run();
          const [sum] = [await reader.read(0)];
          const at = (row: number, column: number) => Math.fround((factor * (row * COLUMNS + column)) ** 2);
          expect(sum[0]).toBe(shift);
          expect(sum[3 * ROWS + 2]).toBe(at(2, 3) + shift);
          expect((await reader.read(1))[COLUMNS * ROWS - 1]).toBe(at(ROWS - 1, COLUMNS - 1));
        }
      };
      await expectFactor(1);
      await doubling.run();
      await expectFactor(2);
      weights.write(values(0.5));
      await expectFactor(0.5);
      reader.profile?.(1);
      await doubling.run();
      await expectFactor(1);
      for (const program of [reader, doubling]) program.dispose();
    }
  });
});
