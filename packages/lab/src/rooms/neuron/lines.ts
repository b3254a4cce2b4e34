import type { inspect } from 'fathom';
import { formatNumber } from '../../views/matrix.ts';

export const lineText = ({ slope, intercept }: inspect.Line) =>
  `ŷ = ${formatNumber(slope, 3)}·x ${intercept < 0 ? '−' : '+'} ${formatNumber(Math.abs(intercept), 3)}`;

/** A path of gradient descent as the page draws it. */
export interface DrawnPath {
  readonly name: string;
  readonly colour: string;
  readonly steps: readonly inspect.DescentStep[];
  /** The step that is shown. */
  readonly here: inspect.DescentStep;
}

/** What a step takes, by its number of points. */
export function batchName(batch: number): string {
  return batch === 0 ? 'batch' : batch === 1 ? 'stochastic' : `mini-batch of ${batch}`;
}

/** The setting that shows the paths of all three side by side, and what they take. */
export const ALL_THREE = -1;
export const THREE_BATCHES = [0, 8, 1];
/** Blue is the normal equation’s. */
export const PATH_COLOURS = ['var(--series-2)', 'var(--series-3)', 'var(--series-4)'];
