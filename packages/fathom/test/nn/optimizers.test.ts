import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { topologicalOrder } from '../../src/ir/graph.ts';
import { Variable } from '../../src/ir/tensor.ts';
import { dense } from '../../src/nn/layers/index.ts';
import {
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  applyOptimizer,
  createSlots,
  lion,
  nadam,
  type Optimizer,
  type OptimizerName,
  type OptimizerState,
  readOptimizerState,
  resolveOptimizer,
  rmsprop,
  sgd,
  writeOptimizerState,
} from '../../src/nn/optimizers/index.ts';
import { cosineDecay } from '../../src/nn/schedules/index.ts';
import { input, read } from '../../src/ops/index.ts';
import { load } from '../../src/runtime.ts';
import { modelFromConfig, sequential } from '../../src/train/index.ts';

const exact = referenceBackend({ precision: 64 });
const X = [[2], [-1]];
const Y = [[1], [3]];

/** The weight of y = w·x after each step of minimizing the mean squared error, from w = 0.5. */
async function path(optimizer: Optimizer, steps: number): Promise<number[]> {
  const model = sequential([dense({ units: 1, useBias: false, inputShape: [1] })]);
  model.compile({ optimizer, loss: 'meanSquaredError', backend: exact });
  model.setWeights([[0.5]]);
  const weights: number[] = [];
  for (let step = 0; step < steps; step++) {
    await model.trainOnBatch(X, Y);
    weights.push((await model.getWeights())[0]!.data[0]!);
  }
  return weights;
}

/** dJ/dw of J = ½ Σ (w·xᵢ − yᵢ)². */
const slope = (w: number) => X.reduce((sum, [x], i) => sum + (w * x! - Y[i]![0]!) * x!, 0);

function expectPath(actual: readonly number[], expected: readonly number[]): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(actual[i]).toBeCloseTo(value, 6);
  });
}

describe('sgd', () => {
  it('goes down the slope', async () => {
    let w = 0.5;
    const expected = Array.from({ length: 4 }, () => {
      w -= 0.1 * slope(w);
      return w;
    });
    expectPath(await path(sgd({ learningRate: 0.1 }), 4), expected);
  });

  it.each([false, true])('with momentum, Nesterov %s', async (nesterov) => {
    let [w, v] = [0.5, 0];
    const expected = Array.from({ length: 5 }, () => {
      const descent = 0.05 * slope(w);
      v = 0.9 * v - descent;
      w += nesterov ? 0.9 * v - descent : v;
      return w;
    });
    expectPath(await path(sgd({ learningRate: 0.05, momentum: 0.9, nesterov }), 5), expected);
  });
});

describe('adam', () => {
  it('follows the formulas of the paper, with ε outside the correction', async () => {
    let [w, m, v] = [0.5, 0, 0];
    const expected = Array.from({ length: 5 }, (_, i) => {
      const g = slope(w);
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      const alpha = (0.01 * Math.sqrt(1 - 0.999 ** (i + 1))) / (1 - 0.9 ** (i + 1));
      w -= (alpha * m) / (Math.sqrt(v) + 1e-7);
      return w;
    });
    expectPath(await path(adam({ learningRate: 0.01 }), 5), expected);
  });

  it('moves by the learning rate in its first step', async () => {
    const [w] = await path(adam({ learningRate: 0.01 }), 1);
    expect(w).toBeCloseTo(0.5 - 0.01 * Math.sign(slope(0.5)), 6);
  });
});

describe('learning rates', () => {
  it('may follow a schedule, without compiling again', async () => {
    const rates: number[] = [];
    const schedule = (step: number) => {
      rates.push(step);
      return step === 0 ? 0.1 : 0;
    };
    const weights = await path(sgd({ learningRate: schedule }), 3);
    expect(rates).toEqual([0, 1, 2]);
    expect(weights[2]).toBe(weights[0]);
  });

  it('may be changed between steps', async () => {
    const optimizer = sgd({ learningRate: 0.1 });
    const model = sequential([dense({ units: 1, inputShape: [1] })]);
    model.compile({ optimizer, loss: 'meanSquaredError', backend: exact });
    optimizer.learningRate = 0;
    const before = await model.getWeights();
    await model.trainOnBatch(X, Y);
    expect(await model.getWeights()).toEqual(before);
  });

  it('are refused when they are none', async () => {
    expect(() => sgd({ learningRate: -1 })).toThrow('learningRate');
    expect(() => adam({ learningRate: Number.NaN })).toThrow('received NaN');
    await expect(path(sgd({ learningRate: () => Number.NaN }), 1)).rejects.toThrow('received NaN');
  });
});

