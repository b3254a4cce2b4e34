import { inspect } from 'fathom';
import { describe, expect, it } from 'vitest';
import { PRESETS, presetOf } from '../../../src/rooms/convolve/presets.ts';
import type { Settings } from '../../../src/rooms/convolve/settings.ts';
import { printMatrix } from '../../../src/views/matrix.ts';

function geometryOf(settings: Settings): inspect.WindowGeometry {
  const layout = inspect.windowLayout(settings);
  if ('problem' in layout) throw new Error(layout.problem);
  return layout.geometry;
}

const compute = (settings: Settings) => inspect.windowMaps(settings, geometryOf(settings));

async function printed(settings: Settings): Promise<string> {
  const { maps } = await compute(settings);
  return maps.map((map) => printMatrix(map.map((row) => row.map((v) => Number(v.toFixed(6)))))).join(' | ');
}

const preset = (id: string) => presetOf(id).settings;

describe('the curriculum’s examples', () => {
  it.each([
    ['lecture', '82 68 46 / 45 24 26 / 63 65 51'],
    ['match', '2.3'],
    ['mismatch', '-2.3'],
    ['vertical', '1'],
    ['max', '4 5 / 6 8'],
    ['max2', '6 3 / 8 8'],
    ['average', '2 3 / 3 3.5'],
  ])('%s gives %s', async (id, expected) => {
    expect(await printed(preset(id))).toBe(expected);
  });

  it('5×5 with 2×2 gives 4×4', () => {
    const { rows, columns } = geometryOf(preset('small'));
    expect([rows.count, columns.count]).toEqual([4, 4]);
  });

  it('without padding the corner is seen once, with it by four windows, the centre by nine', async () => {
    const seen = async (padding: number | 'same') => {
      const { seen } = await compute({ ...preset('corner'), padding });
      return [seen[0]![0], seen[2]![2]];
    };
    expect(await seen(0)).toEqual([1, 9]);
    expect(await seen(1)).toEqual([4, 9]);
    expect(await seen('same')).toEqual([4, 9]);
  });

  it('max pooling gives a gradient to one place in four', async () => {
    const { gradient } = await compute(preset('max'));
    expect(gradient!.flat().filter((value) => value !== 0)).toHaveLength(4);
    expect(gradient![0]).toEqual([0, 0, 0, 1]);
  });

  it('every preset can be shown', async () => {
    for (const { settings } of PRESETS) expect((await compute(settings)).maps.length).toBeGreaterThan(0);
  });
});
