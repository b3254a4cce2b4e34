import type { inspect } from 'fathom';

/** The most probable class; −1 of numbers. */
export function bestOf({ probabilities }: Pick<inspect.Answer, 'probabilities'>): number {
  return probabilities.indexOf(Math.max(...probabilities));
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
