import { describe, expect, it } from 'vitest';
import { computeMaps } from '../../../src/rooms/convolve/compute.ts';
import { firstOf, type Geometry, layoutOf, stampOf, termsAt } from '../../../src/rooms/convolve/geometry.ts';
import { PRESETS, presetOf } from '../../../src/rooms/convolve/presets.ts';
import type { Settings } from '../../../src/rooms/convolve/settings.ts';
import { filled, type Matrix, parseMatrix, printMatrix } from '../../../src/views/matrix.ts';

function geometryOf(settings: Settings): Geometry {
  const layout = layoutOf(settings);
  if ('problem' in layout) throw new Error(layout.problem);
  return layout.geometry;
}

const compute = (settings: Settings) => computeMaps(settings, geometryOf(settings));

async function printed(settings: Settings): Promise<string> {
  const { maps } = await compute(settings);
  return maps.map((map) => printMatrix(map.map((row) => row.map((v) => Number(v.toFixed(6)))))).join(' | ');
}

const preset = (id: string) => presetOf(id).settings;

describe('the curriculum’s examples', () => {
  it.each([
    ['lecture', '82 68 46 / 45 24 26 / 63 65 51'],
    ['match', '2.3'],
    ['vertical', '1'],
    ['max', '4 5 / 6 8'],
    ['max2', '6 3 / 8 8'],
    ['average', '2 3 / 3 3.5'],
  ])('%s gives %s', async (id, expected) => {
    expect(await printed(preset(id))).toBe(expected);
  });

  it('the negated picture gives the negated sum', async () => {
    const settings = preset('match');
    expect(await printed({ ...settings, input: settings.input.map((row) => row.map((v) => -v)) })).toBe(
      '-2.3',
    );
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

describe('the numbers of a window', () => {
  const input = Array.from({ length: 7 }, (_, r) =>
    Array.from({ length: 6 }, (_, c) => ((r * 7 + c * 5) % 11) - 4),
  );
  const kernels = [parseMatrix('1 -2 3 / 0.5 4 -1'), parseMatrix('0 1 0 / -3 2 2')];
  const cases: Settings[] = [];
  for (const operation of ['convolution', 'transposed', 'max', 'average'] as const) {
    for (const padding of ['same', 0, 2] as const) {
      for (const stride of [1, 2, 3]) {
        for (const dilation of [1, 2]) {
          const pooling = operation === 'max' || operation === 'average';
          if (pooling && (padding === 2 || dilation === 2)) continue;
          cases.push({ operation, input, kernels, biases: [0.5, -1], stride, padding, dilation });
        }
      }
    }
  }

  it.each(cases.map((settings) => [name(settings), settings] as const))(
    '%s add up to the result',
    async (_, settings) => {
      const geometry = geometryOf(settings);
      const { maps } = await compute(settings);
      expect(maps[0]).toHaveLength(geometry.rows.count);
      maps.forEach((map, f) => {
        map.forEach((line, row) => {
          line.forEach((result, column) => {
            const terms = termsAt(settings, geometry, { row, column }, settings.kernels[f]!);
            expect(fold(settings, terms, settings.biases[f]!)).toBeCloseTo(result, 9);
          });
        });
      });
    },
  );

  it('a stamp reaches the results that its number changes', async () => {
    const settings: Settings = {
      operation: 'transposed',
      input,
      kernels: [filled(3, 2, 1)],
      biases: [0],
      stride: 2,
      padding: 1,
      dilation: 2,
    };
    const only = (at: number): Matrix => input.map((row, r) => row.map((_, c) => (r * 6 + c === at ? 1 : 0)));
    for (const at of [0, 8, 41]) {
      const { maps } = await compute({ ...settings, input: only(at) });
      const changed = maps[0]!.flatMap((row, r) =>
        row.flatMap((v, c) => (v === 0 ? [] : [{ row: r, column: c }])),
      );
      expect(stampOf(geometryOf(settings), { row: Math.floor(at / 6), column: at % 6 })).toEqual(changed);
    }
  });

  it('all stamps together are the whole result', () => {
    expect(
      firstOf(
        [
          [1, 2],
          [3, 4],
        ],
        2,
      ),
    ).toEqual([
      [1, 2],
      [3, 0],
    ]);
    expect(
      firstOf(
        [
          [1, 2],
          [3, 4],
        ],
        3,
      ),
    ).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });
});

describe('what cannot be done', () => {
  const base = preset('lecture');

  it('says why a window does not fit', () => {
    const layout = layoutOf({ ...base, dilation: 3 });
    expect('problem' in layout && layout.problem).toMatch(/7 × 7 places, the padded input has only 5 × 5/);
  });

  it('says why pooling takes no padding', () => {
    const layout = layoutOf({ ...base, operation: 'max', padding: 1 });
    expect('problem' in layout && layout.problem).toMatch(/Pooling/);
  });

  it('says when cutting leaves nothing', () => {
    const layout = layoutOf({ ...preset('transposed'), padding: 4 });
    expect('problem' in layout && layout.problem).toMatch(/leaves nothing/);
  });
});

function name({ operation, padding, stride, dilation }: Settings): string {
  return `${operation}, padding ${padding}, stride ${stride}, dilation ${dilation}`;
}

function fold({ operation }: Settings, terms: ReturnType<typeof termsAt>, bias: number): number {
  const inside = terms.filter((term) => term.inside).map(({ value }) => value);
  if (operation === 'max') return Math.max(...inside);
  if (operation === 'average') return inside.reduce((sum, v) => sum + v, 0) / inside.length;
  return terms.reduce((sum, { value, weight }) => sum + value * weight, bias);
}
