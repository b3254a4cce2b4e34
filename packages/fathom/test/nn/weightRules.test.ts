import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import {
  type Constraint,
  type ConstraintLike,
  maxNorm,
  minMaxNorm,
  nonNeg,
  resolveConstraint,
  savedConstraint,
  unitNorm,
} from '../../src/nn/constraints/index.ts';
import { batchNormalization, conv2d, dense } from '../../src/nn/layers/index.ts';
import { sgd } from '../../src/nn/optimizers/index.ts';
import {
  l1,
  l1L2,
  l2,
  orthogonalRegularizer,
  type Regularizer,
  type RegularizerLike,
  resolveRegularizer,
  savedRegularizer,
} from '../../src/nn/regularizers/index.ts';
import { input } from '../../src/ops/index.ts';
import { modelFromConfig, sequential } from '../../src/train/index.ts';

const exact = referenceBackend({ precision: 64 });
const json = (value: unknown) => JSON.parse(JSON.stringify(value)) as never;

describe('regularizers', () => {
  it.each([l1({ l1: 0.1 }), l2(), l1L2({ l2: 0.2 }), orthogonalRegularizer({ mode: 'columns' })])(
    'come back from their saved form: $name',
    (regularizer) => {
      const again = resolveRegularizer(json(savedRegularizer(regularizer, 'here')), 'here')!;
      expect(again.name).toBe(regularizer.name);
      expect(again.config()).toEqual(regularizer.config());
    },
  );

  it('are meant by names, by numbers, and by none', () => {
    expect(resolveRegularizer('l2', 'here')!.config()).toEqual({ l2: 0.01 });
    expect(l1(0.5).config()).toEqual({ l1: 0.5 });
    expect(l1L2().config()).toEqual({ l1: 0.01, l2: 0.01 });
    expect(resolveRegularizer(undefined, 'here')).toBeUndefined();
    expect(resolveRegularizer(null, 'here')).toBeUndefined();
    expect(savedRegularizer(undefined, 'here')).toBeNull();
    const own: Regularizer = { name: 'mine', config: () => ({}), call: (w) => l2().call(w) };
    expect(resolveRegularizer(own, 'here')).toBe(own);
  });

  it('say what is wrong', () => {
    expect(() => l1({ l1: -1 })).toThrow('l1: l1: expected a finite number of 0 or more; received -1.');
    expect(() => l1L2({ l2: Number.NaN })).toThrow('l1L2: l2: expected');
    expect(() => orthogonalRegularizer({ mode: 'diagonals' as 'rows' })).toThrow(
      'expected mode rows or columns',
    );
    expect(() => orthogonalRegularizer().call(input('w', [3]))).toThrow('two axes');
    expect(() => orthogonalRegularizer().call(input('w', [1, 4]))).toThrow('at least two rows');
    expect(() => resolveRegularizer('L2' as 'l2', 'd: kernelRegularizer')).toThrow(
      "d: kernelRegularizer: expected one of l1, l2, l1L2, orthogonalRegularizer; received 'L2'. Did you mean 'l2'?",
    );
    expect(() => resolveRegularizer({ name: 'l2', l1: 3 }, 'here')).toThrow(
      'here: expected of l2 the options l2; received l1.',
    );
    expect(() => resolveRegularizer((() => 0) as unknown as RegularizerLike, 'here')).toThrow('a function');
    const own = { name: 'mine', config: () => ({}), call: l2().call };
    expect(() => savedRegularizer(own, 'here')).toThrow("received 'mine'. One of your own cannot be saved.");
  });
});

describe('constraints', () => {
  it.each([
    maxNorm({ maxValue: 3, axis: [0, 1] }),
    minMaxNorm({ rate: 0.5 }),
    nonNeg(),
    unitNorm({ axis: 1 }),
  ])('come back from their saved form: $name', (constraint) => {
    const again = resolveConstraint(json(savedConstraint(constraint, 'here')), 'here')!;
    expect(again.name).toBe(constraint.name);
    expect(again.config()).toEqual(constraint.config());
  });

  it('keep the shape of a weight', () => {
    const weight = input('w', [2, 3, 4]);
    for (const constraint of [maxNorm(), minMaxNorm({ axis: [0, -1] }), nonNeg(), unitNorm({ axis: 2 })]) {
      expect(constraint.call(weight).shape).toEqual([2, 3, 4]);
    }
  });

  it('say what is wrong', () => {
    expect(() => maxNorm({ maxValue: -1 })).toThrow('maxNorm: maxValue');
    expect(() => maxNorm({ axis: [] })).toThrow('maxNorm: expected axis');
    expect(() => unitNorm({ axis: 0.5 })).toThrow('unitNorm: expected axis');
    expect(() => unitNorm({ axis: 1 }).call(input('b', [3]))).toThrow('expected axes of a weight [3]');
    expect(() => minMaxNorm({ minValue: 2 })).toThrow('at least minValue = 2; received 1');
    expect(() => minMaxNorm({ rate: 2 })).toThrow('minMaxNorm: rate');
    expect(() => resolveConstraint('maxnorm' as 'maxNorm', 'here')).toThrow("Did you mean 'maxNorm'?");
    expect(() => resolveConstraint({ name: 'nonNeg', axis: 0 } as ConstraintLike, 'here')).toThrow(
      'expected of nonNeg the options none; received axis',
    );
  });
});

