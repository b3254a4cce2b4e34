import { type Executable, functional, gradients, load, ops, referenceBackend } from 'fathom';
import { Stream } from './random.ts';

/** A point that a line is to go through. */
export interface Sample {
  readonly x: number;
  readonly y: number;
}

/** ŷ = slope · x + intercept: θ₁ and θ₀. */
export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/** One step of gradient descent. */
export interface DescentStep extends Line {
  /** J(θ) over all points, before the next step. */
  readonly cost: number;
}

/** The cost on a grid of lines. */
export interface Surface {
  readonly slopes: readonly number[];
  readonly intercepts: readonly number[];
  /** [intercept][slope] */
  readonly costs: readonly (readonly number[])[];
}

export interface DescentOptions {
  readonly start: Line;
  readonly rate: number;
  readonly steps: number;
  /** Points in a step; 0 is all of them. */
  readonly batch: number;
  readonly seed: number;
}

const backend = referenceBackend({ precision: 64 });

/**
 * The line of the least cost, θ* = (XᵀX)⁻¹XᵀY, with XᵀX = (Σx² Σx; Σx n) and XᵀY = (Σxy, Σy).
 *
 * @returns undefined where XᵀX has no inverse: all points lie over one x
 */
export async function normalEquation(samples: readonly Sample[]): Promise<NormalEquation | undefined> {
  const design = ops.input('X', [samples.length, 2]);
  const targets = ops.input('Y', [samples.length, 1]);
  const transposed = ops.transpose(design, [1, 0]);
  const executable = await load(
    {
      inputs: [design, targets],
      outputs: [functional.matmul(transposed, design), functional.matmul(transposed, targets)],
      updates: [],
    },
    backend,
  );
  executable.write(
    0,
    samples.flatMap(({ x }) => [x, 1]),
  );
  executable.write(
    1,
    samples.map(({ y }) => y),
  );
  await executable.run();
  const [a, b, , d] = (await executable.read(0)) as unknown as [number, number, number, number];
  const [p, q] = (await executable.read(1)) as unknown as [number, number];
  executable.dispose();
  // Of two by two numbers the inverse is (d −b; −b a) / (ad − b²).
  const determinant = a * d - b * b;
  if (samples.length < 2 || Math.abs(determinant) <= 1e-12 * a * d) return undefined;
  return {
    gram: [a, b, b, d],
    moments: [p, q],
    line: { slope: (d * p - b * q) / determinant, intercept: (a * q - b * p) / determinant },
  };
}

/** θ* with what it is made of. */
export interface NormalEquation {
  /** XᵀX, row by row. */
  readonly gram: readonly [number, number, number, number];
  /** XᵀY. */
  readonly moments: readonly [number, number];
  readonly line: Line;
}

/** The path of gradient descent on J(θ) = (1/n) Σ (ŷ − y)², with the gradients of the library. */
export async function descend(samples: readonly Sample[], options: DescentOptions): Promise<DescentStep[]> {
  const { start, rate, steps, batch, seed } = options;
  const size = batch === 0 ? samples.length : Math.min(batch, samples.length);
  const [whole, part] = [await costProgram(samples.length), await costProgram(size)];
  const order = new Stream(seed);
  const path: DescentStep[] = [];
  let theta: Line = start;
  for (let i = 0; i <= steps; i++) {
    const { cost, slope, intercept } = await slopes(whole, samples, theta);
    path.push({ ...theta, cost });
    if (i === steps || !Number.isFinite(cost) || cost > DIVERGED) break;
    const chosen = Array.from({ length: size }, () => samples[Math.floor(order.uniform() * samples.length)]!);
    const step = size === samples.length ? { slope, intercept } : await slopes(part, chosen, theta);
    theta = { slope: theta.slope - rate * step.slope, intercept: theta.intercept - rate * step.intercept };
  }
  whole.dispose();
  part.dispose();
  return path;
}

/** J on a grid of lines, all at once. */
export async function costSurface(
  samples: readonly Sample[],
  slopeRange: readonly [number, number],
  interceptRange: readonly [number, number],
  side = SURFACE_SIDE,
): Promise<Surface> {
  const along = ([low, high]: readonly [number, number]) =>
    Array.from({ length: side }, (_, i) => low + ((high - low) * i) / (side - 1));
  const [slopeValues, intercepts] = [along(slopeRange), along(interceptRange)];
  const design = ops.input('X', [samples.length, 2]);
  const thetas = ops.input('θ', [2, side * side]);
  const targets = ops.input('Y', [samples.length, 1]);
  const errors = ops.subtract(functional.matmul(design, thetas), targets);
  const cost = functional.mean(ops.multiply(errors, errors), 0);
  const executable = await load({ inputs: [design, thetas, targets], outputs: [cost], updates: [] }, backend);
  executable.write(
    0,
    samples.flatMap(({ x }) => [x, 1]),
  );
  executable.write(1, [
    ...intercepts.flatMap(() => slopeValues),
    ...intercepts.flatMap((intercept) => slopeValues.map(() => intercept)),
  ]);
  executable.write(
    2,
    samples.map(({ y }) => y),
  );
  await executable.run();
  const flat = await executable.read(0);
  executable.dispose();
  const costs = intercepts.map((_, i) => Array.from(flat.subarray(i * side, (i + 1) * side)));
  return { slopes: slopeValues, intercepts, costs };
}

/** Samples of a made-up study: years still to live at an age in decades, about 80 − 10·age. */
export function madeUpSamples(seed: number, count = 24): Sample[] {
  const stream = new Stream(seed);
  return Array.from({ length: count }, () => {
    const x = Math.round(80 * stream.uniform()) / 10;
    return { x, y: Math.round(10 * Math.max(0, 80 - 9 * x + 6 * stream.normal())) / 10 };
  });
}

async function costProgram(count: number): Promise<Executable> {
  const [slope, intercept] = [ops.input('θ₁', []), ops.input('θ₀', [])];
  const [x, y] = [ops.input('x', [count]), ops.input('y', [count])];
  const errors = ops.subtract(ops.add(ops.multiply(x, slope), intercept), y);
  const cost = functional.mean(ops.multiply(errors, errors));
  const outputs = [cost, ...gradients(cost, [slope, intercept])];
  return load({ inputs: [slope, intercept, x, y], outputs, updates: [] }, backend);
}

async function slopes(program: Executable, samples: readonly Sample[], { slope, intercept }: Line) {
  program.write(0, [slope]);
  program.write(1, [intercept]);
  program.write(
    2,
    samples.map(({ x }) => x),
  );
  program.write(
    3,
    samples.map(({ y }) => y),
  );
  await program.run();
  const [cost, ...parts] = [await program.read(0), await program.read(1), await program.read(2)];
  return { cost: cost![0]!, slope: parts[0]![0]!, intercept: parts[1]![0]! };
}

const SURFACE_SIDE = 60;
/** Beyond this no picture shows the path. */
const DIVERGED = 1e12;
