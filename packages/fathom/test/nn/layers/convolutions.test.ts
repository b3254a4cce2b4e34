import { describe, expect, it } from 'vitest';
import type { BaseLayer, LayerConfig } from '../../../src/nn/layer.ts';
import { layerFromConfig } from '../../../src/nn/layerFromConfig.ts';
import * as layers from '../../../src/nn/layers/index.ts';
import { adam } from '../../../src/nn/optimizers/index.ts';
import { Trace } from '../../../src/nn/trace.ts';
import { constant } from '../../../src/ops/index.ts';
import { sequential } from '../../../src/train/index.ts';
import { valuesOf } from '../../support/values.ts';

/** The names and shapes of a layer's weights for samples of a shape. */
function weightsOf(layer: BaseLayer, shape: readonly number[]): Record<string, readonly number[]> {
  layer.buildFor([shape]);
  return Object.fromEntries(layer.weights.map(({ name, variable }) => [name, variable.shape]));
}

describe('weights', () => {
  it('are those of Keras', () => {
    expect(weightsOf(layers.conv1d({ filters: 6, kernelSize: 5, groups: 2 }), [20, 4])).toEqual({
      kernel: [5, 2, 6],
      bias: [6],
    });
    expect(weightsOf(layers.conv3d({ filters: 6, kernelSize: [1, 2, 3] }), [4, 4, 4, 2])).toEqual({
      kernel: [1, 2, 3, 2, 6],
      bias: [6],
    });
    expect(weightsOf(layers.conv2dTranspose({ filters: 6, kernelSize: 4 }), [4, 4, 2])).toEqual({
      kernel: [4, 4, 6, 2],
      bias: [6],
    });
    expect(weightsOf(layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }), [8, 8, 5])).toEqual({
      kernel: [3, 3, 5, 2],
      bias: [10],
    });
    expect(
      weightsOf(layers.separableConv2d({ filters: 7, kernelSize: 3, depthMultiplier: 2 }), [8, 8, 5]),
    ).toEqual({ depthwiseKernel: [3, 3, 5, 2], pointwiseKernel: [1, 1, 10, 7], bias: [7] });
    expect(weightsOf(layers.locallyConnected1d({ filters: 2, kernelSize: 3 }), [9, 4])).toEqual({
      kernel: [7, 12, 2],
      bias: [7, 2],
    });
    expect(
      weightsOf(layers.locallyConnected2d({ filters: 2, kernelSize: 3, useBias: false }), [9, 6, 4]),
    ).toEqual({ kernel: [28, 36, 2] });
  });

  it('are regularized and bound by options that a configuration keeps', () => {
    const config = {
      kernelInitializer: { name: 'constant', value: 0.5 },
      kernelRegularizer: { name: 'l2', l2: 0.1 },
      kernelConstraint: 'nonNeg',
      biasInitializer: 'ones',
      biasRegularizer: { name: 'l1', l1: 0.2 },
      biasConstraint: { name: 'maxNorm', maxValue: 1, axis: 0 },
      activityRegularizer: { name: 'l2', l2: 0.3 },
    } as const;
    const made: BaseLayer[] = [
      layers.conv1d({ filters: 2, kernelSize: 2, ...config }),
      layers.conv2dTranspose({ filters: 2, kernelSize: 2, ...config }),
      layers.locallyConnected1d({ filters: 2, kernelSize: 2, ...config }),
    ];
    for (const layer of made) {
      expect(layer.config()).toMatchObject(config);
      expect(layerFromConfig(JSON.parse(JSON.stringify(layer.config())) as LayerConfig).config()).toEqual(
        layer.config(),
      );
    }
    const [layer] = made;
    layer!.buildFor([[4, 1]]);
    expect(
      layer!.weights.map(({ name, regularizer, constraint }) => [name, regularizer?.name, constraint?.name]),
    ).toEqual([
      ['kernel', 'l2', 'nonNeg'],
      ['bias', 'l1', 'maxNorm'],
    ]);
    const parts = layers.separableConv2d({
      filters: 2,
      kernelSize: 2,
      depthwiseRegularizer: 'l1',
      pointwiseConstraint: 'unitNorm',
    });
    parts.buildFor([[4, 4, 1]]);
    expect(
      parts.weights.map(({ name, regularizer, constraint }) => [name, regularizer?.name, constraint?.name]),
    ).toEqual([
      ['depthwiseKernel', 'l1', undefined],
      ['pointwiseKernel', undefined, 'unitNorm'],
      ['bias', undefined, undefined],
    ]);
  });

  it('add the penalty on the result to the loss, by sample', async () => {
    const layer = layers.conv1d({ filters: 1, kernelSize: 1, activityRegularizer: { name: 'l2', l2: 0.5 } });
    layer.buildFor([[2, 1]]);
    layer.weights[0]!.variable.write([2]);
    const trace = new Trace({ training: true });
    layer.call(constant([1, 2, 3, 4], [2, 2, 1]), trace);
    expect(trace.losses).toHaveLength(1);
    expect(await valuesOf(trace.losses[0]!)).toEqual([(0.5 * 4 * (1 + 4 + 9 + 16)) / 2]);
  });

  it('are learned: a transposed convolution draws what it was shown', async () => {
    const model = sequential(
      [
        layers.dense({ units: 4, inputShape: [2] }),
        layers.reshape({ targetShape: [2, 2, 1] }),
        layers.conv2dTranspose({ filters: 1, kernelSize: 2, strides: 2 }),
      ],
      { seed: 5 },
    );
    expect(model.outputShape).toEqual([4, 4, 1]);
    model.compile({ optimizer: adam({ learningRate: 0.05 }), loss: 'meanSquaredError' });
    const x = [
      [1, 0],
      [0, 1],
    ];
    const picture = (sign: number) =>
      Array.from({ length: 4 }, (_, i) =>
        Array.from({ length: 4 }, (_, j) => [sign * ((i + j) % 2 === 0 ? 1 : -1)]),
      );
    const y = [picture(1), picture(-1)];
    const before = await model.evaluate(x, y);
    const { history } = await model.fit(x, y, { epochs: 100 });
    expect(before.loss).toBeGreaterThan(0.5);
    expect(history.loss!.at(-1)).toBeLessThan(0.01);
  });
});

