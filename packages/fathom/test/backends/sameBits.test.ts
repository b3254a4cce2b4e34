import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { type BaseLayer, input, layers, model, sequential } from '../../src/index.ts';
import type { NumericArray } from '../../src/ir/tensor.ts';
import type { Model } from '../../src/train/model.ts';
import * as zoo from '../../src/zoo/index.ts';
import { backends } from '../support/backends.ts';
import { expectSameBits } from '../support/compare.ts';
import { seeded } from '../support/random.ts';

const CLASSES = 5;
const STEPS = 2;
const SEED = 1;
/** Large networks are many kernels, which a C compiler that has not seen them takes tens of seconds for. */
const SLOW_MS = 600_000;

const small = (side: number) => ({
  inputShape: [side, side, 3],
  classes: CLASSES,
  seed: SEED,
});
const { bidirectional, dense, gru, lstm } = layers;
const recurrent = (layer: BaseLayer) =>
  sequential([layer, dense({ units: CLASSES, activation: 'softmax' })], { seed: SEED });

function transformer(): Model {
  const { add, globalAveragePooling1d, layerNormalization, multiHeadAttention } = layers;
  const x = input({ shape: [24, 32] });
  const attended = multiHeadAttention({ numHeads: 4, keyDim: 8, dropout: 0.1 })([x, x]);
  const first = layerNormalization({ epsilon: 1e-6 })(add()([x, attended]));
  const hidden = dense({ units: 32 })(dense({ units: 64, activation: 'gelu' })(first));
  const second = layerNormalization({ epsilon: 1e-6 })(add()([first, hidden]));
  const outputs = dense({ units: CLASSES, activation: 'softmax' })(globalAveragePooling1d()(second));
  return model({ inputs: x, outputs, seed: SEED });
}

/** Each builder of the zoo once, small, and what has loops and attention. A batch is enough work for several threads. */
const NETWORKS: readonly [name: string, batch: number, make: () => Model][] = [
  ['perceptron', 256, () => zoo.perceptron({ seed: SEED })],
  ['mlp', 64, () => zoo.mlp({ seed: SEED })],
  ['lenet5', 32, () => zoo.lenet5({ seed: SEED })],
  ['cnn', 8, () => zoo.cnn({ seed: SEED })],
  ['alexNet', 2, () => zoo.alexNet(small(67))],
  ['vgg11', 2, () => zoo.vgg11(small(32))],
  ['resNet18', 2, () => zoo.resNet18({ ...small(16), stem: 'cifar' })],
  ['resNet20', 4, () => zoo.resNet20(small(16))],
  ['resNet50', 2, () => zoo.resNet50({ ...small(16), stem: 'cifar' })],
  ['mobileNet', 8, () => zoo.mobileNet({ ...small(32), alpha: 0.25 })],
  ['mobileNetV2', 8, () => zoo.mobileNetV2({ ...small(32), alpha: 0.25 })],
  ['squeezeNet', 4, () => zoo.squeezeNet({ ...small(40), version: '1.1' })],
  ['lstm', 24, () => recurrent(lstm({ units: 48, inputShape: [20, 16], dropout: 0.2 }))],
  ['gru', 24, () => recurrent(gru({ units: 48, inputShape: [20, 16] }))],
  [
    'bidirectional lstm',
    24,
    () => recurrent(bidirectional({ layer: lstm({ units: 24 }), inputShape: [20, 16] })),
  ],
  ['transformer', 24, transformer],
];

/** Their kernels are those of the others; a C compiler takes longest for these. */
const ONLY_ON_WASM = [
  'alexNet',
  'vgg11',
  'resNet20',
  'resNet50',
  'mobileNet',
  'mobileNetV2',
  'bidirectional lstm',
];

const compiled = backends.filter(({ threads }) => threads.length > 1);

describe.each(compiled)('training steps on $name', ({ name: backendName, make, missing, threads }) => {
  if (missing !== undefined) {
    it.skip(`cannot be tested here: ${missing}`);
    return;
  }

  it.each(NETWORKS.filter(([name]) => backendName === 'wasm' || !ONLY_ON_WASM.includes(name)))(
    'of %s have the same bits for any number of threads',
    async (name, batch, build) => {
      const network = build();
      const begun = await network.getWeights();
      const results: NumericArray[][] = [];
      for (const count of [threads[0]!, threads.at(-1)!]) {
        const backend = await make(count);
        network.setWeights(begun);
        results.push(await trained(network, batch, backend));
        await network.dispose();
        await backend.dispose();
      }
      const [first, last] = results as [NumericArray[], NumericArray[]];
      expect(
        first.every((values) => values.every(Number.isFinite)),
        `${name} is finite`,
      ).toBe(true);
      expect(last.length).toBe(first.length);
      last.forEach((values, i) => {
        expectSameBits(values, first[i]!, `${name}, value ${i}`);
      });
    },
    SLOW_MS,
  );
});

/** Loss and weights after some steps with a large rate, so that a wrong bit spreads. */
async function trained(network: Model, batch: number, backend: Backend): Promise<NumericArray[]> {
  network.compile({
    optimizer: 'adam',
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
    seed: SEED,
    backend,
  });
  const before = (await network.getWeights()).map(({ data }) => data[0]);
  const random = seeded(7);
  const size = network.inputShape!.reduce((product, extent) => product * extent!, batch);
  const losses: number[] = [];
  for (let step = 0; step < STEPS; step++) {
    const x = Float32Array.from({ length: size }, () => random() - 0.5);
    const y = Int32Array.from({ length: batch }, (_, i) => (i + step) % CLASSES);
    losses.push((await network.trainOnBatch(x, y)).loss!);
  }
  const weights = (await network.getWeights()).map(({ data }) => data);
  expect(weights.map((values) => values[0])).not.toEqual(before);
  return [Float32Array.from(losses), ...weights];
}
