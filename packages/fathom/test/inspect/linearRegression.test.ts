import { describe, expect, it } from 'vitest';
import { lifeExpectancy } from '../../src/index.ts';
import { costSurface, descentPath, normalEquation } from '../../src/inspect/index.ts';

describe('linear regression', () => {
  const samples = lifeExpectancy({ seed: 1 });

  it('gradient descent comes to the line of the normal equation', async () => {
    const { line } = (await normalEquation(samples))!;
    const options = {
      start: { slope: 0, intercept: 0 },
      learningRate: 0.03,
      steps: 4000,
      batchSize: 0,
      seed: 0,
    };
    const path = await descentPath(samples, options);
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
    const options = {
      start: { slope: 0, intercept: 0 },
      learningRate: 0.2,
      steps: 500,
      batchSize: 0,
      seed: 0,
    };
    const path = await descentPath(samples, options);
    expect(path.length).toBeLessThan(500);
    expect(path.at(-1)!.cost).toBeGreaterThan(path[0]!.cost);
  });

  it('single samples wander, by the same seed alike', async () => {
    const options = {
      start: { slope: 0, intercept: 0 },
      learningRate: 0.005,
      steps: 40,
      batchSize: 1,
      seed: 5,
    };
    const [a, b] = [await descentPath(samples, options), await descentPath(samples, options)];
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

  it('is what sums over the points say', async () => {
    const { gram, moments, line } = (await normalEquation(samples))!;
    const sum = (of: (point: { x: number; y: number }) => number) =>
      samples.reduce((total, point) => total + of(point), 0);
    const [n, sx, sy] = [samples.length, sum(({ x }) => x), sum(({ y }) => y)];
    const [sxx, sxy] = [sum(({ x }) => x * x), sum(({ x, y }) => x * y)];
    expect(gram.map((value) => value.toFixed(9))).toEqual([sxx, sx, sx, n].map((value) => value.toFixed(9)));
    expect(moments.map((value) => value.toFixed(9))).toEqual([sxy, sy].map((value) => value.toFixed(9)));
    const slope = (n * sxy - sx * sy) / (n * sxx - sx * sx);
    expect(line.slope).toBeCloseTo(slope, 10);
    expect(line.intercept).toBeCloseTo((sy - slope * sx) / n, 10);
  });

  it('mini-batches see every point once an epoch', async () => {
    // A rate of 0 leaves the line where it is, so that the gradients of an epoch add up to that of all points.
    const two = [0, 1, 2, 5].map((x) => ({ x, y: 3 - 2 * x }));
    const options = { start: { slope: 1, intercept: 0 }, learningRate: 1e-7, steps: 4, seed: 2 };
    const single = await descentPath(two, { ...options, batchSize: 1 });
    const whole = await descentPath(two, { ...options, steps: 1 });
    // Four steps with one point each go four times as far as one with the mean of four.
    const moved = (path: typeof whole) => path.at(-1)!.slope - path[0]!.slope;
    expect(moved(single)).toBeCloseTo(4 * moved(whole), 10);
  });

  it('has no path without points', async () => {
    const options = { start: { slope: 0, intercept: 0 }, learningRate: 1, steps: 1 };
    await expect(descentPath([], options)).rejects.toThrow('expected points; received none');
  });
});
