import type { Shape } from '../../ir/shape.ts';
import { checkPositive } from '../checkNumber.ts';
import type { RandomStream } from '../random.ts';
import {
  drawing,
  fans,
  type Initializer,
  type SeedOptions,
  truncatedWith,
  uniformWithin,
} from './initializer.ts';

/** Which way the variance of what flows through is to be kept: forwards, backwards, or between the two. */
export type FanMode = 'fanIn' | 'fanOut' | 'fanAvg';
export type ScaledDistribution = 'truncatedNormal' | 'untruncatedNormal' | 'uniform';

export interface VarianceScalingOptions extends SeedOptions {
  /** Default 1. */
  readonly scale?: number | undefined;
  /** Default 'fanIn'. */
  readonly mode?: FanMode | undefined;
  /** Default 'truncatedNormal'. */
  readonly distribution?: ScaledDistribution | undefined;
}

/**
 * Values of mean 0 and variance scale / n, where n is how many numbers flow into a place of the weight (fanIn), out of
 * it (fanOut), or their mean (fanAvg).
 *
 * @throws RangeError on a scale that is not positive, or another mode or distribution
 * @example
 * dense({ units: 10, kernelInitializer: initializers.varianceScaling({ scale: 2, distribution: 'uniform' }) });
 */
export function varianceScaling(options: VarianceScalingOptions = {}): Initializer {
  const { scale = 1, mode = 'fanIn', distribution = 'truncatedNormal', seed } = options;
  checkPositive(scale, 'varianceScaling: scale');
  checkWord(mode, MODES, 'varianceScaling: mode');
  checkWord(distribution, DISTRIBUTIONS, 'varianceScaling: distribution');
  const rule = { scale, mode, distribution };
  return drawing('varianceScaling', { ...rule, seed }, (shape) => samplerOf(rule, shape));
}

/**
 * Uniform in [−L, L) with L = √(6 / (fanIn + fanOut)); the default of every kernel.
 *
 * Paper: X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks (2010).
 *
 * @example
 * layers.dense({ units: 10, kernelInitializer: 'glorotUniform' });
 */
export function glorotUniform(options: SeedOptions = {}): Initializer {
  return scaled('glorotUniform', { scale: 1, mode: 'fanAvg', distribution: 'uniform' }, options);
}

/**
 * Normal with deviation √(2 / (fanIn + fanOut)), cut at two deviations.
 *
 * Paper: X. Glorot, Y. Bengio (2010).
 */
export function glorotNormal(options: SeedOptions = {}): Initializer {
  return scaled('glorotNormal', { scale: 1, mode: 'fanAvg', distribution: 'truncatedNormal' }, options);
}

/**
 * Uniform in [−L, L) with L = √(6 / fanIn), made for ReLU.
 *
 * Paper: K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers (2015).
 */
export function heUniform(options: SeedOptions = {}): Initializer {
  return scaled('heUniform', { scale: 2, mode: 'fanIn', distribution: 'uniform' }, options);
}

/**
 * Normal with deviation √(2 / fanIn), cut at two deviations, made for ReLU.
 *
 * Paper: K. He, X. Zhang, S. Ren, J. Sun (2015).
 */
export function heNormal(options: SeedOptions = {}): Initializer {
  return scaled('heNormal', { scale: 2, mode: 'fanIn', distribution: 'truncatedNormal' }, options);
}

/**
 * Uniform in [−L, L) with L = √(3 / fanIn), made for SELU.
 *
 * Paper: Y. LeCun, L. Bottou, G. Orr, K. Müller, Efficient backprop (1998).
 */
export function lecunUniform(options: SeedOptions = {}): Initializer {
  return scaled('lecunUniform', { scale: 1, mode: 'fanIn', distribution: 'uniform' }, options);
}

/**
 * Normal with deviation √(1 / fanIn), cut at two deviations, made for SELU.
 *
 * Paper: Y. LeCun, L. Bottou, G. Orr, K. Müller (1998).
 */
export function lecunNormal(options: SeedOptions = {}): Initializer {
  return scaled('lecunNormal', { scale: 1, mode: 'fanIn', distribution: 'truncatedNormal' }, options);
}

interface Rule {
  readonly scale: number;
  readonly mode: FanMode;
  readonly distribution: ScaledDistribution;
}

function scaled(name: string, rule: Rule, { seed }: SeedOptions): Initializer {
  return drawing(name, { seed }, (shape) => samplerOf(rule, shape));
}

function samplerOf({ scale, mode, distribution }: Rule, shape: Shape): (random: RandomStream) => number {
  const { fanIn, fanOut } = fans(shape);
  const fan = Math.max(1, mode === 'fanIn' ? fanIn : mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2);
  if (distribution === 'uniform') return uniformWithin(Math.sqrt((3 * scale) / fan));
  const deviation = Math.sqrt(scale / fan);
  if (distribution === 'truncatedNormal') return truncatedWith(deviation / TRUNCATED_DEVIATION);
  return (random) => deviation * random.normal();
}

function checkWord(value: unknown, words: readonly string[], where: string): void {
  if (words.includes(value as string)) return;
  throw new RangeError(`${where}: expected one of ${words.join(', ')}; received ${JSON.stringify(value)}.`);
}

const MODES: readonly FanMode[] = ['fanIn', 'fanOut', 'fanAvg'];
const DISTRIBUTIONS: readonly ScaledDistribution[] = ['truncatedNormal', 'untruncatedNormal', 'uniform'];
/** Deviation of the standard normal distribution cut at ±2. */
const TRUNCATED_DEVIATION = 0.87962566103423978;
