export { alexNet } from './alexNet.ts';
export { cnn } from './cnn.ts';
export type { ZooOptions } from './drawing.ts';
export { lenet5 } from './lenet5.ts';
export { mlp } from './mlp.ts';
export { type MobileNetOptions, mobileNet, mobileNetV2 } from './mobileNet.ts';
export { perceptron } from './perceptron.ts';
export {
  type ResNetOptions,
  resNet18,
  resNet20,
  resNet32,
  resNet34,
  resNet50,
  resNet56,
} from './resNet.ts';
export { type SqueezeNetOptions, squeezeNet } from './squeezeNet.ts';
export { vgg11, vgg16, vgg19 } from './vgg.ts';
