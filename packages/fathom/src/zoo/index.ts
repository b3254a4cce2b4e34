export { cnn } from './cnn.ts';
export { lenet5 } from './lenet5.ts';
export { mlp } from './mlp.ts';
export { perceptron } from './perceptron.ts';
