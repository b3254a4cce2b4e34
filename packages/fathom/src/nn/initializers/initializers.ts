import { type Shape, sizeOf } from '../../ir/shape.ts';
import { lookUp } from '../lookup.ts';
import { type Key, RandomStream } from '../random.ts';

/** How the first values of a weight are made. */
export interface Initializer {
  readonly name: string;
  /** The values of a weight of the given shape; the key decides what is drawn. */
  values(shape: Shape, key: Key): Float32Array;
}

/** Names that `kernelInitializer` and its like accept. */
export type InitializerName = keyof typeof byName;
export type InitializerLike = InitializerName | Initializer;

/** All 0: right for biases. As weights of a hidden layer they fail, since all its neurons stay equal. */
export function zeros(): Initializer {
  return constantInitializer('zeros', 0);
}

/** All 1. */
export function ones(): Initializer {
  return constantInitializer('ones', 1);
}

/**
 * Uniform in [−L, L) with L = √(6 / (fanIn + fanOut)); the default of every kernel.
 *
 * Paper: X. Glorot, Y. Bengio, Understanding the difficulty of training deep feedforward neural networks (2010).
 *
 * @example
 * layers.dense({ units: 10, kernelInitializer: 'glorotUniform' });
 */
export function glorotUniform(): Initializer {
  return uniformInitializer('glorotUniform', ({ fanIn, fanOut }) => Math.sqrt(6 / (fanIn + fanOut)));
}

/**
 * Normal with deviation √(2 / (fanIn + fanOut)), cut at two deviations.
 *
 * Paper: X. Glorot, Y. Bengio (2010).
 */
export function glorotNormal(): Initializer {
  return normalInitializer('glorotNormal', ({ fanIn, fanOut }) => Math.sqrt(2 / (fanIn + fanOut)));
}

/**
 * Uniform in [−L, L) with L = √(6 / fanIn), made for ReLU.
 *
 * Paper: K. He, X. Zhang, S. Ren, J. Sun, Delving deep into rectifiers (2015).
 */
export function heUniform(): Initializer {
  return uniformInitializer('heUniform', ({ fanIn }) => Math.sqrt(6 / fanIn));
}

/**
 * Normal with deviation √(2 / fanIn), cut at two deviations, made for ReLU.
 *
 * Paper: K. He, X. Zhang, S. Ren, J. Sun (2015).
 */
export function heNormal(): Initializer {
  return normalInitializer('heNormal', ({ fanIn }) => Math.sqrt(2 / fanIn));
}

/** The initializer meant by a name or given as such. */
export function resolveInitializer(initializer: InitializerLike, where: string): Initializer {
  return typeof initializer === 'string' ? lookUp(byName, initializer, where)() : initializer;
}

/** How many numbers flow into and out of one place of a weight [...receptive field, in, out]. */
export function fans(shape: Shape): { fanIn: number; fanOut: number } {
  if (shape.length < 2) {
    const size = sizeOf(shape);
    return { fanIn: size, fanOut: size };
  }
  const field = sizeOf(shape.slice(0, -2));
  return { fanIn: field * shape[shape.length - 2]!, fanOut: field * shape[shape.length - 1]! };
}

const byName = { zeros, ones, glorotUniform, glorotNormal, heUniform, heNormal };

function constantInitializer(name: string, value: number): Initializer {
  return { name, values: (shape) => new Float32Array(sizeOf(shape)).fill(value) };
}

function uniformInitializer(name: string, limitOf: (f: ReturnType<typeof fans>) => number): Initializer {
  return {
    name,
    values(shape, key) {
      const random = new RandomStream(key);
      const limit = limitOf(fans(shape));
      return Float32Array.from({ length: sizeOf(shape) }, () => limit * (2 * random.uniform() - 1));
    },
  };
}

function normalInitializer(name: string, deviationOf: (f: ReturnType<typeof fans>) => number): Initializer {
  return {
    name,
    values(shape, key) {
      const random = new RandomStream(key);
      const deviation = deviationOf(fans(shape)) / TRUNCATED_DEVIATION;
      return Float32Array.from({ length: sizeOf(shape) }, () => deviation * truncatedNormal(random));
    },
  };
}

function truncatedNormal(random: RandomStream): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= TRUNCATION) return value;
  }
}

const TRUNCATION = 2;
/** Deviation of the standard normal distribution cut at ±2. */
const TRUNCATED_DEVIATION = 0.87962566103423978;
