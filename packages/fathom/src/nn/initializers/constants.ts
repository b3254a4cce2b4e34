import { formatShape, sizeOf } from '../../ir/shape.ts';
import { checkNumber } from '../checkNumber.ts';
import type { Initializer } from './initializer.ts';

export interface ConstantOptions {
  /** Default 0. */
  readonly value?: number | undefined;
}

export interface IdentityOptions {
  /** What stands on the diagonal. Default 1. */
  readonly gain?: number | undefined;
}

/** All 0: right for biases. As weights of a hidden layer they fail, since all its neurons stay equal. */
export function zeros(): Initializer {
  return filled('zeros', 0, {});
}

/** All 1. */
export function ones(): Initializer {
  return filled('ones', 1, {});
}

/**
 * All the same value.
 *
 * @throws RangeError on a value that is no finite number
 * @example
 * dense({ units: 10, biasInitializer: initializers.constant({ value: 0.1 }) });
 */
export function constant(options: ConstantOptions | number = {}): Initializer {
  const value = (typeof options === 'number' ? options : options.value) ?? 0;
  checkNumber(value, 'constant: value');
  return filled('constant', value, { value });
}

/**
 * A matrix that changes nothing: gain on the diagonal, 0 elsewhere.
 *
 * @throws RangeError on a gain that is no finite number, or (when used) a weight that is no matrix
 * @example
 * dense({ units: 10, kernelInitializer: 'identity' });
 */
export function identity(options: IdentityOptions = {}): Initializer {
  const { gain = 1 } = options;
  checkNumber(gain, 'identity: gain');
  return {
    name: 'identity',
    config: () => ({ gain }),
    values(shape) {
      if (shape.length !== 2) {
        throw new RangeError(
          `identity: expected a weight of two axes; received ${formatShape(shape)}. Use orthogonal() for kernels of convolutions.`,
        );
      }
      const [rows, columns] = shape as [number, number];
      const values = new Float32Array(rows * columns);
      for (let i = 0; i < Math.min(rows, columns); i++) values[i * columns + i] = gain;
      return values;
    },
  };
}

function filled(name: string, value: number, config: Record<string, unknown>): Initializer {
  return {
    name,
    config: () => ({ ...config }),
    values: (shape) => new Float32Array(sizeOf(shape)).fill(value),
  };
}
