import { describe, expect, it } from 'vitest';
import { costOf, START, unroll } from '../../../src/rooms/neuron/backprop.ts';
import {
  DATA_SETS,
  EXTENT,
  makePoints,
  parseTable,
  pointsOf,
  printPoints,
  readPoints,
} from '../../../src/rooms/neuron/data.ts';
import {
  ACTIVATIONS,
  activationCurve,
  at,
  LOSSES,
  lossAt,
  lossCurve,
  softmax,
} from '../../../src/rooms/neuron/functions.ts';
import { costSurface, descend, madeUpSamples, normalEquation } from '../../../src/rooms/neuron/line.ts';

describe('linear regression', () => {
  const samples = madeUpSamples(1);

  it('gradient descent comes to the line of the normal equation', async () => {
    const { line } = (await normalEquation(samples))!;
    const options = { start: { slope: 0, intercept: 0 }, rate: 0.03, steps: 4000, batch: 0, seed: 0 };
    const path = await descend(samples, options);
    expect(path.at(-1)!.slope).toBeCloseTo(line.slope, 4);
    expect(path.at(-1)!.intercept).toBeCloseTo(line.intercept, 3);
    for (let i = 1; i < 50; i++) expect(path[i]!.cost).toBeLessThanOrEqual(path[i - 1]!.cost);
  });

  it('of points on a line is that line', async () => {
    const { line } = (await normalEquation([0, 1, 2, 5].map((x) => ({ x, y: 3 - 2 * x }))))!;
    expect(line.slope).toBeCloseTo(-2, 12);
    expect(line.intercept).toBeCloseTo(3, 12);
  });

  it('has no answer over a single x', async () => {
    expect(
      await normalEquation([
        { x: 2, y: 1 },
        { x: 2, y: 3 },
      ]),
    ).toBeUndefined();
    expect(await normalEquation([{ x: 2, y: 1 }])).toBeUndefined();
  });

  it('diverges with a rate that is too large, and ends', async () => {
    const options = { start: { slope: 0, intercept: 0 }, rate: 0.2, steps: 500, batch: 0, seed: 0 };
    const path = await descend(samples, options);
    expect(path.length).toBeLessThan(500);
    expect(path.at(-1)!.cost).toBeGreaterThan(path[0]!.cost);
  });

  it('single samples wander, by the same seed alike', async () => {
    const options = { start: { slope: 0, intercept: 0 }, rate: 0.005, steps: 40, batch: 1, seed: 5 };
    const [a, b] = [await descend(samples, options), await descend(samples, options)];
    expect(a).toEqual(b);
    expect(a.some((step, i) => i > 0 && step.cost > a[i - 1]!.cost)).toBe(true);
  });

  it('has its least cost on the surface where the normal equation says', async () => {
    const { line } = (await normalEquation(samples))!;
    const surface = await costSurface(
      samples,
      [line.slope - 2, line.slope + 2],
      [line.intercept - 9, line.intercept + 9],
      41,
    );
    const flat = surface.costs.flat();
    const best = flat.indexOf(Math.min(...flat));
    expect(surface.slopes[best % 41]).toBeCloseTo(line.slope, 9);
    expect(surface.intercepts[Math.floor(best / 41)]).toBeCloseTo(line.intercept, 9);
  });
});

describe('backpropagation', () => {
  const cases = (['sigmoid', 'tanh', 'relu'] as const).flatMap((activation) =>
    (['crossentropy', 'squared'] as const).map((cost) => ({ ...START, activation, cost })),
  );

  it.each(cases)('$activation, $cost: every gradient is that of differences', async (network) => {
    const { steps } = await unroll(network);
    const checked = steps.filter(({ difference }) => difference !== undefined);
    expect(checked).toHaveLength(9);
    for (const { result, difference } of checked) expect(result).toBeCloseTo(difference!, 8);
  });

  it('every number is what is written', async () => {
    const { steps } = await unroll({ ...START, activation: 'tanh' });
    const products = steps.filter(({ values }) => /^[-−().\d·+ ]+$/.test(values));
    expect(products.length).toBeGreaterThan(20);
    for (const { values, result } of products) {
      const written = values.replaceAll('−', '-').replaceAll('·', '*');
      expect(sumOf(written)).toBeCloseTo(result, 3);
    }
  });

  it('of sigmoid and cross-entropy the first δ is ŷ − t', async () => {
    const { steps } = await unroll(START);
    const y = steps.find(({ name }) => name === 'activation ŷ')!.result;
    expect(steps.find(({ name }) => name === 'δ of ŷ')!.result).toBeCloseTo(y - 1, 12);
  });

  it('one update lowers the cost', async () => {
    const { cost, nextCost, next } = await unroll(START);
    expect(nextCost).toBeLessThan(cost);
    expect(await costOf(next)).toBe(nextCost);
  });
});

