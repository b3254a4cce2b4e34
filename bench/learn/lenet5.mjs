import { lenet5 } from 'fathom';
import { learnImages } from './images.mjs';
import { oneCycleAdam } from './oneCycle.mjs';

export const WHAT = 'LeNet-5 on MNIST';
export const ASKED = '≥ 98.9 % in ≤ 10 epochs';
export const EPOCHS = 10;

export function learn({ seed, epochs, ...rest }) {
  const optimizer = oneCycleAdam({ samples: 60_000, batchSize: 64, epochs, highest: 3e-3 });
  return learnImages({
    data: 'mnist',
    model: lenet5({ seed }),
    compile: { optimizer },
    batchSize: 64,
    epochs,
    ...rest,
  });
}
