import { dense, flatten } from '../nn/layers/index.ts';
import { type Model, type ModelOptions, sequential } from '../train/index.ts';

/**
 * A multilayer perceptron with one hidden layer of 128 neurons, on 28×28 grey images: 101,770 parameters.
 *
 * @example
 * const model = mlp({ seed: 0 });
 */
export function mlp(options: ModelOptions = {}): Model {
  return sequential(
    [
      flatten({ inputShape: [28, 28, 1] }),
      dense({ units: 128, activation: 'relu' }),
      dense({ units: 10, activation: 'softmax' }),
    ],
    { name: 'mlp', ...options },
  );
}
