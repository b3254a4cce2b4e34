import { SpatialDropout, type SpatialDropoutOptions } from './spatialDropout.ts';

/**
 * Dropout of whole channels: while training, each channel of a sample is set to 0 at all its places with probability
 * `rate`, and the others are divided by 1 − rate. For neighbours that resemble each other, whose single values could be
 * guessed. Afterwards it does nothing.
 *
 * Shapes [H, W, C] stay. No weights.
 *
 * Paper: J. Tompson et al., Efficient object localization using convolutional networks (2015).
 *
 * @throws RangeError on a rate outside [0, 1] and samples that are not [H, W, C]
 * @example
 * layers.spatialDropout2d({ rate: 0.2 });
 */
export function spatialDropout2d(options: SpatialDropoutOptions): SpatialDropout2d {
  return new SpatialDropout2d(options);
}

export class SpatialDropout2d extends SpatialDropout {
  readonly type = 'spatialDropout2d';

  constructor(options: SpatialDropoutOptions) {
    super('spatialDropout2d', 2, options);
  }
}
