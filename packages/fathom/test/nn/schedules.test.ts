import { describe, expect, it } from 'vitest';
import { adam, resolveOptimizer, sgd } from '../../src/nn/optimizers/index.ts';
import {
  cosineDecay,
  cosineDecayRestarts,
  exponentialDecay,
  inverseTimeDecay,
  oneCycle,
  piecewiseConstantDecay,
  polynomialDecay,
  resolveSchedule,
  type Schedule,
  stepDecay,
} from '../../src/nn/schedules/index.ts';

const BASE = { initialLearningRate: 0.1 };

describe('schedules', () => {
  it('drop at equal distances', () => {
    const schedule = stepDecay({ ...BASE, dropSteps: 3, dropRate: 0.5 });
    const rates = [0, 1, 2, 3, 5, 6].map((step) => schedule.at(step));
    expect(rates).toEqual([0.1, 0.1, 0.1, 0.05, 0.05, 0.025]);
    expect(resolveSchedule({ name: 'stepDecay', ...schedule.config() }, 'here').at(6)).toBe(0.025);
  });

  it('warm up in a straight line, and begin the decay at the target', () => {
    const schedule = cosineDecay({ initialLearningRate: 0, warmupTarget: 1, warmupSteps: 4, decaySteps: 10 });
    expect([0, 1, 2, 3, 4].map((step) => schedule.at(step))).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(schedule.at(9)).toBeCloseTo(0.5, 12);
    expect(schedule.at(14)).toBeCloseTo(0, 12);
    expect(schedule.at(1000)).toBeCloseTo(0, 12);
  });

  it('restart at the very step', () => {
    const schedule = cosineDecayRestarts({ ...BASE, firstDecaySteps: 7, tMul: 3 });
    for (const step of [0, 7, 28, 91]) expect(schedule.at(step)).toBe(0.1);
    expect(schedule.at(27)).toBeLessThan(0.001);
  });

  it('go up once and down once', () => {
    const schedule = oneCycle({ maxLearningRate: 1, totalSteps: 100 });
    const rates = Array.from({ length: 120 }, (_, step) => schedule.at(step));
    expect(rates[0]).toBeCloseTo(1 / 25, 12);
    expect(rates.indexOf(Math.max(...rates))).toBe(29);
    for (let step = 1; step < 30; step++) expect(rates[step]!).toBeGreaterThan(rates[step - 1]!);
    for (let step = 30; step < 100; step++) expect(rates[step]!).toBeLessThan(rates[step - 1]!);
    for (let step = 99; step < 120; step++) expect(rates[step]!).toBeCloseTo(1 / 25 / 1e4, 12);
  });

  it('say what is wrong', () => {
    const wrong: [() => Schedule, string][] = [
      [() => exponentialDecay({ ...BASE, decaySteps: 0, decayRate: 0.9 }), 'exponentialDecay: decaySteps'],
      [() => exponentialDecay({ ...BASE, decaySteps: 5, decayRate: -1 }), 'exponentialDecay: decayRate'],
      [
        () => inverseTimeDecay({ initialLearningRate: -1, decaySteps: 5, decayRate: 1 }),
        'initialLearningRate',
      ],
      [() => stepDecay({ ...BASE, dropSteps: -2 }), 'stepDecay: dropSteps'],
      [() => polynomialDecay({ ...BASE, decaySteps: Number.NaN }), 'polynomialDecay: decaySteps'],
      [() => polynomialDecay({ ...BASE, decaySteps: 5, power: 0 }), 'polynomialDecay: power'],
      [() => cosineDecay({ ...BASE, decaySteps: 5, warmupSteps: 3 }), 'expected warmupTarget'],
      [() => cosineDecayRestarts({ ...BASE, firstDecaySteps: 5, tMul: 0.5 }), 'tMul'],
      [() => oneCycle({ maxLearningRate: 1, totalSteps: 1 }), 'oneCycle: totalSteps'],
      [() => oneCycle({ maxLearningRate: 1, totalSteps: 9, warmupShare: 1 }), 'oneCycle: warmupShare'],
      [() => piecewiseConstantDecay({ boundaries: [1, 1], values: [1, 2, 3] }), 'increasing boundaries'],
      [() => piecewiseConstantDecay({ boundaries: [1], values: [1] }), 'expected 2 values'],
    ];
    for (const [make, message] of wrong) expect(make).toThrow(message);
    expect(() => resolveSchedule({ name: 'cosine' as 'cosineDecay' }, 'here')).toThrow(
      "Did you mean 'cosineDecay'?",
    );
  });

  it('are rates of an optimizer, and are saved with it', () => {
    const optimizer = adam({ learningRate: polynomialDecay({ ...BASE, decaySteps: 50, power: 2 }) });
    const config = JSON.parse(JSON.stringify(optimizer.config())) as Record<string, unknown>;
    expect(config.learningRate).toEqual({
      name: 'polynomialDecay',
      initialLearningRate: 0.1,
      decaySteps: 50,
      endLearningRate: 1e-4,
      power: 2,
      cycle: false,
    });
    const again = resolveOptimizer('adam', config);
    for (const step of [0, 20, 60]) expect(again.numbers(step)).toEqual(optimizer.numbers(step));
    expect(again.config()).toEqual(optimizer.config());
  });

  it('give way to a number that is set', () => {
    const optimizer = sgd({ learningRate: cosineDecay({ ...BASE, decaySteps: 5 }) });
    optimizer.learningRate = 1e-4;
    expect(optimizer.numbers(3)).toEqual([1e-4]);
    expect(optimizer.config().learningRate).toBe(1e-4);
  });
});
