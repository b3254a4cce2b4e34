import { checkNumber } from '../checkNumber.ts';
import { checkDeviation, drawing, type Initializer, type SeedOptions, truncatedWith } from './initializer.ts';

export interface NormalOptions extends SeedOptions {
  /** Default 0. */
  readonly mean?: number | undefined;
  /** Standard deviation. Default 0.05. */
  readonly stddev?: number | undefined;
}

export interface UniformOptions extends SeedOptions {
  /** Default −0.05. */
  readonly minval?: number | undefined;
  /** Default 0.05. */
  readonly maxval?: number | undefined;
}

/**
 * Normal with a mean and a deviation.
 *
 * @throws RangeError on a negative deviation, or a mean that is no finite number
 * @example
 * dense({ units: 10, kernelInitializer: initializers.randomNormal({ stddev: 0.02 }) });
 */
export function randomNormal(options: NormalOptions = {}): Initializer {
  const { mean = 0, stddev = 0.05, seed } = checkNormal('randomNormal', options);
  return drawing('randomNormal', { mean, stddev, seed }, () => (random) => mean + stddev * random.normal());
}

/**
 * Normal, with values more than two deviations from the mean drawn anew. As in Keras, `stddev` is the deviation before
 * the cut; what is left has 0.88 of it.
 *
 * @throws RangeError on a negative deviation, or a mean that is no finite number
 * @example
 * dense({ units: 10, kernelInitializer: 'truncatedNormal' });
 */
export function truncatedNormal(options: NormalOptions = {}): Initializer {
  const { mean = 0, stddev = 0.05, seed } = checkNormal('truncatedNormal', options);
  const draw = truncatedWith(stddev);
  return drawing('truncatedNormal', { mean, stddev, seed }, () => (random) => mean + draw(random));
}

/**
 * Uniform in [minval, maxval).
 *
 * @throws RangeError on bounds that are no finite numbers, or in the wrong order
 * @example
 * embedding({ inputDim: 1000, outputDim: 16, embeddingsInitializer: 'randomUniform' });
 */
export function randomUniform(options: UniformOptions = {}): Initializer {
  const { minval = -0.05, maxval = 0.05, seed } = options;
  checkNumber(minval, 'randomUniform: minval');
  checkNumber(maxval, 'randomUniform: maxval', `at least minval = ${minval}`, (number) => number >= minval);
  const width = maxval - minval;
  return drawing(
    'randomUniform',
    { minval, maxval, seed },
    () => (random) => minval + width * random.uniform(),
  );
}

function checkNormal(name: string, options: NormalOptions): NormalOptions {
  if (options.mean !== undefined) checkNumber(options.mean, `${name}: mean`);
  if (options.stddev !== undefined) checkDeviation(options.stddev, `${name}: stddev`);
  return options;
}