describe('layers bind their weights', () => {
  /** The weights w of y = x·w after some steps on one sample x = (1, 2), y = 0. */
  async function trained(options: Partial<Parameters<typeof dense>[0]>, steps: number): Promise<number[]> {
    const model = sequential([
      dense({ units: 1, useBias: false, inputShape: [2], kernelInitializer: 'ones', ...options }),
    ]);
    model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError', backend: exact });
    for (let step = 0; step < steps; step++) await model.trainOnBatch([[1, 2]], [[0]]);
    return Array.from((await model.getWeights())[0]!.data);
  }

  function expectNear(actual: readonly number[], expected: readonly number[]) {
    expect(actual).toHaveLength(expected.length);
    expected.forEach((value, i) => {
      expect(actual[i]).toBeCloseTo(value, 6);
    });
  }

  it('by penalties on the kernel and on the result', async () => {
    let [a, b] = [1, 1];
    for (let step = 0; step < 3; step++) {
      const y = a + 2 * b;
      // Of y² + 0.3·(a² + b²) + 0.5·|y|.
      const [da, db] = [2 * y + 0.6 * a + 0.5 * Math.sign(y), 4 * y + 0.6 * b + Math.sign(y)];
      [a, b] = [a - 0.1 * da, b - 0.1 * db];
    }
    const options = { kernelRegularizer: l2({ l2: 0.3 }), activityRegularizer: l1({ l1: 0.5 }) };
    expectNear(await trained(options, 3), [a, b]);
  });

  it('by constraints after each update', async () => {
    // One step leads from (1, 1) to (0.4, −0.2).
    expectNear(await trained({}, 1), [0.4, -0.2]);
    expectNear(await trained({ kernelConstraint: 'nonNeg' }, 1), [0.4, 0]);
    const norm = Math.hypot(0.4, 0.2);
    expectNear(await trained({ kernelConstraint: unitNorm() }, 1), [0.4 / norm, -0.2 / norm]);
  });

  it('and save all of it', () => {
    const layers = [
      conv2d({
        filters: 2,
        kernelSize: 3,
        inputShape: [5, 5, 1],
        kernelInitializer: { name: 'orthogonal', gain: 2 },
        kernelRegularizer: { name: 'l1L2', l1: 0.1, l2: 0 },
        kernelConstraint: maxNorm({ axis: [0, 1, 2] }),
      }),
      batchNormalization({
        gammaInitializer: { name: 'constant', value: 0.5 },
        gammaRegularizer: 'l2',
        betaConstraint: 'nonNeg',
        movingMeanInitializer: 'ones',
      }),
      dense({ units: 3, biasRegularizer: l1(), biasConstraint: 'unitNorm', activityRegularizer: 'l2' }),
    ];
    const options: Readonly<Record<string, unknown>>[] = layers.map((layer) => layer.config());
    expect(options[0]).toMatchObject({
      kernelInitializer: { name: 'orthogonal', gain: 2 },
      kernelRegularizer: { name: 'l1L2', l1: 0.1, l2: 0 },
      kernelConstraint: { name: 'maxNorm', maxValue: 2, axis: [0, 1, 2] },
    });
    expect(options[1]).toMatchObject({
      gammaInitializer: { name: 'constant', value: 0.5 },
      gammaRegularizer: { name: 'l2', l2: 0.01 },
      betaConstraint: 'nonNeg',
      movingMeanInitializer: 'ones',
    });
    expect(options[2]).toMatchObject({
      biasRegularizer: { name: 'l1', l1: 0.01 },
      biasConstraint: { name: 'unitNorm', axis: 0 },
      activityRegularizer: { name: 'l2', l2: 0.01 },
    });
    const model = sequential([layers[0]!, layers[1]!], { seed: 1 });
    const config = model.toConfig();
    expect(modelFromConfig(json(config)).toConfig()).toEqual(config);
  });

  it('and say where an option is wrong', () => {
    expect(() => dense({ units: 1, name: 'd', kernelRegularizer: 'l3' as 'l2' })).toThrow(
      'd: kernelRegularizer',
    );
    expect(() => dense({ units: 1, name: 'd', biasConstraint: {} as Constraint })).toThrow(
      'd: biasConstraint',
    );
    expect(() => batchNormalization({ name: 'n', gammaInitializer: 'one' as 'ones' })).toThrow(
      'n: gammaInitializer',
    );
  });
});
