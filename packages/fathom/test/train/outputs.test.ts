import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { mean } from '../../src/functional/mean.ts';
import type { Shape } from '../../src/ir/shape.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { type BaseLayer, type BuildScope, type CallContext, callLayer, Layer } from '../../src/nn/layer.ts';
import { add, concatenate, dense, dropout, input } from '../../src/nn/layers/index.ts';
import * as losses from '../../src/nn/losses/index.ts';
import { sgd } from '../../src/nn/optimizers/index.ts';
import { l2 } from '../../src/nn/regularizers/index.ts';
import { multiply } from '../../src/ops/index.ts';
import {
  type BatchInput,
  type CompileOptions,
  model,
  modelFromConfig,
  sequential,
} from '../../src/train/index.ts';
import { clouds } from './data.ts';

const exact = referenceBackend({ precision: 64 });
const { x, y } = clouds(30);
const halves = { left: x.filter((_, i) => i % 2 === 0), right: x.filter((_, i) => i % 2 === 1) };
const size = Float32Array.from({ length: 30 }, (_, i) => Math.hypot(x[2 * i]!, x[2 * i + 1]!));

function network(options: Partial<CompileOptions> = {}) {
  const inputs = { left: input({ shape: [1] }), right: input({ shape: [1] }) };
  const h = dense({ units: 8, activation: 'tanh' })(concatenate()([inputs.left, inputs.right]));
  const outputs = { kind: dense({ units: 3, activation: 'softmax' })(h), size: dense({ units: 1 })(h) };
  const made = model({ inputs, outputs, seed: 4 });
  made.compile({
    loss: { kind: 'sparseCategoricalCrossentropy', size: 'meanSquaredError' },
    metrics: { kind: ['accuracy'] },
    backend: exact,
    ...options,
  });
  return made;
}

