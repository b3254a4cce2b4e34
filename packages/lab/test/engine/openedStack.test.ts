import { layers, modelFromConfig, sequential } from 'fathom';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openedStack } from '../../src/engine/openedStack.ts';
import { trainingHandlers } from '../../src/engine/training.ts';
import { networkConfig } from '../../src/engine/trainingModel.ts';
import type { LayerSetting } from '../../src/engine/trainingTypes.ts';
import { formatAddress, parseAddress } from '../../src/lib/address.ts';
import { KINDS } from '../../src/rooms/train/fields.ts';
import { decodeStack, encodeStack, stackOfModel } from '../../src/rooms/train/stack.ts';

beforeAll(() => {
  vi.stubGlobal('navigator', { hardwareConcurrency: 2 });
  vi.stubGlobal('self', { postMessage: () => {} });
});
afterAll(() => vi.unstubAllGlobals());

/** Values for each option that a layer has: one that is left out here does not compile. */
type ValuesOf<Options> = { readonly [K in keyof Options]-?: readonly NonNullable<Options[K]>[] };
type OptionsOf<Make extends (options: never) => unknown> = NonNullable<Parameters<Make>[0]>;

const every: ValuesOf<OptionsOf<typeof layers.flatten>> = {
  name: ['hidden', 'my_layer,1 & "2"', 'größer'],
  inputShape: [[12, 12, 2]],
  trainable: [true, false],
};
const initializers = [
  'heNormal',
  { name: 'constant', value: -0.5 },
  { name: 'randomNormal', stddev: 1e-7 },
] as const;
const regularizers = [
  'l1',
  { name: 'l2', l2: 0.001 },
  { name: 'l1L2', l1: 0, l2: 1e-9 },
  { name: 'orthogonalRegularizer', factor: 0.25, mode: 'columns' },
] as const;
const constraints = ['nonNeg', { name: 'maxNorm', maxValue: 3, axis: [0, 1] }] as const;
const activations = ['linear', 'relu', 'softmax', 'selu', 'hardSigmoid'] as const;
const bias = { biasInitializer: initializers, biasRegularizer: regularizers, biasConstraint: constraints };
const kernel = {
  kernelInitializer: initializers,
  kernelRegularizer: regularizers,
  kernelConstraint: constraints,
};
const onKernels = {
  ...every,
  ...bias,
  filters: [2, 8, 600],
  kernelSize: [1, 3, [2, 3]] as (number | [number, number])[],
  strides: [1, 2, [1, 2]] as (number | [number, number])[],
  activation: activations,
  useBias: [true, false],
  activityRegularizer: regularizers,
};
const windowed = {
  ...onKernels,
  padding: ['valid', 'same'],
  dilationRate: [1, [1, 1]] as (number | [number, number])[],
} as const;
const pooling: ValuesOf<OptionsOf<typeof layers.maxPooling2d>> = {
  ...every,
  poolSize: [1, 2, [2, 3]],
  strides: [1, 3, [1, 2]],
  padding: ['valid', 'same'],
};

const conv2d: ValuesOf<OptionsOf<typeof layers.conv2d>> = { ...windowed, ...kernel, groups: [1, 2] };
const locallyConnected2d: ValuesOf<OptionsOf<typeof layers.locallyConnected2d>> = { ...onKernels, ...kernel };
const separableConv2d: ValuesOf<OptionsOf<typeof layers.separableConv2d>> = {
  ...windowed,
  depthMultiplier: [1, 2],
  ...{
    depthwiseInitializer: initializers,
    depthwiseRegularizer: regularizers,
    depthwiseConstraint: constraints,
  },
  ...{
    pointwiseInitializer: initializers,
    pointwiseRegularizer: regularizers,
    pointwiseConstraint: constraints,
  },
};
const dense: ValuesOf<OptionsOf<typeof layers.dense>> = {
  ...{ ...every, ...bias, ...kernel, activation: activations, useBias: [true, false] },
  ...{ units: [1, 10, 5000], activityRegularizer: regularizers },
};
const globalAveragePooling2d: ValuesOf<OptionsOf<typeof layers.globalAveragePooling2d>> = {
  ...every,
  keepDims: [true, false],
};
const dropout: ValuesOf<OptionsOf<typeof layers.dropout>> = { ...every, rate: [0, 0.25, 0.99] };
const batchNormalization: ValuesOf<OptionsOf<typeof layers.batchNormalization>> = {
  ...{ ...every, momentum: [0.5], epsilon: [1e-5], center: [true, false], scale: [true, false] },
  ...{ gammaInitializer: initializers, gammaRegularizer: regularizers, gammaConstraint: constraints },
  ...{ betaInitializer: initializers, betaRegularizer: regularizers, betaConstraint: constraints },
  ...{ movingMeanInitializer: initializers, movingVarianceInitializer: initializers },
};

