import { describe, expect, it } from 'vitest';
import {
  type AnyModel,
  layers,
  losses,
  type Model,
  model,
  sequential,
  type Tensor,
} from '../../src/index.ts';
import {
  activations,
  answers,
  explainGradient,
  type GradientOf,
  gradients,
  type Target,
} from '../../src/inspect/index.ts';
import { placeAt } from '../../src/inspect/wiring.ts';
import { sizeOf } from '../../src/ir/shape.ts';
import { multiply, subtract } from '../../src/ops/index.ts';
import { someNumbers } from './support.ts';

const { dense, embedding, gru, input } = layers;
const REFERENCE = { backend: 'reference' } as const;
const RATE = 0.5;

/** Class logits, a probability of yes, three numbers, and one that nobody trains. */
function several(): Model {
  const x = input({ shape: [5], name: 'x' });
  const h = dense({ units: 4, activation: 'tanh', name: 'h' })(x);
  const outputs = {
    kind: dense({ units: 3, name: 'kind' })(h),
    found: dense({ units: 1, activation: 'sigmoid', name: 'found' })(h),
    box: dense({ units: 3, name: 'box' })(h),
    free: dense({ units: 2, name: 'free' })(h),
  };
  return model({ inputs: x, outputs, seed: 4 }) as never;
}

const COMPILED = {
  loss: {
    kind: losses.sparseCategoricalCrossentropy({ fromLogits: true }),
    found: losses.binaryCrossentropy({ labelSmoothing: 0.1 }),
    box: losses.huber({ delta: 0.5 }),
    free: null,
  },
  lossWeights: { kind: 0.25, box: 3 },
  optimizer: 'sgd',
  ...REFERENCE,
} as const;
const X = someNumbers(5, 3).map((value) => value / 4);
const BOX = [0.25, -1, 2];
const TARGETS: readonly Target[] = [2, 1, [BOX]];

/** The change of each weight by one step of plain descent, divided by the rate. */
async function descended(network: AnyModel, step: () => Promise<unknown>): Promise<number[][]> {
  const before = await network.getWeights();
  network.optimizer!.learningRate = RATE;
  await step();
  const after = await network.getWeights();
  return before.map(({ data }, i) => Array.from(data, (value, j) => (value - after[i]!.data[j]!) / RATE));
}

describe('the loss that a model was compiled with', () => {
  it('has gradients that add up, over the outputs, to what a step of training subtracts', async () => {
    const network = several();
    network.compile(COMPILED);
    const all = await Promise.all(
      TARGETS.map((y, output) => gradients(network, X, y, { output, ...REFERENCE })),
    );
    expect(all.map(({ objective }) => [objective.origin, objective.name, objective.weight])).toEqual([
      ['compiled', 'sparseCategoricalCrossentropy', 0.25],
      ['compiled', 'binaryCrossentropy', 1],
      ['compiled', 'huber', 3],
    ]);
    expect(all[1]!.objective.options).toEqual({ labelSmoothing: 0.1 });
    const targets = { kind: Int32Array.of(2), found: [[1]], box: [BOX] };
    let loss = Number.NaN;
    const changes = await descended(network, async () => {
      ({ loss = Number.NaN } = await network.trainOnBatch([Array.from(X)] as never, targets as never));
    });
    expect(all.reduce((sum, one) => sum + one.loss, 0)).toBeCloseTo(loss, 5);
    changes.forEach((change, i) => {
      change.forEach((value, j) => {
        expect(all.reduce((sum, { weights }) => sum + weights[i]!.gradient[j]!, 0)).toBeCloseTo(value, 5);
      });
    });
  });

  it('is the one that a small step is tried with', async () => {
    const network = several();
    network.compile(COMPILED);
    const outputs = ['kind', 'found', 'box'];
    for (const [output, name] of outputs.entries()) {
      const explain = (of: GradientOf) =>
        explainGradient(network, X, TARGETS[output]!, of, { output, ...REFERENCE });
      for (const of of [
        { weight: `${name}/kernel`, place: [1, 0] },
        { weight: 'h/kernel', place: [2, 3] },
        { layer: 'x', place: [4] },
        { preActivation: name, place: [0] },
      ] satisfies GradientOf[]) {
        const { value, check, sum } = await explain(of);
        expect(Math.abs(value - check)).toBeLessThan(1e-5);
        // Smoothed labels leave no p − y, and no term but the value.
        if (!('preActivation' in of && name === 'found')) expect(Math.abs(sum! - check)).toBeLessThan(1e-5);
        expect(check).not.toBe(0);
      }
    }
    const { formula, difference } = await explainGradient(
      network,
      X,
      2,
      { preActivation: 'kind', place: [1] },
      REFERENCE,
    );
    expect(formula).toBe('∂L/∂z = 0.25·(p − y)');
    expect(difference).toMatchObject({ target: 0, factor: 0.25 });
    // One that is asked for counts as it is, whatever training does.
    const options = { ...REFERENCE, output: 2, loss: 'meanSquaredError' } as const;
    const asked = await gradients(network, X, [BOX], options);
    expect(asked.objective).toMatchObject({ origin: 'asked', name: 'meanSquaredError', weight: 1 });
    const twice = await gradients(network, X, [BOX], { ...options, lossWeight: 2 });
    expect(twice.loss).toBeCloseTo(2 * asked.loss, 6);
    expect(twice.objective.formula).toBe('2 · mean of (y − target)² over 3 numbers');
    await expect(gradients(network, X, [BOX], { ...options, lossWeight: Number.NaN })).rejects.toThrow(
      'expected a finite lossWeight; received NaN',
    );
  });

  it('is the default where the model was not compiled, or not for the output, and says so', async () => {
    const network = several();
    const before = await gradients(network, X, 2, REFERENCE);
    expect(before.objective).toMatchObject({
      origin: 'unknown',
      name: 'sparseCategoricalCrossentropy',
      weight: 1,
      formula: '−ln p',
    });
    network.compile(COMPILED);
    const free = await gradients(network, X, [[1, 2]], { output: 3, ...REFERENCE });
    expect(free.objective).toMatchObject({ origin: 'untrained', name: 'meanSquaredError' });
    const after = await gradients(network, X, 2, REFERENCE);
    expect(after.loss).toBeCloseTo(before.loss / 4, 6);
    expect(after.objective.formula).toBe('0.25 · (−ln p)');
  });

  it('may be a function of one’s own', async () => {
    const fourth = (t: Tensor, y: Tensor) => {
      const square = multiply(subtract(y, t), subtract(y, t));
      return multiply(square, square);
    };
    const network = sequential([dense({ units: 2, inputShape: [5] })], { seed: 2 });
    network.compile({ loss: fourth, optimizer: 'sgd', ...REFERENCE });
    const target = [[0.5, -0.5]];
    const all = await gradients(network, X, target, REFERENCE);
    expect(all.objective).toMatchObject({ origin: 'compiled', name: 'fourth', formula: 'fourth(target, y)' });
    const { values } = all.layers[1]!;
    expect(all.loss).toBeCloseTo(((values[0]! - 0.5) ** 4 + (values[1]! + 0.5) ** 4) / 2, 5);
    const one = await explainGradient(
      network,
      X,
      target,
      { weight: 'dense/kernel', place: [0, 1] },
      REFERENCE,
    );
    expect(one.value).toBeCloseTo(one.check, 4);
    expect(one.sum).toBeCloseTo(one.check, 4);
  });

  it('counts the steps that a mask lets through, as training does', async () => {
    const tokens = input({ shape: [5], dtype: 'int32' });
    const read = gru({ units: 3, returnSequences: true })(
      embedding({ inputDim: 6, outputDim: 2, maskZero: true })(tokens),
    );
    const network = model({
      inputs: tokens,
      outputs: dense({ units: 4, activation: 'softmax' })(read),
      seed: 3,
    });
    network.compile({ loss: 'sparseCategoricalCrossentropy', optimizer: 'sgd', ...REFERENCE });
    const x = [[1, 4, 0, 2, 0]];
    const all = await gradients(network, x, 3, REFERENCE);
    let loss = Number.NaN;
    const changes = await descended(network, async () => {
      ({ loss = Number.NaN } = await network.trainOnBatch(x, [[3, 3, 3, 3, 3]]));
    });
    expect(all.loss).toBeCloseTo(loss, 5);
    changes.forEach((change, i) => {
      change.forEach((value, j) => {
        expect(all.weights[i]!.gradient[j]).toBeCloseTo(value, 5);
      });
    });
  });
});

