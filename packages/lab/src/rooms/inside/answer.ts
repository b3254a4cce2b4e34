import type { inspect } from 'fathom';
import type { Settings } from '../../lib/settings.svelte.ts';

/** The most probable class; −1 of numbers. */
export function bestOf({ probabilities }: Pick<inspect.Answer, 'probabilities'>): number {
  return probabilities.indexOf(Math.max(...probabilities));
}

/** The right answer that the settings say: a class, by default the one that is said, or a number, by default 0. */
export function labelIn(params: Settings, answer: inspect.Answer | undefined): number {
  if (!answer || answer.classes.length === 0) return params.number('label', 0, { min: -1e6, max: 1e6 });
  const most = answer.classes.length - 1;
  return params.number('label', Math.max(0, bestOf(answer)), { min: 0, max: most, integer: true });
}

/** An output as people call it: by its layer and, of others than its first result, by their number. */
export function outputName({ layer, result }: Pick<inspect.Answer, 'layer' | 'result'>): string {
  return result === 0 ? layer : `${layer}, result ${result + 1}`;
}

/** The loss for which gradients of an output are taken. */
export function lossInWords({ classes, probabilities, values, shape }: inspect.Answer): string {
  if (probabilities.length > 0) return '−ln p';
  if (classes.length > 0) return `mean of −ln p over ${values.length / shape.at(-1)!} places`;
  return values.length === 1 ? '(y − target)²' : `mean of (y − target)² over ${values.length} numbers`;
}