const OPTIONS: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  ...{ conv2d, locallyConnected2d, separableConv2d, dense, globalAveragePooling2d, dropout },
  ...{ batchNormalization, flatten: every, maxPooling2d: pooling, averagePooling2d: pooling },
};
const NEEDED = ['filters', 'kernelSize', 'units', 'rate'];

/** Numbers 0 … 1, the same in each run (mulberry32). */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A layer with some of its options. */
function drawn(type: string, next: () => number): LayerSetting {
  const chosen = Object.entries(OPTIONS[type]!).flatMap(([option, values]) =>
    NEEDED.includes(option) || next() < 0.4
      ? [[option, values[Math.floor(next() * values.length)]] as const]
      : [],
  );
  return { type, ...Object.fromEntries(chosen) };
}

/** What a run of these layers saves. */
function saved(stack: readonly LayerSetting[]) {
  const made = stack.map(({ type, ...options }) => (layers as unknown as Makers)[type]!(options));
  return JSON.stringify(sequential(made as never).toConfig());
}
type Makers = Readonly<Record<string, (options: unknown) => unknown>>;

/** The layers as the lab trains them that has opened such a model, through the link in which they stand. */
function openedInLab(text: string): unknown[] {
  const { layers: opened, l2 } = openedStack(text, stackOfModel(text));
  const query = new URLSearchParams({ layers: encodeStack(opened) });
  const link = parseAddress(formatAddress({ room: 'train', query })).query.get('layers')!;
  const config = networkConfig(null as never, { layers: decodeStack(link), l2, seed: 0 });
  return withoutShapes(JSON.parse(JSON.stringify(modelFromConfig(config).toConfig())).layers);
}

/** What goes in is said by the data, for the network as a whole. */
function withoutShapes(configs: readonly Record<string, unknown>[]): unknown[] {
  return configs.map(({ inputShape: _, ...config }) => config);
}

