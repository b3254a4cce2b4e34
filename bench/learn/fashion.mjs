import { layers, sequential } from 'fathom';
import { stages } from './digits.mjs';
import { learnImages } from './images.mjs';
import { oneCycleAdam } from './oneCycle.mjs';

export const WHAT =
  'Fashion-MNIST: six 3×3 convolutions with batch normalization; pictures moved and mirrored; mean of the weights';
export const ASKED = '≥ 93 %';
export const EPOCHS = 15;

export function learn({ seed, epochs, ...rest }) {
  const model = sequential(
    [
      layers.randomFlip({ mode: 'horizontal', inputShape: [28, 28, 1] }),
      layers.randomTranslation({ heightFactor: 2 / 28, widthFactor: 2 / 28, fillMode: 'constant' }),
      ...stages([32, 32], [64, 64], [128, 128]),
      layers.flatten(),
      layers.dropout({ rate: 0.4 }),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
    { seed },
  );
  const compile = { optimizer: oneCycleAdam({ samples: 60_000, batchSize: 128, epochs, highest: 2e-3 }) };
  return learnImages({ data: 'fashion-mnist', model, compile, epochs, ...rest });
}
