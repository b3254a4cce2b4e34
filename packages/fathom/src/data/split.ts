import { type Dataset, type ImageValues, sliceSamples } from './dataset.ts';
import { DataError } from './errors.ts';
import { shuffle } from './shuffle.ts';

/**
 * Cuts a data set into one to train on and one to validate with.
 *
 * As Keras' `validation_split`: the validation set is the last part, of N − ⌊N · (1 − fraction)⌋ samples, and
 * nothing is shuffled unless a seed is given. Without a seed both parts share the memory of the whole.
 *
 * @param fraction of the samples that validate, in (0, 1)
 * @throws DataError when either part would be empty
 * @example
 * const { train, validation } = split(dataset, 0.1, { seed: 0 });
 */
export function split<Images extends ImageValues>(
  dataset: Dataset<Images>,
  fraction: number,
  { seed }: { seed?: number } = {},
): { train: Dataset<Images>; validation: Dataset<Images> } {
  const trainCount = Math.floor(dataset.count * (1 - fraction));
  if (!(fraction > 0 && fraction < 1) || trainCount === 0 || trainCount === dataset.count) {
    throw new DataError({
      what: 'the data set cannot be split so',
      where: `split of data set ${dataset.name}`,
      expected: `a fraction in (0, 1) that leaves at least one of ${dataset.count} samples on either side`,
      received: String(fraction),
      fix: 'Choose another fraction, or pass validation data of its own.',
    });
  }
  const ordered = seed === undefined ? dataset : shuffle(dataset, { seed });
  return { train: sliceSamples(ordered, 0, trainCount), validation: sliceSamples(ordered, trainCount) };
}
