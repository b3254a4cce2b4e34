import { formatNumber } from '../../views/matrix.ts';
import {
  costSurface,
  type DescentStep,
  descend,
  type Line,
  type NormalEquation,
  normalEquation,
  type Sample,
  type Surface,
} from './line.ts';

export interface LineTask {
  readonly samples: readonly Sample[];
  readonly rate: number;
  readonly batch: number;
  readonly steps: number;
  readonly seed: number;
  readonly slope: number;
  readonly intercept: number;
}

/** Both ways to the line of some points, and the cost around it. */
export interface SolvedLine {
  readonly samples: readonly Sample[];
  readonly normal: NormalEquation;
  readonly path: readonly DescentStep[];
  readonly surface: Surface;
}

/** @returns undefined where XᵀX has no inverse: all points lie over one x */
export async function solveLine(task: LineTask): Promise<SolvedLine | undefined> {
  const normal = await normalEquation(task.samples);
  if (!normal) return undefined;
  const start = { slope: task.slope, intercept: task.intercept };
  const path = await descend(task.samples, { ...task, start });
  const around = (best: number, begin: number, least: number): [number, number] => {
    const half = Math.max(least, 1.25 * Math.abs(begin - best));
    return [best - half, best + half];
  };
  const { line } = normal;
  const surface = await costSurface(
    task.samples,
    around(line.slope, start.slope, 1),
    around(line.intercept, start.intercept, 1),
  );
  return { samples: task.samples, normal, path, surface };
}

export const lineText = ({ slope, intercept }: Line) =>
  `ŷ = ${formatNumber(slope, 3)}·x ${intercept < 0 ? '−' : '+'} ${formatNumber(Math.abs(intercept), 3)}`;