describe('options', () => {
  it('have the defaults of Keras', () => {
    const adams = { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 };
    const defaults: Record<OptimizerName, Record<string, unknown>> = {
      sgd: { learningRate: 0.01, momentum: 0, nesterov: false },
      rmsprop: { learningRate: 0.001, rho: 0.9, momentum: 0, epsilon: 1e-7, centered: false },
      adagrad: { learningRate: 0.001, initialAccumulatorValue: 0.1, epsilon: 1e-7 },
      adadelta: { learningRate: 0.001, rho: 0.95, epsilon: 1e-7 },
      adam: { ...adams, amsgrad: false },
      adamW: { ...adams, amsgrad: false, weightDecay: 0.004 },
      adamax: adams,
      nadam: adams,
      lion: { learningRate: 0.001, beta1: 0.9, beta2: 0.99 },
    };
    for (const [name, config] of Object.entries(defaults)) {
      expect(resolveOptimizer(name as OptimizerName).config()).toEqual(config);
      expect(resolveOptimizer(name as OptimizerName).name).toBe(name);
    }
  });

  it('come back from their saved form', () => {
    const optimizers = [
      sgd({ momentum: 0.9, nesterov: true, clipvalue: 1, weightDecay: 0 }),
      rmsprop({ centered: true, momentum: 0.5, globalClipnorm: 2 }),
      adamW({ excludeFromWeightDecay: ['bias', 'gamma'], gradientAccumulationSteps: 4 }),
      lion({ useEma: true, emaMomentum: 0.9, emaOverwriteFrequency: 10, clipnorm: 1 }),
    ];
    for (const optimizer of optimizers) {
      const config = JSON.parse(JSON.stringify({ name: optimizer.name, ...optimizer.config() })) as never;
      const again = resolveOptimizer(config);
      expect(again.config()).toEqual(optimizer.config());
      expect(again.slots).toEqual(optimizer.slots);
      expect(again.inputs).toEqual(optimizer.inputs);
    }
  });

  it('are checked', () => {
    const wrong: [() => Optimizer, string][] = [
      [() => sgd({ momentum: 1 }), 'momentum'],
      [() => adam({ beta2: 1 }), 'beta2'],
      [() => adam({ epsilon: 0 }), 'epsilon'],
      [() => rmsprop({ rho: -0.1 }), 'rmsprop: rho'],
      [() => adagrad({ initialAccumulatorValue: -1 }), 'adagrad: initialAccumulatorValue'],
      [() => adadelta({ rho: 1 }), 'adadelta: rho'],
      [() => adamax({ beta1: 2 }), 'adamax: beta1'],
      [() => nadam({ epsilon: -1 }), 'nadam: epsilon'],
      [() => lion({ beta1: 0 }), 'lion: expected beta1 in (0, 1)'],
      [
        () => adamW({ weightDecay: -1 }),
        'adamW: weightDecay: expected a finite number of 0 or more; received -1.',
      ],
      [() => adam({ clipnorm: 0 }), 'adam: clipnorm: expected a positive finite number; received 0.'],
      [
        () => adam({ clipnorm: 1, globalClipnorm: 1 }),
        'adam: expected at most one of clipnorm, clipvalue and globalClipnorm; received clipnorm and globalClipnorm.',
      ],
      [() => sgd({ emaMomentum: 1.5 }), 'sgd: emaMomentum'],
      [
        () => sgd({ emaOverwriteFrequency: 0 }),
        'sgd: emaOverwriteFrequency: expected an integer of 1 or more',
      ],
      [
        () => sgd({ gradientAccumulationSteps: 1 }),
        'gradientAccumulationSteps: expected an integer of 2 or more',
      ],
      [
        () => sgd({ excludeFromWeightDecay: 'bias' as unknown as string[] }),
        'a list of texts; received "bias"',
      ],
      [() => sgd({ excludeFromWeightDecay: ['('] }), 'to hold regular expressions; received ["("]'],
      [() => resolveOptimizer('SGD' as 'sgd'), "Did you mean 'sgd'?"],
      [() => resolveOptimizer('adam', { beta: 0.5 }), 'expected of adam the options learningRate, beta1'],
    ];
    for (const [make, message] of wrong) expect(make).toThrow(message);
  });
});

