import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../../src/backends/reference/reference.ts';
import { compile } from '../../../src/compiler/compile.ts';
import type { Tensor, Variable } from '../../../src/ir/tensor.ts';
import { type BaseLayer, callLayer, type LayerConfig } from '../../../src/nn/layer.ts';
import { layerFromConfig } from '../../../src/nn/layerFromConfig.ts';
import * as layers from '../../../src/nn/layers/index.ts';
import { Trace } from '../../../src/nn/trace.ts';
import { constant, gradients, input, multiply, sum } from '../../../src/ops/index.ts';
import { joinPads } from '../../../src/ops/join-pads.ts';
import { evaluate } from '../../../src/runtime.ts';
import { model, modelFromConfig, sequential } from '../../../src/train/index.ts';
import { WASM } from '../../compiler/support/targets.ts';
import { exact, expectGradients } from '../../support/differences.ts';
import { seeded } from '../../support/random.ts';

const backend = referenceBackend({ precision: 64 });
const FACTORIES = {
  simpleRnn: (options: layers.SimpleRnnOptions) => layers.simpleRnn(options),
  lstm: (options: layers.LstmOptions) => layers.lstm(options),
  gru: (options: layers.GruOptions) => layers.gru(options),
};
const KINDS = ['simpleRnn', 'lstm', 'gru'] as const;
const STATES = { simpleRnn: 1, lstm: 2, gru: 1 };

/** The results of a layer for inputs of the given values, with weights from a seed. */
async function call(
  layer: BaseLayer,
  inputs: readonly { shape: number[]; values: ArrayLike<number> }[],
  { training = false, mask }: { training?: boolean; mask?: Tensor } = {},
) {
  const random = seeded(11);
  const nodes = inputs.map(({ shape }, i) => input(`x${i}`, shape));
  layer.buildFor(nodes.map(({ shape }) => shape.slice(1)));
  for (const { variable } of layer.weights) {
    variable.write(Array.from({ length: variable.size }, () => random() - 0.5));
  }
  const trace = new Trace({ training });
  if (mask) trace.setMask(nodes[0]!, mask);
  const results = callLayer(layer, nodes, trace);
  const feeds = new Map<Tensor, ArrayLike<number>>(nodes.map((node, i) => [node, inputs[i]!.values]));
  for (const { node, count } of trace.keys) feeds.set(node, [7, count]);
  return {
    results,
    trace,
    values: await evaluate(results, feeds, backend),
    maskOf: trace.maskOf.bind(trace),
  };
}

const draw = (shape: number[], seed = 3) => {
  const random = seeded(seed);
  return { shape, values: Array.from({ length: shape.reduce((a, b) => a * b) }, () => 2 * random() - 1) };
};

