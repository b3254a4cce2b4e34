import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import type { Shape } from '../../src/ir/shape.ts';
import type { Tensor, Variable } from '../../src/ir/tensor.ts';
import { type BuildScope, type CallContext, Layer, type LayerOptions } from '../../src/nn/layer.ts';
import { add, batchNormalization, concatenate, dense, flatten, input } from '../../src/nn/layers/index.ts';
import { resolveLoss } from '../../src/nn/losses/index.ts';
import { SymbolicTensor } from '../../src/nn/symbolic.ts';
import { multiply } from '../../src/ops/index.ts';
import { model, modelFromConfig, sequential } from '../../src/train/index.ts';

const exact = referenceBackend({ precision: 64 });

describe('a layer', () => {
  it('is a function, and still an instance of its class with its own name', () => {
    const layer = dense({ units: 3, name: 'head' });
    expect(typeof layer).toBe('function');
    expect(layer).toBeInstanceOf(Layer);
    expect(layer.name).toBe('head');
    expect(Object.keys(layer)).not.toContain('length');
    const y = layer(input({ shape: [5] }));
    expect(y).toBeInstanceOf(SymbolicTensor);
    expect(y.shape).toEqual([3]);
    expect(String(layer)).toBe("dense 'head' [5] → [3]");
    expect(JSON.parse(JSON.stringify(layer))).toMatchObject({ type: 'dense', name: 'head', units: 3 });
  });

  it('keeps its state apart from that of others', () => {
    const [a, b] = [dense({ units: 1 }), dense({ units: 2 })];
    a(input({ shape: [4] }));
    expect([a.units, b.units, a.outputShape, b.outputShape]).toEqual([1, 2, [1], undefined]);
  });

  it('refuses what no layer gave', () => {
    expect(() => dense({ units: 2 })([1, 2] as never)).toThrow('dense: expected to be called on what input(');
    expect(() => add()([input({ shape: [2] }), 3 as never])).toThrow('received number');
    expect(() => dense({ units: 2 })([input({ shape: [2] }), input({ shape: [2] })] as never)).toThrow(
      'dense: expected one tensor; received 2',
    );
  });

  it('says input and output where it is used once', () => {
    const layer = dense({ units: 2 });
    expect(() => layer.output).toThrow('used 0 times');
    const y = layer(input({ shape: [3] }));
    expect(layer.output).toBe(y);
    layer(input({ shape: [3] }));
    expect(() => layer.input).toThrow('used 2 times');
  });
});

describe('a graph', () => {
  it('computes what its calls say, with branches that meet again', async () => {
    const x = input({ shape: [2] });
    const double = dense({ units: 2, useBias: false, name: 'double' })(x);
    const triple = dense({ units: 2, useBias: false, name: 'triple' })(x);
    const network = model({ inputs: x, outputs: add()([double, triple, x]) });
    network.compile({ loss: 'meanSquaredError', backend: exact });
    network.setWeights([
      [2, 0, 0, 2],
      [3, 0, 0, 3],
    ]);
    expect(Array.from((await network.predict([[1, 10]])).data)).toEqual([6, 60]);
    expect(network.layers.map(({ name }) => name)).toEqual(['input', 'double', 'triple', 'add']);
  });

  it('shares the weights of a layer called twice', async () => {
    const [a, b] = [input({ shape: [1], name: 'a' }), input({ shape: [1], name: 'b' })];
    const twin = dense({ units: 1, useBias: false });
    const network = model({ inputs: [a, b], outputs: concatenate()([twin(a), twin(b)]) });
    network.compile({ loss: 'meanSquaredError', backend: exact });
    expect(network.countParams()).toBe(1);
    network.setWeights([[3]]);
    const { data } = await network.predict([[[1]], [[10]]]);
    expect(Array.from(data)).toEqual([3, 30]);
    // d/dw of ((w − 0)² + (10w − 0)²)/2 at 3 is w + 100 w.
    network.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: exact });
    await network.trainOnBatch([[[1]], [[10]]], [[0, 0]]);
    const [weight] = await network.getWeights();
    expect(weight!.data[0]).toBeCloseTo(3 - 0.01 * 303, 5);
  });

  it('shares a layer between lengths, but not between widths', () => {
    const layer = dense({ units: 2 });
    layer(input({ shape: [5, 3] }));
    expect(layer(input({ shape: [3] })).shape).toEqual([2]);
    expect(() => layer(input({ shape: [4] }))).toThrow(
      'kernel has the shape [3,2] it was built with; received samples that need [4,2]',
    );
    expect(layer.weights).toHaveLength(2);
  });

  it('takes and gives records and lists', async () => {
    const inputs = { left: input({ shape: [1] }), right: input({ shape: [1] }) };
    const sum = add()([inputs.left, inputs.right]);
    const both = model({ inputs, outputs: { sum, left: inputs.left } });
    const { sum: total, left } = await both.predict({ left: [[1], [2]], right: [[10], [20]] });
    expect(Array.from(total.data)).toEqual([11, 22]);
    expect(left.shape).toEqual([2, 1]);
    const list = model({ inputs: [inputs.left, inputs.right], outputs: [sum, inputs.right] });
    const [first, second] = (await list.predict([[[1]], [[5]]])) as { data: Float32Array }[];
    expect([first!.data[0], second!.data[0]]).toEqual([6, 5]);
    expect(list.outputNames).toEqual(['add', 'input_1']);
  });

  it('tells what is wrong with it', () => {
    const [a, b] = [input({ shape: [2], name: 'a' }), input({ shape: [2], name: 'b' })];
    const sum = add()([a, b]);
    expect(() => model({ inputs: a, outputs: sum })).toThrow("one that also needs 'b' [2]. Add that");
    expect(() => model({ inputs: [a, b], outputs: dense({ units: 1 })(a) })).toThrow(
      "'b' [2] changes none of them",
    );
    expect(() => model({ inputs: [a, a], outputs: sum })).toThrow('received one of them twice');
    expect(() => model({ inputs: [], outputs: sum })).toThrow('at least one input');
    const named = dense({ units: 1, name: 'n' })(dense({ units: 1, name: 'n' })(a));
    expect(() => model({ inputs: a, outputs: named })).toThrow("received 'n' twice");
    expect(() => model({ inputs: a, outputs: sum.layer as never })).toThrow('expected to be called on');
  });
});