describe('a saved model', () => {
  it('has its optimizer with its schedule', () => {
    const learningRate = cosineDecay({ initialLearningRate: 1, decaySteps: 9, alpha: 0.1 });
    const optimizer = nadam({ learningRate, beta1: 0.8, clipvalue: 2, useEma: true });
    const model = sequential([dense({ units: 1, inputShape: [1] })], { seed: 1 });
    model.compile({ optimizer, loss: 'meanSquaredError', backend: exact });
    const twin = modelFromConfig(JSON.parse(JSON.stringify(model.toConfig())), { backend: exact });
    expect(twin.optimizer!.config()).toEqual(optimizer.config());
    for (const step of [0, 5, 20]) expect(twin.optimizer!.numbers(step)).toEqual(optimizer.numbers(step));
  });
});

describe('what is done around the rule', () => {
  it('leaves no node behind where it is off', () => {
    const makers = [sgd(), sgd({ momentum: 0.9 }), adam(), rmsprop(), adagrad(), adamax(), nadam(), lion()];
    for (const optimizer of [...makers, adadelta()]) {
      const held = (name: string) => {
        const variable = new Variable(name, [3], 'float32', new Float32Array(3));
        return { name, variable, value: read(variable) };
      };
      const gradient = input('gradient', [3]);
      const numbers = optimizer.inputs.map((name) => input(name, []));
      const parameter = { ...held('p'), gradient, slots: optimizer.slots.map(held) };
      const updates = applyOptimizer(optimizer, [parameter], numbers);
      const values = parameter.slots.map(({ value }) => value);
      const next = optimizer.update(parameter.value, gradient, values, numbers);
      const all = topologicalOrder(updates.map(({ value }) => value));
      expect(all.length).toBe(topologicalOrder([next.parameter, ...next.slots]).length);
    }
  });

  it('spares the parameters whose names are found', async () => {
    const model = sequential([dense({ units: 1, inputShape: [1], biasInitializer: 'ones' })], { seed: 3 });
    const optimizer = sgd({ learningRate: 0.5, weightDecay: 0.4, excludeFromWeightDecay: ['bias'] });
    model.compile({ optimizer, loss: 'meanSquaredError', backend: exact });
    const [kernel, bias] = (await model.getWeights()).map(({ data }) => data[0]!);
    // The prediction is right, so that decay is all that changes.
    await model.trainOnBatch([[1]], [[Math.fround(kernel! + bias!)]]);
    const [next, same] = (await model.getWeights()).map(({ data }) => data[0]!);
    expect(next).toBeCloseTo(0.8 * kernel!, 6);
    expect(same).toBeCloseTo(1, 6);
  });

  it('waits for the mean of the gradients of some batches', async () => {
    const optimizer = sgd({ learningRate: 0.1, gradientAccumulationSteps: 3 });
    const step = 0.5 - 0.1 * slope(0.5);
    const after = step - 0.1 * slope(step);
    expectPath(await path(optimizer, 7), [0.5, 0.5, step, step, step, after, after]);
  });

  it('shows a schedule every step, and rules the number of updates', () => {
    const steps: number[] = [];
    const learningRate = (step: number) => {
      steps.push(step);
      return 0.1;
    };
    const optimizer = adam({ learningRate, gradientAccumulationSteps: 2 });
    const alphas = [0, 1, 2, 3].map((step) => optimizer.numbers(step)[0]!);
    expect(steps).toEqual([0, 1, 2, 3]);
    expect(alphas[0]).toBe(alphas[1]);
    expect(alphas[2]).toBe(alphas[3]);
    expect(alphas[2]).not.toBe(alphas[1]);
  });

  it('ends fit with the averages', async () => {
    const rate = 0.1;
    const model = sequential([dense({ units: 1, useBias: false, inputShape: [1] })]);
    const optimizer = sgd({ learningRate: rate, useEma: true, emaMomentum: 0.75 });
    model.compile({ optimizer, loss: 'meanSquaredError', backend: exact });
    model.setWeights([[0.5]]);
    await model.fit(X, Y, { epochs: 3, batchSize: 2 });
    let w = 0.5;
    let average = 0;
    for (let step = 0; step < 3; step++) {
      w -= rate * slope(w);
      average = step === 0 ? w : 0.75 * average + 0.25 * w;
    }
    expectPath([(await model.getWeights())[0]!.data[0]!], [average]);
  });

  it('makes every gradient NaN where one is infinite, as Keras', async () => {
    const optimizer = sgd({ globalClipnorm: 1 });
    const parameters = ['a', 'b'].map((name) => {
      const variable = new Variable(name, [1], 'float32', Float32Array.of(1));
      return { name, variable, value: read(variable), gradient: input(`${name}/gradient`, [1]), slots: [] };
    });
    const number = input('rate', []);
    const updates = applyOptimizer(optimizer, parameters, [number]);
    const inputs = [...parameters.map(({ gradient }) => gradient), number];
    const executable = await load({ inputs, outputs: [], updates }, exact);
    [[Infinity], [1], [0.1]].forEach((values, i) => {
      executable.write(i, Float32Array.from(values));
    });
    await executable.run();
    for (const { variable } of parameters) expect(await variable.read()).toEqual(Float32Array.of(Number.NaN));
  });
});

