import { conv2d, dense, flatten, maxPooling2d } from '../nn/layers/index.ts';
import { type Model, type ModelOptions, sequential } from '../train/index.ts';

/**
 * LeNet-5 for 28×28 grey images, with ReLU and max pooling in place of the scaled tanh and trained averages of 1998:
 * 61,706 parameters.
 *
 * Paper: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, Gradient-based learning applied to document recognition (1998).
 *
 * @example
 * const model = lenet5({ seed: 0 });
 */
export function lenet5(options: ModelOptions = {}): Model {
  return sequential(
    [
      conv2d({ filters: 6, kernelSize: 5, padding: 'same', activation: 'relu', inputShape: [28, 28, 1] }),
      maxPooling2d(),
      conv2d({ filters: 16, kernelSize: 5, activation: 'relu' }),
      maxPooling2d(),
      flatten(),
      dense({ units: 120, activation: 'relu' }),
      dense({ units: 84, activation: 'relu' }),
      dense({ units: 10, activation: 'softmax' }),
    ],
    { name: 'lenet5', ...options },
  );
}