describe('models in models', () => {
  const encoder = () =>
    sequential([dense({ units: 3, inputShape: [4], name: 'narrow' })], { name: 'encoder' });

  it('are layers that keep their weights', async () => {
    const inner = encoder();
    const x = input({ shape: [4] });
    const outer = model({ inputs: x, outputs: dense({ units: 1 })(inner(x)), seed: 1 });
    expect(outer.layers.map(({ name }) => name)).toEqual(['input', 'encoder', 'dense']);
    expect((await outer.getWeights()).map(({ name }) => name)).toEqual([
      'encoder/narrow/kernel',
      'encoder/narrow/bias',
      'dense/kernel',
      'dense/bias',
    ]);
    outer.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: exact });
    const before = await inner.getWeights();
    await outer.trainOnBatch([[1, 2, 3, 4]], [[7]]);
    const [kernel] = await inner.getWeights();
    expect(kernel!.data).not.toEqual(before[0]!.data);
    expect((await outer.getWeights())[0]!.data).toEqual(kernel!.data);
  });

  it('are built by the first data where nothing says a shape', async () => {
    const outer = sequential([sequential([dense({ units: 2 })]), dense({ units: 1 })]);
    expect(outer.built).toBe(false);
    expect((await outer.predict([[1, 2, 3]])).shape).toEqual([1, 1]);
    expect((await outer.getWeights()).map(({ shape }) => shape)).toEqual([[3, 2], [2], [2, 1], [1]]);
  });

  it('draw the same weights for the same seed of the outermost', async () => {
    const make = () => {
      const x = input({ shape: [4] });
      return model({ inputs: x, outputs: dense({ units: 2 })(encoder()(x)), seed: 5 });
    };
    expect(await make().getWeights()).toEqual(await make().getWeights());
  });

  it('keep weights that were trained or set when they become part of another', async () => {
    const inner = encoder();
    inner.setWeights([Array.from({ length: 12 }, (_, i) => i), [1, 2, 3]]);
    const x = input({ shape: [4] });
    const outer = model({ inputs: x, outputs: inner(x), seed: 9 });
    expect((await outer.getWeights())[0]!.data[11]).toBe(11);
  });
});

describe('feature extraction', () => {
  it('ends at an inner layer, with the same weights', async () => {
    const whole = sequential(
      [dense({ units: 3, activation: 'tanh', inputShape: [2] }), dense({ units: 1, name: 'head' })],
      { seed: 2 },
    );
    const features = model({ inputs: whole.input, outputs: whole.getLayer(0).output });
    const head = model({ inputs: whole.getLayer('head').input, outputs: whole.output });
    const x = [[0.3, -0.4]];
    const inner = await features.predict(x);
    expect(inner).toMatchObject({ shape: [1, 3] });
    const { data } = (await head.predict((inner as { data: Float32Array }).data)) as { data: Float32Array };
    expect(data[0]).toBeCloseTo((await whole.predict(x)).data[0]!, 6);
    expect(() => whole.getLayer('heads')).toThrow('received "heads". Did you mean \'head\'?');
    expect(whole.getLayer(-1).name).toBe('head');
  });
});

