import type { inspect } from 'fathom';
import type { Settings } from '../../lib/settings.svelte.ts';
import { exact } from './written.ts';

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

/** Which loss gradients are of, and from where that is known. */
export function lossInWords({ origin, name, options, weight, hasPenalties }: inspect.GradientLoss): string {
  const set = Object.entries(options).map(([option, value]) => `, ${option} ${value}`);
  const loss = `${name}${set.join('')}`;
  if (origin === 'unknown')
    return `Nothing is known of how this network was trained: L is the default for such an output, ${loss}.`;
  if (origin === 'untrained')
    return `This output was not trained, it has no loss: L is the default for such an output, ${loss}.`;
  const times = weight === 1 ? '' : `, times ${exact(weight)}, what it counts in the sum of all losses`;
  const penalties = hasPenalties
    ? ' Penalties on the size of weights, which were added to it, are left out.'
    : '';
  return `L is the loss that the network is trained with: ${loss}${times}.${penalties}`;
}
