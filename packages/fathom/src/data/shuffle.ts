import { type Dataset, gatherSamples, type ImageValues } from './dataset.ts';
import { permutation } from './random.ts';

/**
 * The samples in a random order that depends on `seed` and `epoch` alone.
 *
 * Images and labels are copied; `batches` shuffles without the copy.
 *
 * @example
 * shuffle(dataset, { seed: 7 }).count === dataset.count; // true
 */
export function shuffle<Images extends ImageValues>(
  dataset: Dataset<Images>,
  options: { seed: number; epoch?: number },
): Dataset<Images> {
  return gatherSamples(dataset, permutation(dataset.count, options));
}
