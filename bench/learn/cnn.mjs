import { adam, cnn } from 'fathom';
import { learnImages } from './images.mjs';

export const WHAT = "Keras' MNIST example, Adam";
export const ASKED = '≥ 99.2 % in 12 epochs';
export const EPOCHS = 12;

export function learn({ seed, ...rest }) {
  const model = cnn({ seed });
  return learnImages({ data: 'mnist', model, compile: { optimizer: adam() }, ...rest });
}