const { lossFromConfig: _, resolveLoss: __, savedLoss: ___, ...makers } = losses;

describe.each(Object.entries(makers))('%s', (name, make) => {
  it('has a class number for a target, and gradients that a small step shows', async () => {
    const loss = make();
    const network = sequential(
      [
        dense({ units: 5, activation: 'tanh', inputShape: [5] }),
        // Where logarithms and shares have a meaning, too.
        dense({ units: 3, activation: 'softmax' }),
      ],
      { seed: 6 },
    );
    network.compile({ loss, optimizer: 'sgd', ...REFERENCE });
    const all = await gradients(network, X, 1, REFERENCE);
    expect(all.objective).toMatchObject({ origin: 'compiled', name });
    expect(all.objective.formula).not.toContain(name);
    const onehot = loss.targets === 'labels' ? Int32Array.of(1) : [[0, 1, 0]];
    const changes = await descended(network, () => network.trainOnBatch([Array.from(X)], onehot));
    changes.forEach((change, i) => {
      change.forEach((value, j) => {
        expect(Math.abs(all.weights[i]!.gradient[j]! - value)).toBeLessThan(
          1e-4 * Math.max(1, Math.abs(value)),
        );
      });
    });
    for (const { name: weight, shape } of all.weights) {
      const of = { weight, place: placeAt(sizeOf(shape) - 1, shape) };
      const { value, check } = await explainGradient(network, X, 1, of, REFERENCE);
      expect(Math.abs(value - check)).toBeLessThan(1e-4 * Math.max(1, Math.abs(check)));
    }
  });
});

describe('answers of a compiled model', () => {
  it('are classes where the loss is one of classes, and numbers where it is one of numbers', async () => {
    const network = several();
    const all = await activations(network, X, REFERENCE);
    expect(answers(network, all).map(({ classes }) => classes.length)).toEqual([0, 2, 0, 0]);
    network.compile(COMPILED);
    const [kind, , box] = answers(network, all);
    expect(kind!.classes).toEqual(['0', '1', '2']);
    expect(kind!.probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 10);
    expect(box!.probabilities).toEqual([]);
    const line = sequential([dense({ units: 3, inputShape: [5] })], { seed: 1 });
    const values = await activations(line, X, REFERENCE);
    expect(answers(line, values)[0]!.classes).toHaveLength(3);
    line.compile({ loss: 'meanSquaredError', ...REFERENCE });
    expect(answers(line, values)[0]!.classes).toEqual([]);
    const yes = sequential([dense({ units: 1, inputShape: [5] })], { seed: 1 });
    yes.compile({ loss: losses.binaryCrossentropy({ fromLogits: true }), ...REFERENCE });
    const logit = await activations(yes, X, REFERENCE);
    const [answer] = answers(yes, logit);
    expect(answer!.probabilities[1]).toBeCloseTo(1 / (1 + Math.exp(-logit.results[0]!.values[0]!)), 10);
  });
});
