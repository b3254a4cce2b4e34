import { describe, expect, it } from 'vitest';
import type { CallContext, Layer } from '../../../src/nn/layer.ts';
import * as layers from '../../../src/nn/layers/index.ts';
import { Trace } from '../../../src/nn/trace.ts';
import { constant, input } from '../../../src/ops/index.ts';
import { modelFromConfig, sequential } from '../../../src/train/index.ts';
import { valuesOf } from '../../support/values.ts';

const SIZE = 4096;

/** What a layer makes of ones while training, with a key. */
async function train(layer: Layer, shape: readonly number[], key = [1, 2]): Promise<number[]> {
  layer.buildFor([shape.slice(1)]);
  const trace = new Trace({ training: true });
  const context: CallContext = new Proxy(trace, {
    get: (target, name) => {
      if (name === 'randomKey') return () => constant(key, [2], 'int32');
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const size = shape.reduce((product, n) => product * n, 1);
  return valuesOf(layer.call(constant(new Float32Array(size).fill(1), shape), context));
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const deviation = (values: readonly number[]) =>
  Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)));

describe('noise layers', () => {
  const all = [
    layers.spatialDropout1d({ rate: 0.5 }),
    layers.gaussianNoise({ stddev: 0.5 }),
    layers.gaussianDropout({ rate: 0.5 }),
    layers.alphaDropout({ rate: 0.5 }),
  ];

  it.each(all.map((layer) => [layer.type, layer] as const))(
    '%s does nothing outside of training',
    (_type, layer) => {
      const x = input('x', [2, 3, 4]);
      expect(layer.call(x, new Trace({ training: false }))).toBe(x);
      expect(layer.build([3, 4])).toEqual([3, 4]);
    },
  );

  it.each(all.map((layer) => [layer.type, layer] as const))(
    '%s is decided by the key',
    async (_type, layer) => {
      const first = await train(layer, [2, 3, 8]);
      expect(await train(layer, [2, 3, 8])).toEqual(first);
      expect(await train(layer, [2, 3, 8], [1, 3])).not.toEqual(first);
    },
  );

  it('spatial dropout drops whole channels', async () => {
    const y = await train(layers.spatialDropout2d({ rate: 0.5 }), [2, 3, 2, 16]);
    for (let b = 0; b < 2; b++) {
      for (let c = 0; c < 16; c++) {
        const channel = Array.from({ length: 6 }, (_, place) => y[(b * 6 + place) * 16 + c]);
        expect(new Set(channel).size).toBe(1);
      }
    }
    expect(new Set(y)).toEqual(new Set([0, 2]));
  });

  it('gaussian noise and dropout have the deviations they promise', async () => {
    // The mean of 4096 numbers of deviation 1 has deviation 1/64, their deviation one of 1/90.
    const noise = await train(layers.gaussianNoise({ stddev: 0.5 }), [1, SIZE]);
    expect(Math.abs(mean(noise) - 1)).toBeLessThan(0.5 * (5 / 64));
    expect(Math.abs(deviation(noise) - 0.5)).toBeLessThan(0.5 * (5 / 90));
    const product = await train(layers.gaussianDropout({ rate: 0.2 }), [1, SIZE]);
    expect(Math.abs(mean(product) - 1)).toBeLessThan(0.5 * (5 / 64));
    expect(Math.abs(deviation(product) - Math.sqrt(0.2 / 0.8))).toBeLessThan(0.5 * (5 / 90));
  });

  it('learn and predict in a model, which is saved and made again', async () => {
    const network = sequential(
      [
        layers.input({ shape: [4, 4, 2] }),
        layers.gaussianNoise({ stddev: 0.1 }),
        layers.spatialDropout2d({ rate: 0.25 }),
        layers.reshape({ targetShape: [16, 2] }),
        layers.spatialDropout1d({ rate: 0.25 }),
        layers.gaussianDropout({ rate: 0.1 }),
        layers.alphaDropout({ rate: 0.1 }),
        layers.activityRegularization({ l2: 1e-3 }),
        layers.globalAveragePooling1d(),
        layers.dense({ units: 1 }),
      ],
      { seed: 3 },
    );
    network.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const x = { data: Float32Array.from({ length: 8 * 32 }, (_, i) => Math.sin(i)), shape: [8, 4, 4, 2] };
    const y = Array.from({ length: 8 }, (_, i) => [i % 2]);
    const { history } = await network.fit(x, y, { epochs: 3 });
    expect(history.loss!.every(Number.isFinite)).toBe(true);
    expect(new Set(history.loss).size).toBe(3);
    const twin = modelFromConfig(JSON.parse(JSON.stringify(network.toConfig())));
    expect(twin.toConfig()).toEqual(network.toConfig());
  });

  it('refuse what is no share and no deviation', () => {
    expect(() => layers.spatialDropout1d({ rate: 2 })).toThrow(
      'spatialDropout1d: rate: expected a share in [0, 1]; received 2',
    );
    expect(() => layers.gaussianDropout({ rate: 1 })).toThrow('in [0, 1); received 1');
    expect(() => layers.alphaDropout({ rate: -0.1 })).toThrow('alphaDropout: rate');
    expect(() => layers.gaussianNoise({ stddev: -1 })).toThrow(
      'gaussianNoise: stddev: expected a number of at least 0',
    );
    expect(() => sequential([layers.spatialDropout2d({ rate: 0.5, inputShape: [4, 2] })])).toThrow(
      '[height, width, channels]',
    );
  });
});
