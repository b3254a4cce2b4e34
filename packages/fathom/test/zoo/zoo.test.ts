import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syntheticDigits } from '../../src/data/index.ts';
import { Network } from '../../src/nn/network.ts';
import { loadModel, saveModel } from '../../src/node.ts';
import { modelFromConfig } from '../../src/train/index.ts';
import { drawAlexNet } from '../../src/zoo/alexNet.ts';
import type { Drawing } from '../../src/zoo/drawing.ts';
import * as zoo from '../../src/zoo/index.ts';
import { drawMobileNet, drawMobileNetV2 } from '../../src/zoo/mobileNet.ts';
import { drawResNet, drawSmallResNet } from '../../src/zoo/resNet.ts';
import { drawSqueezeNet } from '../../src/zoo/squeezeNet.ts';
import { drawVgg } from '../../src/zoo/vgg.ts';

/** Counts without drawing a single weight. */
function count({ inputs, outputs }: Drawing): { total: number; trained: number } {
  const network = new Network([inputs], [outputs], 'test');
  const sum = (weights: readonly { readonly weight: { readonly variable: { readonly size: number } } }[]) =>
    weights.reduce((total, { weight }) => total + weight.variable.size, 0);
  return { total: sum(network.weights), trained: sum(network.parameters) };
}

const cifar = { inputShape: [32, 32, 3], classes: 10 };

describe('parameters', () => {
  it.each<[name: string, draw: () => Drawing, trained: number, total: number, source: string]>([
    ['alexNet', () => drawAlexNet(), 60_965_224, 60_965_224, 'the paper, as in Caffe'],
    ['vgg11', () => drawVgg(11), 132_863_336, 132_863_336, 'torchvision'],
    ['vgg16', () => drawVgg(16), 138_357_544, 138_357_544, 'Keras'],
    ['vgg19', () => drawVgg(19), 143_667_240, 143_667_240, 'Keras'],
    ['resNet18', () => drawResNet(18), 11_689_512, 11_699_112, 'torchvision'],
    ['resNet34', () => drawResNet(34), 21_797_672, 21_814_696, 'torchvision'],
    ['resNet50', () => drawResNet(50), 25_557_032, 25_610_152, 'torchvision'],
    [
      'resNet18, small',
      () => drawResNet(18, { ...cifar, stem: 'cifar' }),
      11_173_962,
      11_183_562,
      'common in PyTorch',
    ],
    [
      'resNet50, small',
      () => drawResNet(50, { ...cifar, stem: 'cifar' }),
      23_520_842,
      23_573_962,
      'common in PyTorch',
    ],
    ['resNet20', () => drawSmallResNet(20), 269_722, 271_098, 'the paper: 0.27 million'],
    ['resNet32', () => drawSmallResNet(32), 464_154, 466_426, 'the paper: 0.46 million'],
    ['resNet44', () => drawSmallResNet(44), 658_586, 661_754, 'the paper: 0.66 million'],
    ['resNet56', () => drawSmallResNet(56), 853_018, 857_082, 'the paper: 0.85 million'],
    ['resNet110', () => drawSmallResNet(110), 1_727_962, 1_736_058, 'the paper: 1.7 million'],
    ['mobileNet', () => drawMobileNet(), 4_231_976, 4_253_864, 'Keras'],
    ['mobileNet, alpha 0.5', () => drawMobileNet({ alpha: 0.5 }), 1_331_592, 1_342_536, 'Keras'],
    ['mobileNetV2', () => drawMobileNetV2(), 3_504_872, 3_538_984, 'Keras'],
    ['mobileNetV2, alpha 1.4', () => drawMobileNetV2({ alpha: 1.4 }), 6_108_776, 6_156_712, 'Keras'],
    ['squeezeNet 1.0', () => drawSqueezeNet(), 1_248_424, 1_248_424, 'torchvision'],
    ['squeezeNet 1.1', () => drawSqueezeNet({ version: '1.1' }), 1_235_496, 1_235_496, 'torchvision'],
  ])('of %s are those of the original', (_name, draw, trained, total) => {
    expect(count(draw())).toEqual({ trained, total });
  });
});

