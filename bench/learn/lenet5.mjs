import { adam, lenet5 } from 'fathom';
import { learnImages } from './images.mjs';

export const WHAT = 'LeNet-5 on MNIST, Adam';
export const ASKED = '≥ 98.9 % in ≤ 10 epochs';
export const EPOCHS = 10;

export function learn({ seed, ...rest }) {
  const model = lenet5({ seed });
  return learnImages({ data: 'mnist', model, compile: { optimizer: adam() }, batchSize: 32, ...rest });
}
