import { describe, expect, it } from 'vitest';
import { bytesText } from '../../../src/rooms/train/bytes.ts';
import { curveBefore, joined, upTo } from '../../../src/rooms/train/figures.ts';
import { labRecordOf } from '../../../src/rooms/train/labRecord.ts';

describe('the figures of single steps', () => {
  it('are all there while they are few, and evenly thinned when they are many', () => {
    let figures = upTo(undefined, 0);
    for (let step = 1; step <= 10_000; step++) {
      figures = joined(figures, [{ step, loss: 1 / step, accuracy: step / 10_000 }]);
      if (step === 900) expect(figures.steps).toHaveLength(900);
    }
    expect(figures.apart).toBe(16);
    expect(figures.steps).toEqual(Array.from({ length: 625 }, (_, i) => 16 * (i + 1)));
    expect(figures.losses).toEqual(figures.steps.map((step) => 1 / step));
    const before = upTo(figures, 100);
    expect(before.steps.at(-1)).toBe(96);
    expect(before.accuracies).toHaveLength(before.steps.length);
  });
});

describe('what the lab writes into a run', () => {
  const score = { loss: 1, accuracy: 0.5 };
  const curve = [0, 10, 20].map((steps) => ({ steps, training: score, validation: score }));

  it('comes back, and nothing that it is not', () => {
    const lab = { address: 'seed=3', curve: curveBefore(curve, 10) };
    expect(labRecordOf(JSON.stringify({ lab }))).toEqual({ address: 'seed=3', curve: curve.slice(0, 2) });
    const odd = [{ steps: 1 }, null, { steps: 2, training: { loss: null }, validation: score }, ...curve];
    expect(labRecordOf(JSON.stringify({ lab: { ...lab, curve: odd } }))!.curve).toEqual(curve);
    for (const text of [undefined, 'no JSON', '{}', '{"lab":{"address":3,"curve":[]}}'])
      expect(labRecordOf(text)).toBeUndefined();
  });
});

it.each([
  [0, '0 B'],
  [1023, '1,020 B'],
  [1024, '1 kB'],
  [61_706 * 4, '241 kB'],
  [1_288_490, '1.23 MB'],
  [64 << 20, '64 MB'],
  [2 ** 50, '1,050,000 GB'],
])('%d bytes are %s', (count, text) => {
  expect(bytesText(count)).toBe(text);
});