describe('fit with several inputs and outputs', () => {
  it('learns all of them, and tells the figures of each', async () => {
    const { history } = await network({ optimizer: sgd({ learningRate: 0.3 }) }).fit(
      halves,
      { kind: y, size },
      {
        epochs: 12,
        batchSize: 8,
        validationSplit: 0.2,
      },
    );
    expect(Object.keys(history)).toEqual([
      'loss',
      'kindLoss',
      'sizeLoss',
      'kindAccuracy',
      'valLoss',
      'valKindLoss',
      'valSizeLoss',
      'valKindAccuracy',
    ]);
    expect(history.loss!.at(-1)).toBeLessThan(history.loss![0]! / 2);
    history.loss!.forEach((loss, i) => {
      expect(loss).toBeCloseTo(history.kindLoss![i]! + history.sizeLoss![i]!, 9);
    });
  });

  it('takes lists in order as well as records by name', async () => {
    const [byName, inOrder] = [network(), network()];
    const a = await byName.fit(halves, { size, kind: y }, { batchSize: 8 });
    const b = await inOrder.fit([halves.left, halves.right], [y, size], { batchSize: 8 });
    expect(b).toEqual(a);
    expect(await inOrder.evaluate([halves.left, halves.right], [y, size])).toEqual(
      await byName.evaluate(halves, { kind: y, size }),
    );
  });

  it('takes batches with weights from iterables of either kind', async () => {
    const part = (from: number, to: number): BatchInput => [
      { left: halves.left.subarray(from, to), right: halves.right.subarray(from, to) },
      { kind: y.subarray(from, to), size: size.subarray(from, to) },
      { kind: new Float32Array(to - from).fill(0.5), size: new Float32Array(to - from).fill(2) },
    ];
    const parts = [part(0, 10), part(10, 20), part(20, 30)];
    async function* later() {
      for (const one of parts) yield one;
    }
    const [whole, sync, async] = [network(), network(), network()];
    const sampleWeight = { kind: new Float32Array(30).fill(0.5), size: new Float32Array(30).fill(2) };
    const expected = await whole.fit(
      halves,
      { kind: y, size },
      { batchSize: 10, shuffle: false, sampleWeight },
    );
    expect(await sync.fit(new Set(parts))).toEqual(expected);
    expect(await async.fit(later())).toEqual(expected);
    expect((await sync.evaluate(new Set(parts))).loss).toBeCloseTo(
      (await whole.evaluate(halves, { kind: y, size }, { sampleWeight })).loss!,
      9,
    );
  });

  it('leaves an output without a loss alone', async () => {
    const made = network({ loss: { kind: 'sparseCategoricalCrossentropy' } });
    const logs = await made.trainOnBatch(halves, y);
    expect(Object.keys(logs)).toEqual(['loss', 'kindLoss', 'kindAccuracy']);
    expect(Object.keys(await made.predict(halves))).toEqual(['kind', 'size']);
  });

  it('tells with which losses it was compiled, also after it was saved', () => {
    const told = (made: ReturnType<typeof network>) =>
      made.outputLosses!.map(({ name, index, loss, weight }) => [name, index, loss.name, weight]);
    const made = network({ lossWeights: { size: 0.5 } });
    const expected = [
      ['kind', 0, 'sparseCategoricalCrossentropy', 1],
      ['size', 1, 'meanSquaredError', 0.5],
    ];
    expect(told(made)).toEqual(expected);
    expect(told(modelFromConfig(made.toConfig()))).toEqual(expected);
    const one = network({ loss: { kind: null, size: losses.huber() } });
    expect(told(one)).toEqual([['size', 1, 'huber', 1]]);
    const later = sequential([dense({ units: 1 })]);
    expect(later.outputLosses).toBeUndefined();
    later.compile({ loss: 'meanSquaredError', backend: exact });
    expect(later.outputLosses).toBeUndefined();
    later.build([2]);
    expect(later.outputLosses).toMatchObject([{ index: 0, weight: 1, loss: { name: 'meanSquaredError' } }]);
  });

  it('weighs samples of one output as if they came more often', async () => {
    const make = () => {
      const one = sequential([dense({ units: 1, inputShape: [1] })], { seed: 1 });
      one.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: exact });
      return one;
    };
    const [weighted, repeated] = [make(), make()];
    await weighted.trainOnBatch([[1], [2]], [[3], [9]], { sampleWeight: [2, 0] });
    await repeated.trainOnBatch([[1], [1]], [[3], [3]]);
    expect(await weighted.getWeights()).toEqual(await repeated.getWeights());
  });

  it.each([
    [{ left: halves.left }, { kind: y, size }, 'expected arrays for left, right, as a list'],
    [{ ...halves, up: y }, { kind: y, size }, 'received left, right, up'],
    [halves, { kind: y }, 'expected arrays for kind, size'],
    [halves.left, { kind: y, size }, 'expected arrays for left, right'],
    [{ ...halves, right: [1, 2] }, { kind: y, size }, '30 for left, 2 for right'],
    [halves, { kind: y, size: [1] }, 'a target for each of the 30 samples'],
    [halves, { kind: size, size }, 'y.kind'],
  ])('refuses data that does not fit %#', async (samples, targets, message) => {
    await expect(network().fit(samples as never, targets as never)).rejects.toThrow(message);
  });

  it.each([
    [{ loss: { kynd: 'meanSquaredError' } }, 'loss: expected outputs kind, size; received kynd'],
    [{ loss: ['meanSquaredError'] }, 'loss: expected one for each of the outputs kind, size; received 1'],
    [{ loss: { kind: null } }, 'expected a loss for one output at least'],
    [{ lossWeights: [1, Number.NaN] }, 'lossWeights: expected finite numbers; received NaN for size'],
    [{ metrics: { kind: ['acurracy'] } }, "Did you mean 'accuracy'?"],
    [
      { loss: 'sparseCategoricalCrossentropy' },
      'model: size: sparseCategoricalCrossentropy expected one output',
    ],
  ])('refuses settings that do not fit: %o', (options, message) => {
    expect(() => network(options as never)).toThrow(message);
  });

  it('refuses two kinds of weights, and class weights of several outputs', async () => {
    const fit = (options: object) => network().fit(halves, { kind: y, size }, options);
    await expect(fit({ classWeight: { 0: 2 } })).rejects.toThrow('classWeight needs a model with one output');
    await expect(fit({ classWeight: { 0: 2 }, sampleWeight: [1] })).rejects.toThrow('received both');
    await expect(fit({ sampleWeight: [1, 2] })).rejects.toThrow('a weight for each of the 30 samples');
    await expect(
      network().fit([[halves, { kind: y, size }]] as never, { classWeight: {} }),
    ).rejects.toThrow();
  });
});

/** Half of what the layer inside gives, with a loss on it; asks for random bits twice. */
class Halved extends Layer {
  readonly type = 'halved';
  readonly inner: BaseLayer;
  readonly keys: Tensor[] = [];

  constructor(options: { readonly layer: BaseLayer; readonly name?: string }) {
    super(options);
    this.inner = options.layer;
  }