describe('functions', () => {
  const bce = LOSSES.find(({ id }) => id === 'bce')!;
  const mse = LOSSES.find(({ id }) => id === 'mse')!;

  it('have the curriculum’s numbers', async () => {
    const rounded = async (z: number[]) => (await softmax(z)).map((p) => p.toFixed(2));
    expect(await rounded([5, 4, 2])).toEqual(['0.71', '0.26', '0.04']);
    expect(await rounded([4, 2, 8])).toEqual(['0.02', '0.00', '0.98']);
    expect((await lossAt(bce, 1, 0.73)).toFixed(4)).toBe('0.3147');
    expect((await lossAt(bce, 1, 1)).toFixed(4)).toBe('0.0000');
    expect(await lossAt(mse, 80, 40)).toBe(1600);
    expect(await lossAt(mse, 80, 75)).toBe(25);
  });

  it('have slopes like their differences', async () => {
    for (const { apply } of ACTIVATIONS) {
      for (const x of [-2.3, -0.4, 0.7, 3.1]) {
        const [low, middle, high] = [
          await at(apply, x - 1e-5),
          await at(apply, x),
          await at(apply, x + 1e-5),
        ];
        expect(middle.slope).toBeCloseTo((high.value - low.value) / 2e-5, 5);
      }
    }
  });

  it('are drawn over their whole range', async () => {
    const { x, y, slope } = await activationCurve(ACTIVATIONS[1]!);
    expect([x[0], x.at(-1), y.length, slope.length]).toEqual([-5, 5, x.length, x.length]);
    for (const loss of LOSSES) {
      for (const target of loss.targets) {
        const { y: values } = await lossCurve(loss, target);
        expect(values.every(Number.isFinite)).toBe(true);
      }
    }
  });
});

describe('data', () => {
  it('sets lie in the plane, hold both classes, and come again', () => {
    for (const { id } of DATA_SETS) {
      const points = makePoints(id, { seed: 2, count: 60 });
      expect(points).toEqual(makePoints(id, { seed: 2, count: 60 }));
      expect(new Set(points.map(({ label }) => label)).size).toBe(2);
      for (const { x, y } of points) expect(Math.max(Math.abs(x), Math.abs(y))).toBeLessThanOrEqual(EXTENT);
    }
  });

  it('tables are read, with or without a heading', () => {
    const table = parseTable('height;weight;class\n180;80;1\n\n160;55;0\n170;60;0\n', 3);
    expect(table).toEqual({
      rows: [
        [180, 80, 1],
        [160, 55, 0],
        [170, 60, 0],
      ],
      headings: 1,
    });
    const points = pointsOf(table);
    expect(points.map(({ label }) => label)).toEqual([1, 0, 0]);
    expect(points.reduce((sum, { x }) => sum + x, 0)).toBeCloseTo(0, 12);
  });

  it('tables that are none are told why', () => {
    expect(() => parseTable('', 3)).toThrow(/received nothing/);
    expect(() => parseTable('1,2,3\n1,two,3', 3)).toThrow('Line 2: expected 3 numbers; received “1,two,3”.');
    expect(() => parseTable('x '.repeat(1_500_000), 3)).toThrow(/takes up to 2000000/);
    expect(() => parseTable('1 2 3\n'.repeat(2001), 3)).toThrow(/2001 rows/);
    expect(() => pointsOf(parseTable('1 2 3\n4 5 3', 3))).toThrow(/two classes/);
  });

  it('points come back from a link', () => {
    const points = [
      { x: 1.5, y: -2, label: 1 as const },
      { x: 0, y: 3.5, label: 0 as const },
    ];
    expect(readPoints(printPoints(points))).toEqual(points);
    expect(readPoints('1 2 7,x,9 9 1')).toEqual([{ x: EXTENT, y: EXTENT, label: 1 }]);
  });
});

/** A sum of products. */
function sumOf(text: string): number {
  return text
    .split(/ \+ /)
    .map((part) => {
      const [first, ...minus] = part.split(/ - /).map(productOf) as [number, ...number[]];
      return minus.reduce((rest, value) => rest - value, first);
    })
    .reduce((sum, value) => sum + value, 0);
}

function productOf(text: string): number {
  return text.split('*').reduce((product, word) => product * Number(word.replace(/[()]/g, '')), 1);
}
