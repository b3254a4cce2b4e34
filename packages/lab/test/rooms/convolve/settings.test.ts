import { inspect } from 'fathom';
import { describe, expect, it } from 'vitest';
import { PRESETS, presetOf } from '../../../src/rooms/convolve/presets.ts';
import {
  readSettings,
  type Settings,
  withKernelCount,
  writeSettings,
} from '../../../src/rooms/convolve/settings.ts';
import { writeSize, writeSum } from '../../../src/rooms/convolve/written.ts';

const base = PRESETS[0]!.settings;

describe('settings in a link', () => {
  it('come back as they were', () => {
    for (const { settings } of PRESETS) {
      const query = new URLSearchParams(writeSettings(settings));
      expect(readSettings(query, base)).toEqual({ settings, complaints: [] });
    }
  });

  it('that are wrong are told, and the rest goes on', () => {
    const query = new URLSearchParams({
      op: 'blur',
      stride: '9',
      input: '1 2 / 3',
      kernel: '1 x',
      padding: 'same',
    });
    const { settings, complaints } = readSettings(query, base);
    expect(settings).toEqual({ ...base, padding: 'same' });
    expect(complaints).toHaveLength(4);
    expect(complaints.join(' ')).toMatch(/“x”.*“blur”.*row 2 has 1.*“9”/);
  });

  it('refuse more than fits', () => {
    const row = new Array(40).fill(1).join(' ');
    expect(readSettings(new URLSearchParams({ input: row }), base).complaints[0]).toMatch(/at most 28 × 28/);
    expect(readSettings(new URLSearchParams({ kernel: '1 | 1 2' }), base).complaints[0]).toMatch(/one size/);
  });

  it('a new kernel shows the input', () => {
    expect(withKernelCount(base, 2).kernels[1]).toEqual([
      [0, 0, 0],
      [0, 1, 0],
      [0, 0, 0],
    ]);
  });
});

describe('what is written out', () => {
  const show = (settings: Settings) => {
    const layout = inspect.windowLayout(settings);
    if ('problem' in layout) throw new Error(layout.problem);
    const { geometry } = layout;
    return { geometry, size: writeSize(settings, geometry, geometry.rows) };
  };

  it('a sum, with every number', () => {
    const { geometry } = show(base);
    const terms = inspect.windowTermsAt(base, geometry, { row: 1, column: 0 }, base.kernels[0]!);
    expect(writeSum('convolution', terms, 0, 45)).toEqual({
      general: 'Σ x·w + b',
      values: '0·2 + 4·2 + 0·2 + 1·1 + 8·0 + 16·1 + 8·2 + 1·2 + 1·2',
      result: '45',
    });
  });

  it('the size of the result', () => {
    expect(show(base).size.values).toBe('⌊(5 + 2·0 − 3)/1 + 1⌋');
    expect(show(base).size.result).toBe('3');
    expect(show({ ...base, padding: 'same' }).size.result).toBe('5, with 1 + 1 zeros and f = 3');
    expect(show(presetOf('dilated').settings).size.values).toBe('⌊(7 + 2·0 − (2·(3 − 1) + 1))/1 + 1⌋');
    expect(show(presetOf('transposed').settings).size).toMatchObject({
      values: '(2 − 1)·2 + 3 − 2·0',
      result: '5',
    });
  });

  it('negative factors stand in parentheses', () => {
    const settings = presetOf('match').settings;
    const { geometry } = show(settings);
    const terms = inspect.windowTermsAt(settings, geometry, { row: 0, column: 0 }, settings.kernels[0]!);
    expect(writeSum('convolution', terms, -1, 1.3).values).toContain('(−0.2)·0 + (−0.3)·0');
    expect(writeSum('convolution', terms, -1, 1.3).values).toMatch(/\+ \(−1\)$/);
  });
});
