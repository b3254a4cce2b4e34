/** What single steps measured. */
export interface Figures {
  readonly steps: readonly number[];
  readonly losses: readonly number[];
  readonly accuracies: readonly number[];
  /** Only steps whose number can be divided by this are kept. */
  readonly apart: number;
}

/** How a report was. */
export interface CurvePoint {
  readonly steps: number;
  readonly training: Score;
  readonly validation: Score;
}

interface Score {
  readonly loss: number;
  readonly accuracy: number;
}

/** Figures of single steps are many: beyond this every other one is left out. A chart is some 400 pixels wide. */
const MOST_POINTS = 1000;

/** Those up to a step; none of nothing. */
export function upTo(figures: Figures | undefined, step: number): Figures {
  if (!figures) return { steps: [], losses: [], accuracies: [], apart: 1 };
  return picked(figures, figures.apart, (one) => one <= step);
}

export function joined(
  figures: Figures,
  more: readonly { readonly step: number; readonly loss: number; readonly accuracy: number }[],
): Figures {
  const { apart } = figures;
  const kept = more.filter(({ step }) => step % apart === 0);
  const all = {
    steps: [...figures.steps, ...kept.map(({ step }) => step)],
    losses: [...figures.losses, ...kept.map(({ loss }) => loss)],
    accuracies: [...figures.accuracies, ...kept.map(({ accuracy }) => accuracy)],
    apart,
  };
  if (all.steps.length <= MOST_POINTS) return all;
  return picked(all, 2 * apart, (step) => step % (2 * apart) === 0);
}

/** The points up to a step. */
export function curveBefore(curve: readonly CurvePoint[], step: number): CurvePoint[] {
  return curve.filter(({ steps }) => steps <= step);
}

function picked(figures: Figures, apart: number, isKept: (step: number) => boolean): Figures {
  const kept = (_: number, i: number) => isKept(figures.steps[i]!);
  return {
    steps: figures.steps.filter(kept),
    losses: figures.losses.filter(kept),
    accuracies: figures.accuracies.filter(kept),
    apart,
  };
}
