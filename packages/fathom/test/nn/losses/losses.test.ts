import { describe, expect, it } from 'vitest';
import { mean } from '../../../src/functional/mean.ts';
import * as losses from '../../../src/nn/losses/index.ts';
import { constant, input } from '../../../src/ops/index.ts';
import { gradientOf, valuesOf } from '../../support/values.ts';

const NAMES = Object.keys(losses).filter((name) => !/^(resolveLoss|savedLoss|lossFromConfig)$/.test(name));

/** Options other than the defaults, of the losses that have any. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  huber: { delta: 2 },
  cosineSimilarity: { axis: 1 },
  binaryCrossentropy: { fromLogits: true, labelSmoothing: 0.1 },
  categoricalCrossentropy: { fromLogits: true, labelSmoothing: 0.1 },
  sparseCategoricalCrossentropy: { fromLogits: true, ignoreClass: 0 },
  binaryFocalCrossentropy: {
    gamma: 1,
    alpha: 0.5,
    applyClassBalancing: true,
    fromLogits: true,
    labelSmoothing: 0.1,
  },
  categoricalFocalCrossentropy: { gamma: 1, alpha: 0.5, fromLogits: true, labelSmoothing: 0.1 },
};

describe.each(NAMES)('%s', (name) => {
  it('is found by its name', () => {
    const loss = losses.resolveLoss(name as losses.LossName);
    expect(loss.name).toBe(name);
    expect(losses.resolveLoss(loss)).toBe(loss);
  });

  it('gives one loss for each sample, or each step of it', () => {
    const loss = losses.resolveLoss(name as losses.LossName);
    for (const shape of [
      [5, 3],
      [5, 2, 3],
    ]) {
      const targets = loss.targets === 'labels' ? input('t', shape.slice(0, -1), 'int32') : input('t', shape);
      expect(loss.call(targets, input('p', shape)).shape).toEqual(shape.slice(0, -1));
    }
  });

  it('comes back from its config with all options', () => {
    for (const options of [{}, OPTIONS[name] ?? {}]) {
      const loss = losses.resolveLoss(name as losses.LossName, options);
      const saved = losses.savedLoss(loss)!;
      expect(saved).toMatchObject({ name, ...options });
      const again = losses.lossFromConfig(JSON.parse(JSON.stringify(saved)) as losses.LossConfig);
      expect(losses.savedLoss(again)).toEqual(saved);
      expect(again).toMatchObject({ fromLogits: loss.fromLogits, kind: loss.kind, targets: loss.targets });
    }
    const known = Object.keys(losses.savedLoss(losses.resolveLoss(name as losses.LossName))!);
    expect(known.sort(), 'every option is tried').toEqual(
      ['name', ...Object.keys(OPTIONS[name] ?? {})].sort(),
    );
  });
});

describe('options', () => {
  it('out of range are refused at once', () => {
    expect(() => losses.huber({ delta: 0 })).toThrow('huber: delta');
    expect(() => losses.binaryCrossentropy({ labelSmoothing: 2 })).toThrow('labelSmoothing');
    expect(() => losses.categoricalCrossentropy({ labelSmoothing: -1 })).toThrow('labelSmoothing');
    expect(() => losses.binaryFocalCrossentropy({ gamma: Number.NaN })).toThrow('gamma');
    expect(() => losses.categoricalFocalCrossentropy({ alpha: -0.1 })).toThrow('alpha');
  });

  it('that a file should not hold are refused', () => {
    expect(() => losses.lossFromConfig({ name: 'huber', delt: 1 })).toThrow("Did you mean 'delta'?");
    expect(() => losses.lossFromConfig({ name: 'binaryCrossentropy', fromLogits: 'no' })).toThrow(
      'expected fromLogits of binaryCrossentropy as false; received "no"',
    );
  });
});

describe('names', () => {
  it.each([
    ['mse', 'meanSquaredError'],
    ['mae', 'meanAbsoluteError'],
    ['mape', 'meanAbsolutePercentageError'],
    ['msle', 'meanSquaredLogarithmicError'],
    ['mean_squared_error', 'meanSquaredError'],
    ['kl_divergence', 'klDivergence'],
    ['KLDivergence', 'klDivergence'],
    ['kld', 'klDivergence'],
    ['bce', 'binaryCrossentropy'],
    ['cce', 'categoricalCrossentropy'],
    ['scce', 'sparseCategoricalCrossentropy'],
    ['log_cosh', 'logCosh'],
    ['logcosh', 'logCosh'],
    ['huber_loss', 'huber'],
  ])('%s is no name here, and is answered with %s', (name, meant) => {
    expect(() => losses.resolveLoss(name as losses.LossName)).toThrow(`Did you mean '${meant}'?`);
  });

  it('a function of the user has its own, and cannot be saved', () => {
    const loss = losses.resolveLoss(function mine(_targets, predictions) {
      return predictions;
    });
    expect(loss.name).toBe('mine');
    expect(losses.savedLoss(loss)).toBeUndefined();
  });
});

describe('cosineSimilarity', () => {
  it('is −1 for the same direction, to be made small', async () => {
    const a = constant([3, 4], [1, 2]);
    expect((await valuesOf(losses.cosineSimilarity().call(a, a)))[0]).toBeCloseTo(-1, 12);
  });
});

describe('labelSmoothing', () => {
  it('moves targets towards every class alike', async () => {
    const p = constant([0.7, 0.2, 0.1], [1, 3]);
    const loss = losses.categoricalCrossentropy({ labelSmoothing: 0.3 });
    const [value] = await valuesOf(loss.call(constant([1, 0, 0], [1, 3]), p));
    expect(value).toBeCloseTo(-0.8 * Math.log(0.7) - 0.1 * Math.log(0.2) - 0.1 * Math.log(0.1), 6);
    const binary = losses.binaryCrossentropy({ labelSmoothing: 0.2 });
    const [log] = await valuesOf(binary.call(constant([1], [1, 1]), constant([0.8], [1, 1])));
    expect(log).toBeCloseTo(-0.9 * Math.log(0.8) - 0.1 * Math.log(0.2), 6);
  });
});

describe('ignoreClass', () => {
  const logits = constant([1, 2, -1, 0.5, 0, 3, 2, 2, 2], [3, 3]);

  it('leaves labels out of the mean, and out of the gradient', async () => {
    const loss = losses.sparseCategoricalCrossentropy({ fromLogits: true, ignoreClass: 2 });
    const labels = constant([0, 2, 1], [3], 'int32');
    const cost = mean(loss.call(labels, logits));
    const plain = losses.sparseCategoricalCrossentropy({ fromLogits: true });
    const each = await valuesOf(plain.call(labels, logits));
    expect((await valuesOf(cost))[0]).toBeCloseTo((each[0]! + each[2]!) / 2, 12);
    expect((await gradientOf(cost, logits)).slice(3, 6)).toEqual([0, 0, 0]);
  });

  it('takes a label that is no class, such as −1', async () => {
    const loss = losses.sparseCategoricalCrossentropy({ fromLogits: true, ignoreClass: -1 });
    expect(await valuesOf(loss.call(constant([-1, -1, -1], [3], 'int32'), logits))).toEqual([0, 0, 0]);
  });
});
