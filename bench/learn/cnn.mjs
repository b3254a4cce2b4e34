import { cnn } from 'fathom';
import { learnImages } from './images.mjs';
import { oneCycleAdam } from './oneCycle.mjs';

export const WHAT = "Keras' MNIST example";
export const ASKED = '≥ 99.2 % in 12 epochs';
export const EPOCHS = 12;

export function learn({ seed, epochs, ...rest }) {
  const optimizer = oneCycleAdam({ samples: 60_000, batchSize: 64, epochs, highest: 3e-3 });
  return learnImages({
    data: 'mnist',
    model: cnn({ seed }),
    compile: { optimizer },
    batchSize: 64,
    epochs,
    ...rest,
  });
}