describe('the state of an optimizer', () => {
  const shape = [2, 2];
  function setUp(optimizer: Optimizer, name = 'dense/kernel') {
    const variable = new Variable(name, shape, 'float32', new Float32Array(4));
    return { optimizer, slots: createSlots(optimizer, [{ name, variable }]) };
  }

  it('is its slots by name, the steps, and the rate', async () => {
    const { optimizer, slots } = setUp(adagrad({ useEma: true }));
    const state = await readOptimizerState(optimizer, slots, 7);
    expect(state).toEqual({
      steps: 7,
      learningRate: 0.001,
      slots: [
        { name: 'adagrad/accumulator/dense/kernel', shape, data: new Float32Array(4).fill(0.1) },
        { name: 'adagrad/average/dense/kernel', shape, data: new Float32Array(4) },
      ],
    });
  });

  it('goes from one to another', async () => {
    const from = setUp(adam({ learningRate: 0.5 }));
    for (const [i, slot] of [...from.slots.values()].flat().entries()) slot.write([i, 1, 2, 3]);
    const state = await readOptimizerState(from.optimizer, from.slots, 12);
    const to = setUp(adam({ learningRate: cosineDecay({ initialLearningRate: 1, decaySteps: 9 }) }));
    expect(writeOptimizerState(to.optimizer, to.slots, state)).toBe(12);
    expect(to.optimizer.learningRate).toBe(0.5);
    expect(await readOptimizerState(to.optimizer, to.slots, 12)).toEqual(state);
  });

  it('keeps schedules, and lets functions be', async () => {
    const learningRate = cosineDecay({ initialLearningRate: 1, decaySteps: 9 });
    const from = setUp(sgd({ learningRate }));
    const state = await readOptimizerState(from.optimizer, from.slots, 0);
    expect(state.learningRate).toEqual({ name: 'cosineDecay', ...learningRate.config() });
    const to = setUp(sgd({ learningRate: () => 3 }));
    expect((await readOptimizerState(to.optimizer, to.slots, 0)).learningRate).toBeNull();
    writeOptimizerState(to.optimizer, to.slots, { ...state, learningRate: null });
    expect(to.optimizer.numbers(0)).toEqual([3]);
    writeOptimizerState(to.optimizer, to.slots, state);
    expect(to.optimizer.numbers(4)).toEqual([learningRate.at(4)]);
  });

  it('is refused where it is of another model or optimizer', async () => {
    const { optimizer, slots } = setUp(adam());
    const state = await readOptimizerState(optimizer, slots, 3);
    const write = (other: Partial<OptimizerState>) => () =>
      writeOptimizerState(optimizer, slots, { ...state, ...other });
    expect(write({ steps: -1 })).toThrow('adam: state: expected a number of steps done; received -1.');
    expect(write({ slots: state.slots.slice(1) })).toThrow('none named adam/momentum/dense/kernel');
    expect(write({ slots: [...state.slots, { name: 'more', shape, data: new Float32Array(4) }] })).toThrow(
      'expected 2 slots; received 3 slots',
    );
    const [first, second] = state.slots;
    expect(write({ slots: [first!, { ...second!, shape: [4] }] })).toThrow(
      'expected [2,2] for adam/velocity',
    );
    expect(await readOptimizerState(optimizer, slots, 3)).toEqual(state);
    const other = setUp(adam(), 'dense_1/kernel');
    expect(() => writeOptimizerState(other.optimizer, other.slots, state)).toThrow('Is it of another model');
  });
});