describe('freezing', () => {
  it('counts at the next compile(), for all layers inside', async () => {
    const inner = sequential([dense({ units: 2, inputShape: [2] }), batchNormalization()], { seed: 1 });
    const outer = sequential([inner, dense({ units: 1 })], { seed: 2 });
    inner.trainable = false;
    outer.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: exact });
    expect(outer.summary()).toContain('Trainable params: 3 ');
    const before = await inner.getWeights();
    const x = [
      [1, 2],
      [3, 4],
    ];
    await outer.trainOnBatch(x, [1, 2]);
    // Frozen batch normalization keeps its statistics too.
    expect(await inner.getWeights()).toEqual(before);
    inner.trainable = true;
    await outer.trainOnBatch(x, [1, 2]);
    expect(await inner.getWeights()).toEqual(before);
    outer.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: exact });
    await outer.trainOnBatch(x, [1, 2]);
    expect(await inner.getWeights()).not.toEqual(before);
  });

  it('counts as an option of a model too', async () => {
    const inner = sequential([dense({ units: 2, inputShape: [2] }), batchNormalization()], {
      trainable: false,
    });
    const outer = sequential([inner, dense({ units: 1 })], { seed: 2 });
    outer.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: exact });
    const before = await inner.getWeights();
    await outer.trainOnBatch([[1, 2]], [1]);
    expect(await inner.getWeights()).toEqual(before);
    const twin = modelFromConfig(JSON.parse(JSON.stringify(outer.toConfig())));
    expect(twin.summary()).toBe(outer.summary());
  });

  it('keeps a compiled model as it was', async () => {
    const layer = dense({ units: 1, inputShape: [1] });
    const network = sequential([layer], { seed: 1 });
    network.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: exact });
    layer.trainable = false;
    const before = await network.getWeights();
    await network.trainOnBatch([[1]], [[9]]);
    expect(await network.getWeights()).not.toEqual(before);
  });

  it('lets a part stay in inference mode where it is called so', async () => {
    const norm = batchNormalization({ momentum: 0 });
    const x = input({ shape: [1] });
    const network = model({ inputs: x, outputs: norm.apply(x, { training: false }) });
    network.compile({ optimizer: 'sgd', loss: 'meanSquaredError', backend: exact });
    await network.trainOnBatch([[4], [8]], [[0], [0]]);
    const [, , movingMean] = await network.getWeights();
    expect(movingMean!.data[0]).toBe(0);
  });
});

describe('the summary of a graph', () => {
  it('says what is connected to what', () => {
    const x = input({ shape: [4], name: 'x' });
    const shared = dense({ units: 2, name: 'shared' });
    const y = add({ name: 'sum' })([shared(x), shared(x)]);
    const network = model({ inputs: x, outputs: y, name: 'small' });
    expect(network.summary()).toBe(
      [
        'Model: "small"',
        '┌────────────────┬──────────────┬─────────┬────────────────┐',
        '│ Layer (type)   │ Output Shape │ Param # │ Connected to   │',
        '├────────────────┼──────────────┼─────────┼────────────────┤',
        '│ x (input)      │ (None, 4)    │       0 │ -              │',
        '│ shared (dense) │ (None, 2)    │      10 │ x; x           │',
        '│ sum (add)      │ (None, 2)    │       0 │ shared, shared │',
        '└────────────────┴──────────────┴─────────┴────────────────┘',
        ' Total params: 10 (40.00 B)',
        ' Trainable params: 10 (40.00 B)',
        ' Non-trainable params: 0 (0.00 B)',
      ].join('\n'),
    );
  });
});

