import { beforeAll, describe, expect, it, vi } from 'vitest';
import { seeded } from '../support/random.ts';

const LARGEST = 3.4028234663852886e38;
const NONE = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

describe.each(['in JavaScript', 'natively'])('allFinite, %s', (how) => {
  let allFinite: (values: Float32Array) => boolean = () => true;
  let missing: string | undefined;
  let calls = 0;

  beforeAll(async () => {
    vi.resetModules();
    const finite = await import('../../src/backends/finite.ts');
    allFinite = finite.allFinite;
    if (how === 'in JavaScript') return;
    const lookBy = vi.spyOn(finite, 'lookBy');
    const { nativeStatus } = await import('../../src/backends/native/native.ts');
    const status = await nativeStatus();
    if (!status.available) missing = status.reason;
    else {
      const [look] = lookBy.mock.lastCall ?? [];
      finite.lookBy((values) => {
        calls++;
        return look!(values);
      });
    }
  });

  it('finds the one value that is not, wherever it is', ({ skip }) => {
    skip(missing !== undefined, missing);
    const random = seeded(3);
    for (const length of [1, 15, 16, 33, 2047, 2048, 2049, 4001]) {
      const memory = new Float32Array(length + 3);
      // Memory that does not begin where a vector would.
      const values = memory.subarray(3);
      for (let i = 0; i < length; i++) values[i] = (2 * random() - 1) * 10 ** Math.floor(80 * random() - 42);
      expect(allFinite(values)).toBe(true);
      const places = length < 40 ? values.keys() : [0, 1, 17, length - 2, length - 1].values();
      for (const place of places) {
        const before = values[place]!;
        for (const none of NONE) {
          values[place] = none;
          expect(allFinite(values), `${none} at ${place} of ${length}`).toBe(false);
        }
        values[place] = before;
      }
      // What lies beside it is not looked at.
      memory.fill(Number.NaN, 0, 3);
      expect(allFinite(values)).toBe(true);
    }
  });

  it('takes the largest numbers, the smallest and zeros of both signs for what they are', ({ skip }) => {
    skip(missing !== undefined, missing);
    calls = 0;
    const numbers = [LARGEST, -LARGEST, 1.4e-45, 0, -0];
    for (const value of numbers) {
      expect(allFinite(new Float32Array(5000).fill(value))).toBe(true);
    }
    expect(allFinite(new Float32Array(0))).toBe(true);
    expect(allFinite(new Float32Array(new SharedArrayBuffer(20_000)))).toBe(true);
    // Of these, few numbers and shared memory are looked at in JavaScript.
    expect(calls).toBe(how === 'natively' ? numbers.length : 0);
  });
});