describe.each(KINDS)('%s', (kind) => {
  const make = (options: Partial<layers.RecurrentOptions> = {}) => FACTORIES[kind]({ units: 3, ...options });

  it('gives the last result, all of them, and the state', async () => {
    const x = draw([2, 4, 5]);
    const last = await call(make(), [x]);
    const all = await call(make({ returnSequences: true, returnState: true }), [x]);
    expect(last.results[0]!.shape).toEqual([2, 3]);
    expect(all.results.map(({ shape }) => shape)).toEqual([
      [2, 4, 3],
      ...Array.from({ length: STATES[kind] }, () => [2, 3]),
    ]);
    const steps = Array.from(all.values[0]!);
    expect(Array.from(last.values[0]!)).toEqual([...steps.slice(9, 12), ...steps.slice(21, 24)]);
    expect(all.values[1]).toEqual(last.values[0]);
  });

  it('goes on from a given state: two halves are the whole', async () => {
    const whole = draw([2, 6, 5]);
    const half = (from: number) => ({
      shape: [2, 3, 5],
      values: [0, 1].flatMap((b) => whole.values.slice(30 * b + 5 * from, 30 * b + 5 * from + 15)),
    });
    const { values: expected } = await call(make(), [whole]);
    const first = await call(make({ returnState: true }), [half(0)]);
    const states = first.values.slice(1).map((values) => ({ shape: [2, 3], values }));
    const { values } = await call(make(), [half(3), ...states]);
    Array.from(values[0]!).forEach((value, i) => {
      expect(value).toBeCloseTo(expected[0]![i]!, 12);
    });
  });

  it('goes backwards as forwards over the reversed sequence', async () => {
    const x = draw([1, 4, 5]);
    const reversed = {
      shape: x.shape,
      values: [3, 2, 1, 0].flatMap((t) => x.values.slice(5 * t, 5 * t + 5)),
    };
    const options = { returnSequences: true, returnState: true };
    const backwards = await call(make({ ...options, goBackwards: true }), [x]);
    const forwards = await call(make(options), [reversed]);
    expect(backwards.values).toEqual(forwards.values);
  });

  it('skips steps that do not count', async () => {
    const x = draw([1, 4, 5]);
    const mask = constant([1, 0, 1, 0], [1, 4], 'bool');
    const short = { shape: [1, 2, 5], values: [...x.values.slice(0, 5), ...x.values.slice(10, 15)] };
    const masked = await call(make({ returnSequences: true, returnState: true }), [x], { mask });
    const expected = await call(make({ returnSequences: true, returnState: true }), [short]);
    const [a, b] = [expected.values[0]!.slice(0, 3), expected.values[0]!.slice(3, 6)];
    expect(Array.from(masked.values[0]!)).toEqual([...a, ...a, ...b, ...b]);
    expect(masked.values.slice(1)).toEqual(expected.values.slice(1));
    expect(masked.maskOf(masked.results[0]!)).toBe(mask);
    const last = await call(make(), [x], { mask });
    expect(last.maskOf(last.results[0]!)).toBeUndefined();
  });

  it('has the gradients that differences give', async () => {
    const layer = make({ returnSequences: true });
    const x = input('x', [2, 3, 2]);
    layer.buildFor([[3, 2]]);
    const random = seeded(1);
    const weights = layer.weights.map(({ name, variable }) => input(name, variable.shape));
    const nodes = new Map(layer.weights.map(({ variable }, i) => [variable, weights[i]!]));
    const trace = Object.assign(new Trace({ training: true }), {
      read: (variable: Variable) => nodes.get(variable)!,
    });
    const [y] = callLayer(layer, [x], trace);
    const inputs = [x, ...weights];
    const values = inputs.map(({ size }) => Float64Array.from({ length: size }, () => random() - 0.5));
    await expectGradients(sum(multiply(y!, y!)), inputs, values, random);
  });

  it('drops the same features and the same part of the state at all steps, while training only', async () => {
    const x = { shape: [1, 3, 5], values: new Float64Array(15).fill(1) };
    const options = { returnSequences: true, useBias: false, activation: 'linear' as const };
    const plain = await call(make(options), [x]);
    for (const dropping of [{ dropout: 0.5 }, { recurrentDropout: 0.5 }]) {
      const idle = await call(make({ ...options, ...dropping }), [x]);
      expect(idle.values).toEqual(plain.values);
      const { trace, values } = await call(make({ ...options, ...dropping }), [x], { training: true });
      expect(trace.keys).toHaveLength(1);
      expect(values).not.toEqual(plain.values);
    }
    // With all features dropped nothing comes in.
    const nothing = await call(make({ ...options, dropout: 1 }), [x], { training: true });
    expect(Math.max(...nothing.values[0]!.map(Math.abs))).toBe(0);
  });

  it('keeps its state from batch to batch, until it is reset', async () => {
    const network = sequential([make({ stateful: true, batchSize: 2, inputShape: [3, 2] })], { seed: 1 });
    network.compile({ loss: 'meanSquaredError', backend });
    const { shape, values } = draw([2, 3, 2]);
    const predict = async () => Array.from((await network.predict({ shape, data: Float32Array.from(values) }, { batchSize: 2 })).data); // biome-ignore format: one line
    const [first, second] = [await predict(), await predict()];
    expect(second).not.toEqual(first);
    (network.layers[0] as ReturnType<typeof layers.lstm>).resetState();
    expect(await predict()).toEqual(first);
    const rest = { shape: [1, 3, 2], data: Float32Array.from(values.slice(0, 6)) };
    await network.predict(rest, { batchSize: 1 });
    expect((await predict()).slice(3)).toEqual(second.slice(3));
    const large = { shape: [4, 3, 2], data: new Float32Array(24) };
    await expect(network.predict(large, { batchSize: 4 })).rejects.toThrow(
      'at most batchSize = 2 samples; received 4',
    );
    expect(() => make().resetState()).toThrow('keeps no state');
    expect(() => make({ stateful: true })).toThrow(`${kind}: expected batchSize`);
  });

  it('refuses what it cannot do', () => {
    const build = (inputShape: number[]) => () => sequential([make({ inputShape })]);
    expect(build([4])).toThrow(`${kind}: expected samples of shape [time, features]; received [4]`);
    expect(() => make().buildFor([[0, 4]])).toThrow('at least one step; received [0,4]');
    expect(() => make({ units: 0 })).toThrow(`${kind}: units: expected a positive integer; received 0`);
    expect(() => make({ dropout: 2 })).toThrow(`${kind}: dropout`);
    expect(() => make().buildFor([[4, 5], [3], [3], [3]])).toThrow(`initial states [3]`);
    expect(() => make().buildFor([[4, 5], [2]])).toThrow(`initial states [3]`);
  });

  it.each([32, 50, 128])('lets threads go through the steps of a batch of %i without meeting', (batch) => {
    const layer = make({ units: 32 });
    layer.buildFor([[40, 8]]);
    const trace = new Trace({ training: true });
    const x = input('x', [batch, 40, 8]);
    const [y] = callLayer(layer, [x], trace);
    const weights = layer.weights.map(({ variable }) => trace.read(variable));
    const outputs = gradients(sum(multiply(y!, y!)), weights);
    const { loops, launches } = compile({ inputs: [x], outputs, updates: [] }, WASM, [joinPads]);
    expect(loops.map(({ count }) => count)).toEqual([40, 40]);
    for (const { first, end } of loops) {
      const inside = launches.slice(first, end);
      expect(new Set(inside.map(({ stage }) => stage)).size).toBe(1);
      expect(inside[0]).toMatchObject({ solo: false });
      expect(inside[0]!.chunks).toBeGreaterThanOrEqual(4);
    }
  });

  it('has a config that makes it again', () => {
    const options = {
      name: 'own',
      recurrentInitializer: { name: 'orthogonal', gain: 0.5 },
      kernelRegularizer: { name: 'l2', l2: 0.25 },
      recurrentConstraint: 'nonNeg',
      activityRegularizer: { name: 'l1', l1: 0.5 },
      dropout: 0.25,
      recurrentDropout: 0.5,
      returnSequences: true,
      goBackwards: true,
    } as const;
    const config = make(options as Partial<layers.RecurrentOptions>).config();
    expect(config).toMatchObject({ type: kind, units: 3, ...options });
    const again = layerFromConfig(JSON.parse(JSON.stringify(config)) as LayerConfig);
    expect(again.config()).toEqual(config);
  });
});