describe('configurations of graphs', () => {
  const roundTrip = async (network: Parameters<typeof check>[0], x: number[][]) => check(network, x);
  const check = async (network: ReturnType<typeof sequential>, x: number[][]) => {
    const config = JSON.parse(JSON.stringify(network.toConfig())) as unknown;
    const twin = modelFromConfig(config);
    expect(twin.toConfig()).toEqual(config);
    expect(twin.summary()).toBe(network.summary());
    twin.setWeights(await network.getWeights());
    expect(await twin.predict(x)).toEqual(await network.predict(x));
  };

  it('hold shared layers, calls and modes', async () => {
    const x = input({ shape: [2] });
    const shared = dense({ units: 2, activation: 'tanh' });
    const norm = batchNormalization();
    const y = add()([shared(x), norm.apply(shared(shared(x)), { training: false })]);
    await roundTrip(model({ inputs: x, outputs: y, name: 'm', seed: 3 }), [[1, -2]]);
  });

  it('hold models in models', async () => {
    const inner = sequential([dense({ units: 3, inputShape: [2] }), dense({ units: 2 })], {
      name: 'inner',
      seed: 1,
    });
    const x = input({ shape: [2] });
    const middle = model({ inputs: x, outputs: add()([inner(x), x]), name: 'middle', seed: 2 });
    await roundTrip(sequential([middle, dense({ units: 1 })], { seed: 4 }), [[1, -2]]);
  });

  it('hold records, several outputs and what each is trained for', async () => {
    const inputs = { image: input({ shape: [2, 2] }), extra: input({ shape: [1] }) };
    const h = concatenate()([flatten()(inputs.image), inputs.extra]);
    const network = model({
      inputs,
      outputs: { kind: dense({ units: 3, activation: 'softmax' })(h), size: dense({ units: 1 })(h) },
      seed: 3,
    });
    network.compile({
      loss: { kind: 'sparseCategoricalCrossentropy', size: 'meanSquaredError' },
      lossWeights: { size: 0.5 },
      metrics: { kind: ['accuracy'] },
    });
    const config = JSON.parse(JSON.stringify(network.toConfig())) as unknown;
    const twin = modelFromConfig<{ kind: SymbolicTensor; size: SymbolicTensor }>(config);
    expect(twin.toConfig()).toEqual(config);
    twin.setWeights(await network.getWeights());
    const x = { image: new Float32Array([1, 2, 3, 4]), extra: [[5]] };
    expect(await twin.predict(x)).toEqual(await network.predict(x));
    expect(await twin.evaluate(x, { kind: [1], size: [[2]] })).toEqual(
      await network.evaluate(x, { kind: [1], size: [[2]] }),
    );
  });

  it('make the middle of a network one of its own', async () => {
    const whole = sequential([dense({ units: 3, inputShape: [2], name: 'first' }), dense({ units: 1 })], {
      seed: 1,
    });
    const head = model({ inputs: whole.getLayer(1).input, outputs: whole.output, seed: 2 });
    const twin = modelFromConfig(JSON.parse(JSON.stringify(head.toConfig())));
    twin.setWeights(await head.getWeights());
    expect(await twin.predict([[1, 2, 3]])).toEqual(await head.predict([[1, 2, 3]]));
  });

  it('refuse a layer that stands in two models, one inside the other', () => {
    const shared = dense({ units: 2, name: 'shared' });
    const inner = sequential([input({ shape: [2] }), shared], { name: 'inner' });
    const x = input({ shape: [2] });
    const outer = model({ inputs: x, outputs: add()([inner(x), shared(x)]) });
    expect(outer.countParams()).toBe(6);
    expect(() => outer.toConfig()).toThrow("'shared' stands in two");
  });

  it('refuse tensors that are not there', () => {
    const x = input({ shape: [2] });
    const config = model({ inputs: x, outputs: dense({ units: 1 })(x), name: 'm' }).toConfig();
    const calls = [{ layer: 'dense', inputs: [['dense', 0, 0]] }];
    expect(() => modelFromConfig({ ...config, calls })).toThrow(/its layers form a cycle/);
    const unknown = [{ layer: 'nobody', inputs: [['input', 0, 0]] }];
    expect(() => modelFromConfig({ ...config, calls: unknown })).toThrow("received 'nobody'");
  });
});

/** y = factor · x, and a loss on it. */
class Scale extends Layer {
  readonly type = 'scale';
  readonly start: number;
  factor: Variable | undefined;

  constructor(options: LayerOptions & { readonly start: number }) {
    super(options);
    this.start = options.start;
  }

  build(shape: Shape, scope: BuildScope): Shape {
    const { start } = this;
    const values = () => new Float32Array([start]);
    this.factor = scope.addWeight('factor', [1], { name: 'start', values, config: () => ({}) });
    return shape;
  }

  call(x: Tensor, context: CallContext): Tensor {
    return multiply(x, context.read(this.factor!));
  }

  protected options(): Record<string, unknown> {
    return { start: this.start };
  }
}

describe('layers of the user', () => {
  it('are trained, called and saved like all others', async () => {
    const network = sequential([new Scale({ start: 2, inputShape: [1] })]);
    network.compile({ optimizer: 'sgd', loss: resolveLoss('meanSquaredError'), backend: exact });
    expect((await network.predict([[3]])).data[0]).toBe(6);
    await network.trainOnBatch([[3]], [[0]]);
    expect((await network.getWeights())[0]!.data[0]).toBeCloseTo(2 - 0.01 * 2 * 6 * 3, 6);
    const customLayers = { scale: (options: LayerOptions & { start: number }) => new Scale(options) };
    const twin = modelFromConfig(network.toConfig(), { customLayers });
    twin.setWeights(await network.getWeights());
    expect(await twin.predict([[3]])).toEqual(await network.predict([[3]]));
    expect(() => modelFromConfig(network.toConfig())).toThrow("received 'scale'");
  });
});
