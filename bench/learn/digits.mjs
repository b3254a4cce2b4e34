import { layers, sequential } from 'fathom';
import { learnImages } from './images.mjs';
import { oneCycleAdam } from './oneCycle.mjs';

export const WHAT =
  'five 3×3 convolutions with batch normalization; digits turned, moved and zoomed a little; mean of the weights';
export const ASKED = '≥ 99.6 %';
export const EPOCHS = 15;

export function learn({ seed, epochs, ...rest }) {
  const model = sequential(
    [
      layers.randomAffine({
        rotationFactor: 10 / 360,
        heightFactor: 2 / 28,
        widthFactor: 2 / 28,
        zoomFactor: 0.1,
        fillMode: 'constant',
        inputShape: [28, 28, 1],
      }),
      ...stages([32, 32], [64, 64], [128]),
      layers.globalMaxPooling2d(),
      layers.dropout({ rate: 0.3 }),
      layers.dense({ units: 10, activation: 'softmax' }),
    ],
    { seed },
  );
  const compile = { optimizer: oneCycleAdam({ samples: 60_000, batchSize: 128, epochs, highest: 3e-3 }) };
  return learnImages({ data: 'mnist', model, compile, epochs, ...rest });
}

/** Groups of convolutions, a pooling between two groups. */
export function stages(...groups) {
  return groups.flatMap((filters, i) => [
    ...(i > 0 ? [layers.maxPooling2d({ poolSize: 2 })] : []),
    ...filters.flatMap((count) => [
      layers.conv2d({ filters: count, kernelSize: 3, padding: 'same', useBias: false }),
      layers.batchNormalization({ momentum: 0.95 }),
      layers.activation('relu'),
    ]),
  ]);
}