describe('lstm', () => {
  it('begins with a forget bias of 1, and an orthogonal recurrent kernel', async () => {
    const network = sequential([layers.lstm({ units: 2, inputShape: [3, 4] })], { seed: 5 });
    network.compile({ loss: 'meanSquaredError', backend });
    const [kernel, recurrent, bias] = await network.getWeights();
    expect(kernel!.shape).toEqual([4, 8]);
    expect(recurrent!.shape).toEqual([2, 8]);
    expect(Array.from(bias!.data)).toEqual([0, 0, 1, 1, 0, 0, 0, 0]);
    const rows = [recurrent!.data.slice(0, 8), recurrent!.data.slice(8)];
    const dot = (a: ArrayLike<number>, b: ArrayLike<number>) =>
      Array.from(a).reduce((s, v, i) => s + v * b[i]!, 0);
    expect(dot(rows[0]!, rows[0]!)).toBeCloseTo(1, 5);
    expect(dot(rows[0]!, rows[1]!)).toBeCloseTo(0, 5);
  });
});

describe('bidirectional', () => {
  const gru = (options: Partial<layers.GruOptions> = {}) =>
    layers.gru({ units: 3, returnSequences: true, ...options });

  it('sees what comes later: a change of the last step changes the first result', async () => {
    const layer = layers.bidirectional({ layer: gru() });
    const x = draw([1, 4, 2]);
    const changed = { shape: x.shape, values: x.values.with(7, 5) };
    const [before, after] = [await call(layer, [x]), await call(layer, [changed])];
    expect(before.results[0]!.shape).toEqual([1, 4, 6]);
    expect(before.values[0]!.slice(0, 3)).toEqual(after.values[0]!.slice(0, 3));
    expect(before.values[0]!.slice(3, 6)).not.toEqual(after.values[0]!.slice(3, 6));
  });

  it('has a config with both layers', () => {
    const layer = layers.bidirectional({ layer: gru(), mergeMode: 'sum' });
    expect(layerFromConfig(layer.config()).config()).toEqual(layer.config());
    const own = layers.bidirectional({ layer: gru(), backwardLayer: gru({ units: 5, goBackwards: true }) });
    expect(layerFromConfig(own.config()).config()).toEqual(own.config());
    own.buildFor([[4, 2]]);
    expect(own.outputShape).toEqual([4, 8]);
  });

  it('refuses layers that do not fit', () => {
    expect(() => layers.bidirectional({ layer: layers.dense({ units: 2 }) as never })).toThrow('expected a recurrent layer'); // biome-ignore format: one line
    expect(() => layers.bidirectional({ layer: gru(), backwardLayer: gru() })).toThrow(
      'goBackwards false and false',
    );
    const one = gru({ goBackwards: true, returnSequences: false });
    expect(() => layers.bidirectional({ layer: gru(), backwardLayer: one })).toThrow(
      'agree in returnSequences',
    );
    expect(() => layers.bidirectional({ layer: gru(), mergeMode: 'plus' as 'sum' })).toThrow('mergeMode');
    const uneven = layers.bidirectional({ layer: gru(), backwardLayer: gru({ units: 4, goBackwards: true }), mergeMode: 'ave' }); // biome-ignore format: one line
    expect(() => uneven.buildFor([[4, 2]])).toThrow("mergeMode 'ave'");
  });
});