describe('shapes', () => {
  /** Of the last result with places, [height, width, channels]. */
  function last({ inputs, outputs }: Drawing): readonly number[] {
    const { calls } = new Network([inputs], [outputs], 'test');
    return calls
      .flatMap((call) => call.outputs)
      .filter(({ shape }) => shape.length === 3)
      .at(-1)!.shape;
  }

  it.each<[name: string, draw: () => Drawing, shape: readonly number[]]>([
    ['alexNet', () => drawAlexNet(), [6, 6, 256]],
    ['vgg16', () => drawVgg(16), [7, 7, 512]],
    ['resNet18', () => drawResNet(18), [7, 7, 512]],
    ['resNet50', () => drawResNet(50), [7, 7, 2048]],
    ['resNet18, small', () => drawResNet(18, { ...cifar, stem: 'cifar' }), [4, 4, 512]],
    ['resNet20', () => drawSmallResNet(20), [8, 8, 64]],
    ['mobileNet', () => drawMobileNet(), [7, 7, 1024]],
    ['mobileNetV2', () => drawMobileNetV2(), [7, 7, 1280]],
    ['squeezeNet 1.0', () => drawSqueezeNet(), [13, 13, 1000]],
    ['squeezeNet 1.1', () => drawSqueezeNet({ version: '1.1' }), [13, 13, 1000]],
  ])('before the classifier of %s are those of the original', (_name, draw, shape) => {
    expect(last(draw())).toEqual(shape);
  });
});

/** In WebAssembly: a C compiler takes many seconds for networks of so many kernels, and they are not what is tested. */
const COMPILED = {
  optimizer: 'adam',
  loss: 'sparseCategoricalCrossentropy',
  metrics: ['accuracy'],
  backend: 'wasm',
} as const;

describe('models', () => {
  it.each<[name: string, make: () => ReturnType<typeof zoo.resNet20>]>([
    ['resNet20', () => zoo.resNet20({ seed: 1 })],
    ['resNet18', () => zoo.resNet18({ inputShape: [8, 8, 3], classes: 4, stem: 'cifar', seed: 1 })],
    ['mobileNet', () => zoo.mobileNet({ inputShape: [32, 32, 3], classes: 4, alpha: 0.125, seed: 1 })],
    ['mobileNetV2', () => zoo.mobileNetV2({ inputShape: [33, 33, 3], classes: 4, alpha: 0.1, seed: 1 })],
    ['squeezeNet', () => zoo.squeezeNet({ inputShape: [32, 32, 3], classes: 4, version: '1.1', seed: 1 })],
  ])(
    '%s gives probabilities, and comes back from its config',
    async (name, make) => {
      const model = make();
      expect(model.name).toBe(name);
      model.compile(COMPILED);
      const [height, width, channels] = model.inputShape!;
      const x = Float32Array.from({ length: height! * width! * channels! }, (_, i) => Math.sin(i));
      const { data, shape } = await model.predict(x);
      expect(shape).toEqual([1, ...model.outputShape!]);
      expect(data.reduce((sum, p) => sum + p)).toBeCloseTo(1, 5);
      const twin = modelFromConfig(JSON.parse(JSON.stringify(model.toConfig())));
      expect(twin.countParams()).toBe(model.countParams());
      twin.compile(COMPILED);
      twin.setWeights(await model.getWeights());
      expect(((await twin.predict(x)) as { data: Float32Array }).data).toEqual(data);
      await model.dispose();
    },
    120_000,
  );

  it('learn: a residual network tells drawn digits apart', async () => {
    const { images, labels } = syntheticDigits({ count: 64, seed: 3 });
    const x = Float32Array.from(images, (value) => value / 255);
    const model = zoo.resNet20({ inputShape: [28, 28, 1], seed: 2 });
    model.compile(COMPILED);
    const { history } = await model.fit(x, labels, { epochs: 6, batchSize: 16 });
    expect(history.loss!.at(-1)!).toBeLessThan(0.5 * history.loss![0]!);
    expect(history.accuracy!.at(-1)!).toBeGreaterThan(0.7);
    const folder = await mkdtemp(join(tmpdir(), 'fathom-zoo-'));
    try {
      await saveModel(model, folder);
      const saved = await loadModel(folder);
      expect(await saved.getWeights()).toEqual(await model.getWeights());
    } finally {
      await rm(folder, { recursive: true });
    }
    await model.dispose();
  }, 120_000);
});

describe('bad options', () => {
  it.each<[make: () => unknown, message: string]>([
    [
      () => zoo.vgg16({ inputShape: [28, 28, 1] }),
      'vgg16: expected inputShape [height, width, channels] of at least 32×32; received [28, 28, 1].',
    ],
    [() => zoo.resNet18({ inputShape: [32, 32] }), 'resNet18: expected inputShape'],
    [() => zoo.resNet20({ classes: 0 }), 'resNet20: expected classes to be a positive integer; received 0.'],
    [
      () => zoo.resNet18({ stem: 'small' as never }),
      "resNet18: expected stem 'imageNet' or 'cifar'; received 'small'",
    ],
    [() => zoo.mobileNet({ alpha: 0 }), 'mobileNet: expected a positive alpha; received 0.'],
    [
      () => zoo.squeezeNet({ version: '2' as never }),
      "squeezeNet: expected version '1.0' or '1.1'; received '2'",
    ],
    [
      () => zoo.squeezeNet({ inputShape: [32, 33, 3] }),
      'squeezeNet: expected images whose height and width are both',
    ],
  ])('%o', (make, message) => {
    expect(make).toThrow(message);
  });
});
