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