describe('timeDistributed', () => {
  it('does the same at each step', async () => {
    const layer = layers.timeDistributed({ layer: layers.dense({ units: 2 }) });
    const step = [1, -2, 3];
    const { results, values } = await call(layer, [
      { shape: [1, 3, 3], values: [...step, 0, 0, 1, ...step] },
    ]);
    expect(results[0]!.shape).toEqual([1, 3, 2]);
    expect(values[0]!.slice(0, 2)).toEqual(values[0]!.slice(4, 6));
    expect(layer.weights.map(({ name }) => name)).toEqual(['layer/kernel', 'layer/bias']);
    expect(layerFromConfig(layer.config()).config()).toEqual(layer.config());
  });

  it('takes pictures, and refuses vectors', () => {
    const layer = layers.timeDistributed({ layer: layers.conv2d({ filters: 4, kernelSize: 3 }) });
    layer.buildFor([[5, 8, 8, 1]]);
    expect(layer.outputShape).toEqual([5, 6, 6, 4]);
    expect(() => layers.timeDistributed({ layer: layers.dense({ units: 2 }), inputShape: [3] }).buildFor([[3]])).toThrow('[time, ...]'); // biome-ignore format: one line
    expect(() => layers.timeDistributed({ layer: 3 as never })).toThrow('expected a layer');
  });
});

describe('masking', () => {
  it('finds the steps of which all features have the value', async () => {
    const values = [1, -1, -1, -1, -1, 2];
    const {
      results,
      values: given,
      maskOf,
    } = await call(layers.masking({ maskValue: -1 }), [{ shape: [1, 3, 2], values }]);
    expect(Array.from(given[0]!)).toEqual([1, -1, 0, 0, -1, 2]);
    expect(maskOf(results[0]!)?.shape).toEqual([1, 3]);
    expect(() => layers.masking({ maskValue: Number.NaN })).toThrow('maskValue');
    expect(() => layers.masking().buildFor([[3]])).toThrow('[time, ...features]');
  });

  it('makes a recurrent network blind to what sequences are filled up with', async () => {
    const network = sequential(
      [layers.masking({ inputShape: [4, 2] }), layers.bidirectional({ layer: layers.lstm({ units: 3 }) })],
      { seed: 2 },
    );
    network.compile({ loss: 'meanSquaredError', backend });
    const rows = [
      [[1, 2], [3, 4], [0, 0], [0, 0]],
      [[0, 0], [1, 2], [0, 0], [3, 4]],
    ]; // biome-ignore format: a table
    const { data } = await network.predict(rows);
    expect(data.slice(0, 6)).toEqual(data.slice(6, 12));
  });
});

describe('recurrent networks', () => {
  it('learn, and come back from their config with the same results', async () => {
    const random = seeded(9);
    const x = Array.from({ length: 64 }, () => Array.from({ length: 6 }, () => [random() < 0.5 ? 1 : 0]));
    const y = x.map((sequence) => [sequence.filter(([bit]) => bit === 1).length % 2]);
    const network = sequential(
      [layers.gru({ units: 8, inputShape: [6, 1] }), layers.dense({ units: 1, activation: 'sigmoid' })],
      { seed: 4 },
    );
    network.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' });
    const history = await network.fit(x, y, { epochs: 30, batchSize: 16 });
    const losses = history.history.loss!;
    expect(losses.at(-1)!).toBeLessThan(losses[0]!);
    const again = modelFromConfig(network.toConfig());
    again.compile({ loss: 'binaryCrossentropy' });
    again.setWeights((await network.getWeights()).map(({ data }) => data));
    expect((await again.predict(x)).data).toEqual((await network.predict(x)).data);
  });

  it('hand states from an encoder to a decoder', async () => {
    const source = layers.input({ shape: [5, 2] });
    const target = layers.input({ shape: [3, 4] });
    const [, h, c] = layers.lstm({ units: 6, returnState: true })(source);
    const decoded = layers.lstm({ units: 6, returnSequences: true })([target, h!, c!]);
    const network = model({ inputs: [source, target], outputs: decoded });
    network.compile({ loss: 'meanSquaredError', backend: exact });
    const [a, b] = [draw([2, 5, 2]), draw([2, 3, 4])];
    const inputs = [a, b].map(({ shape, values }) => ({ shape, data: Float32Array.from(values) }));
    expect((await network.predict(inputs)).shape).toEqual([2, 3, 6]);
  });
});
