import { permutation } from '../data/random.ts';
import { matmul } from '../functional/matmul.ts';
import { mean } from '../functional/mean.ts';
import { add, gradients, input, multiply, subtract, transpose } from '../ops/index.ts';

import { leastSquares } from './leastSquares.ts';
import { exactRunner, runExactly } from './session.ts';

/** A point that a line is to go through. */
export interface LinePoint {
  readonly x: number;
  readonly y: number;
}

/** ŷ = slope · x + intercept: θ₁ and θ₀. */
export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** θ* with what it is made of. */
export interface NormalEquation {
  /** XᵀX, row by row: (Σx² Σx; Σx n). */
  readonly gram: readonly [number, number, number, number];
  /** XᵀY: (Σxy, Σy). */
  readonly moments: readonly [number, number];
  readonly line: Line;
}

/** One step of gradient descent. */
export interface DescentStep extends Line {
  /** J(θ) over all points, before the next step. */
  readonly cost: number;
}

export interface DescentOptions {
  readonly start: Line;
  /** α. */
  readonly learningRate: number;
  readonly steps: number;
  /** Points in a step; 0, the default, is all of them. */
  readonly batchSize?: number;
  /** Decides the order of the points. Default 0. */
  readonly seed?: number;
}

/** The cost on a grid of lines. */
export interface CostSurface {
  readonly slopes: readonly number[];
  readonly intercepts: readonly number[];
  /** [intercept][slope] */
  readonly costs: readonly (readonly number[])[];
}

/**
 * The line of the least cost J(θ) = (Xθ − Y)ᵀ(Xθ − Y), θ* = (XᵀX)⁻¹XᵀY; the rows of X are (x, 1).
 *
 * @returns undefined where XᵀX has no inverse: fewer than two points, or all of them over one x
 * @example
 * const points = [0, 1, 2].map((x) => ({ x, y: 3 - 2 * x }));
 * (await inspect.normalEquation(points)).line; // { slope: -2, intercept: 3 }
 */
export async function normalEquation(points: readonly LinePoint[]): Promise<NormalEquation | undefined> {
  if (points.length < 2) return undefined;
  const [design, targets] = [input('X', [points.length, 2]), input('Y', [points.length, 1])];
  const transposed = transpose(design, [1, 0]);
  const [gram, moments] = (await runExactly(
    { inputs: [design, targets], outputs: [matmul(transposed, design), matmul(transposed, targets)] },
    [points.flatMap(({ x }) => [x, 1]), points.map(({ y }) => y)],
  )) as unknown as [readonly [number, number, number, number], readonly [number, number]];
  const [a, b, c, d] = gram;
  const { solution, rank } = leastSquares(
    [
      [a, c],
      [b, d],
    ],
    moments,
  );
  if (rank < 2) return undefined;
  return {
    gram: [a, b, c, d],
    moments: [moments[0], moments[1]],
    line: { slope: solution[0]!, intercept: solution[1]! },
  };
}

/**
 * The path of gradient descent on J(θ) = (1/n) Σ (ŷ − y)², θ ← θ − α·∂J/∂θ, where each step takes all points, or the
 * next few of a random order, which is drawn again when all have been seen. Ends early where the cost grows without
 * bound.
 *
 * @returns steps + 1 lines at most, the start first
 * @throws RangeError without points
 * @example
 * const points = [0, 1, 2].map((x) => ({ x, y: 3 - 2 * x }));
 * const options = { start: { slope: 0, intercept: 0 }, learningRate: 0.2, steps: 200 };
 * (await inspect.descentPath(points, options)).at(-1).slope; // -2, nearly
 */
export async function descentPath(
  points: readonly LinePoint[],
  { start, learningRate, steps, batchSize = 0, seed = 0 }: DescentOptions,
): Promise<DescentStep[]> {
  const count = points.length;
  if (count === 0) throw new RangeError('descentPath: expected points; received none.');
  const size = batchSize === 0 ? count : Math.min(batchSize, count);
  const whole = await costOf(count);
  const part = size === count ? whole : await costOf(size);
  const next = batchesOf(points, size, seed);
  const path: DescentStep[] = [];
  let theta: Line = start;
  for (let i = 0; i <= steps; i++) {
    const all = await whole(points, theta);
    path.push({ ...theta, cost: all.cost });
    if (i === steps || !Number.isFinite(all.cost) || all.cost > DIVERGED) break;
    const { slope, intercept } = size === count ? all : await part(next(), theta);
    theta = {
      slope: theta.slope - learningRate * slope,
      intercept: theta.intercept - learningRate * intercept,
    };
  }
  return path;
}

/**
 * J on a grid of lines, all at once.
 *
 * @param side lines along each axis
 * @example
 * const { costs } = await inspect.costSurface([{ x: 1, y: 2 }], [0, 2], [0, 2], 3);
 * costs[0]; // [4, 1, 0]: y = 0, y = x and y = 2x
 */
export async function costSurface(
  points: readonly LinePoint[],
  slopeRange: readonly [number, number],
  interceptRange: readonly [number, number],
  side = SURFACE_SIDE,
): Promise<CostSurface> {
  const along = ([low, high]: readonly [number, number]) =>
    Array.from({ length: side }, (_, i) => low + ((high - low) * i) / (side - 1));
  const [slopes, intercepts] = [along(slopeRange), along(interceptRange)];
  const design = input('X', [points.length, 2]);
  const thetas = input('θ', [2, side * side]);
  const targets = input('Y', [points.length, 1]);
  const errors = subtract(matmul(design, thetas), targets);
  const [flat] = await runExactly(
    { inputs: [design, thetas, targets], outputs: [mean(multiply(errors, errors), 0)] },
    [
      points.flatMap(({ x }) => [x, 1]),
      [
        ...intercepts.flatMap(() => slopes),
        ...intercepts.flatMap((intercept) => slopes.map(() => intercept)),
      ],
      points.map(({ y }) => y),
    ],
  );
  const costs = intercepts.map((_, i) => Array.from(flat!.subarray(i * side, (i + 1) * side)));
  return { slopes, intercepts, costs };
}

/** The cost of a line for so many points, with its gradient. */
async function costOf(count: number) {
  const [slope, intercept] = [input('θ₁', []), input('θ₀', [])];
  const [x, y] = [input('x', [count]), input('y', [count])];
  const errors = subtract(add(multiply(x, slope), intercept), y);
  const cost = mean(multiply(errors, errors));
  const [run] = await exactRunner({
    inputs: [slope, intercept, x, y],
    outputs: [cost, ...gradients(cost, [slope, intercept])],
  });
  return async (points: readonly LinePoint[], theta: Line) => {
    const values = await run([
      [theta.slope],
      [theta.intercept],
      points.map((point) => point.x),
      points.map((point) => point.y),
    ]);
    return { cost: values[0]![0]!, slope: values[1]![0]!, intercept: values[2]![0]! };
  };
}

/** The next few points of an endless order, in which each epoch has every point once. */
function batchesOf(points: readonly LinePoint[], size: number, seed: number): () => LinePoint[] {
  let [order, at, epoch] = [permutation(points.length, { seed }), 0, 0];
  return () =>
    Array.from({ length: size }, () => {
      if (at === order.length) {
        order = permutation(points.length, { seed, epoch: ++epoch });
        at = 0;
      }
      return points[order[at++]!]!;
    });
}

const SURFACE_SIDE = 60;
/** Beyond this no picture shows the path. */
const DIVERGED = 1e12;