describe('a saved network that is opened', () => {
  it('all layers that the room builds are tried', () => {
    expect(Object.keys(OPTIONS).sort()).toEqual(KINDS.map(({ type }) => type).sort());
  });

  it.each(Object.keys(OPTIONS))('keeps all options of %s', (type) => {
    const next = chance(type.length);
    for (let i = 0; i < 60; i++) {
      const text = saved([drawn(type, next)]);
      expect(openedInLab(text)).toEqual(withoutShapes(JSON.parse(text).layers));
    }
  });

  it('keeps the layers of stacks, and their names', () => {
    const next = chance(1);
    const types = Object.keys(OPTIONS);
    for (let i = 0; i < 100; i++) {
      const stack = Array.from({ length: 1 + Math.floor(8 * next()) }, (_, at) => {
        const { name, inputShape: _shape, ...layer } = drawn(types[Math.floor(next() * types.length)]!, next);
        // Some are called as others are by default.
        return { ...layer, ...(name === 'hidden' && { name: `dense_${at}` }) } as LayerSetting;
      });
      const text = saved(stack);
      expect(openedInLab(text)).toEqual(JSON.parse(text).layers);
    }
  });

  it('keeps those names alone that are not given anyway', () => {
    const text = saved([
      { type: 'flatten' },
      { type: 'dense', units: 3, name: 'hidden' },
      { type: 'dense', units: 4 },
      { type: 'dropout', rate: 0.5, name: 'dense_1' },
      { type: 'dense', units: 10 },
    ]);
    const { layers: opened } = openedStack(text, stackOfModel(text));
    expect(JSON.parse(text).layers.map(({ name }: { name: string }) => name)).toEqual([
      ...['flatten', 'hidden', 'dense', 'dense_1', 'dense_2'],
    ]);
    expect(opened.map(({ name }) => name)).toEqual([undefined, 'hidden', undefined, 'dense_1', undefined]);
    expect(openedInLab(text)).toEqual(JSON.parse(text).layers);
  });

  it('whose kernels have all one L2 sets that of the room, and another one keeps its penalties', () => {
    const text = (l2: number) =>
      saved([
        { type: 'flatten' },
        { type: 'dense', units: 4, kernelRegularizer: { name: 'l2', l2: 0.003 } },
        { type: 'dense', units: 10, kernelRegularizer: { name: 'l2', l2 } },
      ]);
    const alike = openedStack(text(0.003), stackOfModel(text(0.003)));
    expect(alike.l2).toBe(0.003);
    expect(encodeStack(alike.layers)).toBe('flatten,dense_4_linear,dense_10_linear');
    const unlike = openedStack(text(0.002), stackOfModel(text(0.002)));
    expect(unlike.l2).toBe(0);
    expect(unlike.layers[2]).toMatchObject({ kernelRegularizer: { name: 'l2', l2: 0.002 } });
    // The setting of the room adds to what has no penalty of its own alone.
    const config = networkConfig([4], { layers: unlike.layers.slice(1), l2: 5, seed: 0 });
    expect(config.layers[0]).toMatchObject({ kernelRegularizer: { name: 'l2', l2: 0.003 } });
  });

  it('counts its penalties in the loss, and is saved as it was', async () => {
    const stack = (penalty: number): LayerSetting[] => [
      { type: 'flatten' },
      { type: 'dense', units: 6, kernelRegularizer: { name: 'l2', l2: penalty }, useBias: false },
      { type: 'dense', units: 10, activation: 'softmax' },
    ];
    await trainingHandlers['train/data']({ kind: 'digits', seed: 0, count: 100 });
    const begun = async (penalty: number) => {
      const config = saved(stack(penalty));
      const opened = openedStack(config, stackOfModel(config));
      const { report } = await trainingHandlers['train/reset']({
        ...opened,
        ...{ loss: 'sparseCategoricalCrossentropy', optimizer: 'sgd', learningRate: 0.01, batchSize: 32 },
        ...{ seed: 0, patience: 0 },
      });
      const files = await trainingHandlers['train/export']({ steps: 0, lab: null });
      const model = JSON.parse(
        new TextDecoder().decode(files.find(({ name }) => name === 'model.json')!.bytes),
      );
      expect(model.layers).toEqual(JSON.parse(config).layers);
      const made = modelFromConfig({ ...model, compile: null });
      await trainingHandlers['train/step'](null);
      return { loss: report.validation.loss, made };
    };
    const [plain, heavy] = [await begun(0), await begun(2)];
    const { data } = (await heavy.made.getWeights())[0]!;
    const squares = data.reduce((sum, w) => sum + w * w, 0);
    expect(squares).toBeGreaterThan(1);
    expect(heavy.loss - plain.loss).toBeCloseTo(2 * squares, 3);
  });
});

it('an option that a layer does not have is named, and not left out', async () => {
  const described = await trainingHandlers['train/describe']({
    layers: [{ type: 'flatten' }, ...decodeStack('dense_10_softmax_%7B%22unit%22:3%7D')],
    ...{ optimizer: 'adam', batchSize: 32 },
  });
  expect(described.problem).toEqual({ layer: 1, message: expect.stringContaining('received unit') });
});
