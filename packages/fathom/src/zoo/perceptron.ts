import { dense, flatten } from '../nn/layers/index.ts';
import { type Model, type ModelOptions, sequential } from '../train/index.ts';

/**
 * One layer of ten neurons on 28×28 grey images: 7,850 parameters.
 *
 * @example
 * const model = perceptron({ seed: 0 });
 */
export function perceptron(options: ModelOptions = {}): Model {
  return sequential([flatten({ inputShape: [28, 28, 1] }), dense({ units: 10, activation: 'softmax' })], {
    name: 'perceptron',
    ...options,
  });
}