  build(shape: Shape, scope: BuildScope): Shape {
    return scope.addLayer('inner', this.inner, [shape])[0]!;
  }

  call(value: Tensor, context: CallContext): Tensor {
    const [y] = callLayer(this.inner, [value], context);
    context.addLoss(multiply(mean(y!), 0.25));
    this.keys.push(context.randomKey(this), context.randomKey(this));
    return multiply(y!, 0.5);
  }

  protected options(): Record<string, unknown> {
    return { layer: this.inner.config() };
  }
}

describe('layers in layers', () => {
  const make = () => {
    const inner = dense({ units: 1, useBias: false, kernelRegularizer: l2({ l2: 0.5 }) });
    const outer = new Halved({ layer: inner, name: 'outer' });
    const made = sequential([input({ shape: [1] }), outer]);
    made.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: exact });
    made.setWeights([[4]]);
    return { inner, outer, made };
  };

  it('own their weights, and add to the loss of training and of evaluation', async () => {
    const { made, outer } = make();
    expect((await made.getWeights()).map(({ name }) => name)).toEqual(['outer/inner/kernel']);
    // y = 0.5 · 4 · 3 = 6; (6 − 1)² + 0.25 · 12 + 0.5 · 4².
    const expected = 25 + 3 + 8;
    expect(await made.evaluate([[3]], [[1]])).toEqual({ loss: expected });
    expect(await made.trainOnBatch([[3]], [[1]])).toEqual({ loss: expected });
    // 2 · 5 · 0.5 · 3 + 0.25 · 3 + 0.5 · 2 · 4
    expect((await made.getWeights())[0]!.data[0]).toBeCloseTo(4 - 0.01 * (15 + 0.75 + 4), 5);
    const [first, second] = outer.keys.slice(-2);
    expect(first).not.toBe(second);
  });

  it('are frozen with the outer one, and saved inside it', async () => {
    const { made, inner, outer } = make();
    outer.trainable = false;
    expect(inner.trainable).toBe(false);
    made.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: exact });
    // A frozen weight is not penalized.
    expect((await made.evaluate([[3]], [[1]])).loss).toBe(28);
    await made.trainOnBatch([[3]], [[1]]);
    expect((await made.getWeights())[0]!.data[0]).toBe(4);
    const customLayers = { halved: (options: { layer: BaseLayer; name: string }) => new Halved(options) };
    const config = JSON.parse(JSON.stringify(made.toConfig())) as unknown;
    const twin = modelFromConfig(config, { customLayers });
    expect(twin.toConfig()).toEqual(config);
    twin.setWeights(await made.getWeights());
    expect(await twin.predict([[3]])).toEqual(await made.predict([[3]]));
  });
});

describe('random bits', () => {
  it('differ between the calls of a shared layer', async () => {
    const drop = dropout({ rate: 0.5 });
    const start = input({ shape: [200] });
    const [a, b] = [drop(start), drop(start)];
    const made = model({ inputs: start, outputs: add()([a, b]), seed: 1 });
    made.compile({ loss: 'meanSquaredError', optimizer: 'sgd', backend: exact });
    // With one mask the sum of two would be 0 or 4, and its square never 2².
    const { loss } = await made.trainOnBatch(new Float32Array(200).fill(1), new Float32Array(200));
    expect(loss).toBeGreaterThan(4);
    expect(loss).toBeLessThan(7.5);
  });
});

describe('labels and metrics', () => {
  const network = () =>
    sequential([dense({ units: 3, activation: 'softmax', inputShape: [2] })], { seed: 1 });
  const x = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];

  it('takes a label that the loss ignores, and no other outside of the classes', async () => {
    const model = network();
    model.compile({ loss: losses.sparseCategoricalCrossentropy({ ignoreClass: -1 }) });
    const { loss } = await model.evaluate(x, [0, -1, 2]);
    const kept = await model.evaluate([x[0]!, x[2]!], [0, 2]);
    expect(loss).toBeCloseTo(kept.loss!, 6);
    await expect(model.evaluate(x, [0, -2, 2])).rejects.toThrow('a label is out of range');
  });

  it('refuses two metrics of one name, of which one would hide the other', () => {
    expect(() => network().compile({ loss: 'meanSquaredError', metrics: ['accuracy', 'accuracy'] })).toThrow(
      'metrics: expected metrics of different names; received accuracy twice',
    );
  });
});