describe('bad input', () => {
  it.each([
    [
      () => layers.conv1d({ filters: 2, kernelSize: 9, inputShape: [8, 1] }),
      'conv1d: expected samples of shape at least [9] for its kernel; received [8,1]',
    ],
    [() => layers.conv1d({ filters: 2, kernelSize: 3, inputShape: [8] }), 'reshape({ targetShape: [8, 1] })'],
    [
      () => layers.conv1d({ filters: 2, kernelSize: 3, padding: 'full' as 'same' }),
      'expected one of valid, same, causal',
    ],
    [
      () => layers.conv3d({ filters: 2, kernelSize: [3, 3] as never }),
      'a positive integer or a triple [depth, height, width]; received [3,3]',
    ],
    [
      () => layers.conv3d({ filters: 2, kernelSize: 3, padding: 'causal' as 'same' }),
      'expected one of valid, same; received "causal"',
    ],
    [
      () => layers.conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, outputPadding: 2 }),
      'outputPadding below the strides [2,2]; received [2,2]',
    ],
    [
      () => layers.conv2dTranspose({ filters: 0, kernelSize: 3 }),
      'conv2dTranspose: filters: expected a positive integer',
    ],
    [() => layers.depthwiseConv2d({ kernelSize: 3, depthMultiplier: 0 }), 'depthwiseConv2d: depthMultiplier'],
    [() => layers.separableConv2d({ filters: 1, kernelSize: 3, inputShape: [2, 9, 1] }), 'at least [3,3]'],
    [
      () => layers.locallyConnected2d({ filters: 2, kernelSize: 3, inputShape: [2, 9, 1] }),
      'locallyConnected2d: expected samples of shape at least [3,3]',
    ],
    [
      () => layers.locallyConnected1d({ filters: 2, kernelSize: 3, kernelInitializer: 'glorot' as 'ones' }),
      'kernelInitializer: expected one of',
    ],
    [
      () => layers.maxPooling1d({ inputShape: [2, 3, 4] }),
      'expected samples of shape [steps, channels]; received [2,3,4]',
    ],
    [
      () => layers.averagePooling3d({ poolSize: 3, inputShape: [2, 3, 4, 1] }),
      'at least [3,3,3] for its window',
    ],
    [
      () => layers.globalMaxPooling2d({ inputShape: [2, 3] }),
      'expected samples of shape [height, width, channels]; received [2,3]',
    ],
  ])('%s', (make, message) => {
    expect(() => sequential([make()])).toThrow(message);
  });
});
