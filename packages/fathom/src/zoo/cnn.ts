import { conv2d, dense, dropout, flatten, maxPooling2d } from '../nn/layers/index.ts';
import { type Model, type ModelOptions, sequential } from '../train/index.ts';

/**
 * The small convolutional network of Keras' MNIST example, for 28×28 grey images: 34,826 parameters.
 *
 * Source: F. Chollet, Simple MNIST convnet, keras.io/examples/vision/mnist_convnet.
 *
 * @example
 * const model = cnn({ seed: 0 });
 */
export function cnn(options: ModelOptions = {}): Model {
  return sequential(
    [
      conv2d({ filters: 32, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1] }),
      maxPooling2d(),
      conv2d({ filters: 64, kernelSize: 3, activation: 'relu' }),
      maxPooling2d(),
      flatten(),
      dropout({ rate: 0.5 }),
      dense({ units: 10, activation: 'softmax' }),
    ],
    { name: 'cnn', ...options },
  );
}
