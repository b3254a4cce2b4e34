import { describe, expect, it } from 'vitest';
import {
  type Grid,
  stampedSoFar,
  stampPlaces,
  type WindowGeometry,
  type WindowStep,
  windowLayout,
  windowMaps,
  windowTermsAt,
} from '../../src/inspect/index.ts';

function geometryOf(step: WindowStep): WindowGeometry {
  const layout = windowLayout(step);
  if ('problem' in layout) throw new Error(layout.problem);
  return layout.geometry;
}

const compute = (step: WindowStep) => windowMaps(step, geometryOf(step));

describe('the numbers of a window', () => {
  const input = Array.from({ length: 7 }, (_, r) =>
    Array.from({ length: 6 }, (_, c) => ((r * 7 + c * 5) % 11) - 4),
  );
  const kernels = [
    [
      [1, -2, 3],
      [0.5, 4, -1],
    ],
    [
      [0, 1, 0],
      [-3, 2, 2],
    ],
  ];
  const cases: WindowStep[] = [];
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

  it.each(cases.map((step) => [name(step), step] as const))('%s add up to the result', async (_, step) => {
    const geometry = geometryOf(step);
    const { maps } = await compute(step);
    expect(maps[0]).toHaveLength(geometry.rows.count);
    maps.forEach((map, f) => {
      map.forEach((line, row) => {
        line.forEach((result, column) => {
          const terms = windowTermsAt(step, geometry, { row, column }, step.kernels[f]!);
          expect(fold(step, terms, step.biases[f]!)).toBeCloseTo(result, 9);
        });
      });
    });
  });

  it('a stamp reaches the results that its number changes', async () => {
    const step: WindowStep = {
      operation: 'transposed',
      input,
      kernels: [Array.from({ length: 3 }, () => [1, 1])],
      biases: [0],
      stride: 2,
      padding: 1,
      dilation: 2,
    };
    const only = (at: number): Grid => input.map((row, r) => row.map((_, c) => (r * 6 + c === at ? 1 : 0)));
    for (const at of [0, 8, 41]) {
      const { maps } = await compute({ ...step, input: only(at) });
      const changed = maps[0]!.flatMap((row, r) =>
        row.flatMap((v, c) => (v === 0 ? [] : [{ row: r, column: c }])),
      );
      expect(stampPlaces(geometryOf(step), { row: Math.floor(at / 6), column: at % 6 })).toEqual(changed);
    }
  });

  it('all stamps together are the whole result', () => {
    expect(
      stampedSoFar(
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
      stampedSoFar(
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
  const ones = (rows: number, columns: number): Grid =>
    Array.from({ length: rows }, () => new Array<number>(columns).fill(1));
  const base: WindowStep = {
    operation: 'convolution',
    input: ones(5, 5),
    kernels: [ones(3, 3)],
    biases: [0],
    stride: 1,
    padding: 0,
    dilation: 1,
  };
  const problemOf = (step: Partial<WindowStep>) => {
    const layout = windowLayout({ ...base, ...step });
    return 'problem' in layout ? layout.problem : undefined;
  };

  it('is told in a sentence', () => {
    expect(problemOf({})).toBeUndefined();
    expect(problemOf({ dilation: 3 })).toMatch(/7 × 7 places, the padded input has only 5 × 5/);
    expect(problemOf({ operation: 'max', padding: 1 })).toMatch(/Pooling/);
    expect(problemOf({ operation: 'transposed', padding: 4 })).toMatch(/leaves nothing/);
  });

  it('agrees with the formula ⌊(n + 2p − f)/s + 1⌋', () => {
    for (let n = 1; n < 9; n++) {
      for (const [f, p, s, d] of [
        [1, 0, 1, 1],
        [3, 0, 2, 1],
        [2, 1, 3, 2],
        [3, 2, 2, 2],
      ] as const) {
        const step = {
          ...base,
          input: ones(n, 8),
          kernels: [ones(f, f)],
          padding: p,
          stride: s,
          dilation: d,
        };
        const count = Math.floor((n + 2 * p - (d * (f - 1) + 1)) / s + 1);
        const layout = windowLayout(step);
        if (count < 1) expect(layout).toHaveProperty('problem');
        else expect(geometryOf(step).rows.count).toBe(count);
      }
    }
  });
});

function name({ operation, padding, stride, dilation }: WindowStep): string {
  return `${operation}, padding ${padding}, stride ${stride}, dilation ${dilation}`;
}

function fold({ operation }: WindowStep, terms: ReturnType<typeof windowTermsAt>, bias: number): number {
  const inside = terms.filter((term) => term.inside).map(({ value }) => value);
  if (operation === 'max') return Math.max(...inside);
  if (operation === 'average') return inside.reduce((sum, v) => sum + v, 0) / inside.length;
  return terms.reduce((sum, { value, weight }) => sum + value * weight, bias);
}
