import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../../src/backends/reference/reference.ts';
import type { Layer } from '../../../src/nn/layer.ts';
import * as layers from '../../../src/nn/layers/index.ts';
import { sequential } from '../../../src/train/index.ts';

const backend = referenceBackend({ precision: 64 });
/** Words, of which 0 is none. */
const words = [
  [3, 1, 0, 0],
  [2, 0, 0, 0],
  [1, 2, 3, 0],
];

/** The loss of a step where the targets of padding are `padded`. */
async function lossWith(layer: Layer, padded: number): Promise<number> {
  const model = sequential(
    [
      layers.embedding({ inputDim: 4, outputDim: 3, maskZero: true, inputShape: [4] }),
      layer,
      layers.dense({ units: 1 }),
    ],
    { seed: 2 },
  );
  model.compile({ loss: 'meanSquaredError', optimizer: 'sgd', backend });
  const targets = words.map((row) => row.map((word) => [word === 0 ? padded : word]));
  return (await model.trainOnBatch(words, targets)).loss!;
}

describe('masks go on through', () => {
  const all: [string, () => Layer][] = [
    ['activation', () => layers.activation('relu')],
    ['leakyRelu', () => layers.leakyRelu()],
    ['dropout', () => layers.dropout({ rate: 0.1 })],
    ['batchNormalization', () => layers.batchNormalization()],
    ['layerNormalization', () => layers.layerNormalization()],
    ['gaussianNoise', () => layers.gaussianNoise({ stddev: 0.1 })],
    ['spatialDropout1d', () => layers.spatialDropout1d({ rate: 0.1 })],
  ];

  it.each(all)('%s while training', async (_, make) => {
    expect(await lossWith(make(), 0)).toBe(await lossWith(make(), 100));
  });
});

describe('batchNormalization', () => {
  it('takes its statistics from the steps that count', async () => {
    const layer = layers.batchNormalization({ momentum: 0 });
    const model = sequential([layers.masking({ maskValue: 9, inputShape: [3, 1] }), layer], { seed: 1 });
    model.compile({ loss: 'meanSquaredError', backend });
    const x = [
      [[1], [3], [9]],
      [[5], [9], [9]],
    ];
    await model.trainOnBatch(x, x);
    const [, , mean, variance] = (await model.getWeights()).map(({ data }) => data[0]!);
    expect(mean).toBeCloseTo(3, 5);
    expect(variance).toBeCloseTo(8 / 3, 5);
  });
});
