import { SpatialDropout, type SpatialDropoutOptions } from './spatialDropout.ts';

/**
 * Dropout of whole channels: while training, each channel of a sample is set to 0 at all its places with probability
 * `rate`, and the others are divided by 1 − rate. For neighbours that resemble each other, whose single values could be
 * guessed. Afterwards it does nothing.
 *
 * Shapes [T, C] stay. No weights.
 *
 * Paper: J. Tompson et al., Efficient object localization using convolutional networks (2015).
 *
 * @throws RangeError on a rate outside [0, 1] and samples that are not [T, C]
 * @example
 * layers.spatialDropout1d({ rate: 0.2 });
 */
export function spatialDropout1d(options: SpatialDropoutOptions): SpatialDropout1d {
  return new SpatialDropout1d(options);
}

export class SpatialDropout1d extends SpatialDropout {
  readonly type = 'spatialDropout1d';

  constructor(options: SpatialDropoutOptions) {
    super('spatialDropout1d', 1, options);
  }
}
