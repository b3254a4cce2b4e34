import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { type NumericArray, type Tensor, Variable } from '../../src/ir/tensor.ts';
import { resolveConstraint } from '../../src/nn/constraints/index.ts';
import {
  applyOptimizer,
  createSlots,
  type Held,
  type Optimizer,
  resolveOptimizer,
  useAverages,
} from '../../src/nn/optimizers/index.ts';
import { resolveSchedule } from '../../src/nn/schedules/index.ts';
import { input, read } from '../../src/ops/index.ts';
import { load } from '../../src/runtime.ts';
import { backends } from '../support/backends.ts';
import { seededArray, type Versions } from './golden.ts';

interface Trajectory {
  readonly optimizer: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly constraint: string | null;
  /** Kernel and bias after the kept steps, in float64. */
  readonly values: readonly (readonly number[])[];
  /** After the last step, in float32. */
  readonly last32: readonly number[];
  /** After Keras' finalize_variable_values, in float64. */
  readonly finished?: readonly number[];
}

interface Golden extends Versions {
  readonly steps: number;
  readonly kept: readonly number[];
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly trajectories: readonly Trajectory[];
  readonly schedules: readonly {
    readonly name: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly at: readonly number[];
    readonly rates: readonly number[];
  }[];
}

const golden = JSON.parse(readFileSync(new URL('./data/optimizers.json', import.meta.url), 'utf8')) as Golden;
const names = Object.keys(golden.shapes);
const cases = golden.trajectories.map(
  (trajectory) =>
    [
      `${trajectory.optimizer} ${JSON.stringify({ ...trajectory.options, constraint: trajectory.constraint })}`,
      trajectory,
    ] as const,
);

const values = (base: number) =>
  names.map((name, i) => seededArray({ shape: golden.shapes[name]!, seed: base + i, low: -1, high: 1 }));

/** How far numbers of magnitude 1 may lie apart after 20 steps: in float64, where Keras rounds, and in float32. */
const EXACT = 1e-11;
const ROUNDED = 5e-7;
const SINGLE = 2e-6;

/** Keras' maximum of a tensor and a number is float32 on PyTorch, even where the tensor is float64. */
function roundedByKeras({ options, constraint }: Trajectory): boolean {
  return 'clipnorm' in options || 'globalClipnorm' in options || constraint === 'nonNeg';
}

function optimizerOf({ optimizer, options }: Trajectory): Optimizer {
  return resolveOptimizer(optimizer as 'sgd', options);
}

/** One step as graph; inputs are the gradients, then the numbers, then what `more` holds. */
function stepGraph(trajectory: Trajectory, held: (variable: Variable) => Held, more: readonly Tensor[] = []) {
  const optimizer = optimizerOf(trajectory);
  const named = names.map((name, i) => ({
    name,
    variable: new Variable(name, golden.shapes[name]!, 'float32', values(40)[i]!),
  }));
  const slots = createSlots(optimizer, named);
  const gradients = names.map((name) => input(`${name}/gradient`, golden.shapes[name]!));
  const numbers = optimizer.inputs.map((name) => input(name, []));
  const constraint = resolveConstraint(
    trajectory.constraint === 'maxNorm'
      ? { name: 'maxNorm', maxValue: 0.6 }
      : (trajectory.constraint as 'nonNeg' | null),
    'constraint',
  );
  const updates = applyOptimizer(
    optimizer,
    named.map(({ name, variable }, i) => ({
      name,
      ...held(variable),
      gradient: gradients[i]!,
      slots: slots.get(variable)!.map(held),
      constraint: name === 'kernel' ? constraint : undefined,
    })),
    numbers,
  );
  const inputs = [...gradients, ...numbers, ...more];
  return { optimizer, variables: named.map(({ variable }) => variable), slots, inputs, updates };
}

function expectNear(actual: ArrayLike<number>, expected: readonly number[], tolerance: number, what: string) {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => {
    const apart = Math.abs(actual[i]! - value);
    if (!(apart <= tolerance)) expect.fail(`${what}: element ${i} is ${actual[i]}; expected ${value}.`);
  });
}

const join = (arrays: readonly NumericArray[]) => arrays.flatMap((array) => Array.from(array));

describe('optimizers in float64 go where Keras goes', () => {
  it.each(cases)('%s', async (_name, trajectory) => {
    // Parameters and slots are inputs and outputs here, since variables would round them to float32.
    const nodes = new Map<Variable, Tensor>();
    const state = new Map<Variable, NumericArray>();
    const held = (variable: Variable) => {
      const value = input(variable.name, variable.shape);
      nodes.set(variable, value);
      // Adagrad's sums begin with 0.1, which is no float32 number.
      const first = Float64Array.from(variable.host!, (x) => (x === Math.fround(0.1) ? 0.1 : x));
      state.set(variable, first);
      return { variable, value };
    };
    const { optimizer, variables, inputs, updates } = stepGraph(trajectory, held);
    const ordered = [...nodes.keys()];
    const graph = {
      inputs: [...inputs, ...ordered.map((variable) => nodes.get(variable)!)],
      outputs: updates.map(({ value }) => value),
      updates: [],
    };
    const executable = await load(graph, referenceBackend({ precision: 64 }));
    const kept: number[][] = [];
    for (let step = 0; step < golden.steps; step++) {
      const feeds = [
        ...values(100 * (step + 1)),
        ...optimizer.numbers(step).map((number) => Float64Array.of(number)),
        ...ordered.map((variable) => state.get(variable)!),
      ];
      for (const [i, feed] of feeds.entries()) executable.write(i, feed);
      await executable.run();
      for (const [i, { variable }] of updates.entries()) state.set(variable, await executable.read(i));
      if (golden.kept.includes(step + 1)) kept.push(join(variables.map((variable) => state.get(variable)!)));
    }
    const tolerance = roundedByKeras(trajectory) ? ROUNDED : EXACT;
    trajectory.values.forEach((expected, i) => {
      expectNear(kept[i]!, expected, tolerance, `step ${golden.kept[i]}`);
    });
    if (trajectory.finished) {
      const averages = [...state].filter(([variable]) => variable.name.includes('/average/'));
      expectNear(join(averages.map(([, array]) => array)), trajectory.finished, tolerance, 'averages');
    }
  });
});

const made: Backend[] = [];
afterAll(async () => {
  for (const backend of made) await backend.dispose();
});

describe.each(backends)('$name: optimizers in place go where Keras goes in float32', ({ make }) => {
  let backend: Backend | undefined;
  it.each(cases)('%s', async (_name, trajectory) => {
    if (!backend) {
      backend = await make(1);
      made.push(backend);
    }
    const held = (variable: Variable) => ({ variable, value: read(variable) });
    const { optimizer, variables, slots, inputs, updates } = stepGraph(trajectory, held);
    const executable = await load({ inputs, outputs: [], updates }, backend);
    for (let step = 0; step < golden.steps; step++) {
      const feeds = [
        ...values(100 * (step + 1)),
        ...optimizer.numbers(step).map((number) => Float32Array.of(number)),
      ];
      for (const [i, feed] of feeds.entries()) executable.write(i, feed);
      await executable.run();
    }
    const readAll = async () => join(await Promise.all(variables.map((variable) => variable.read())));
    expectNear(await readAll(), trajectory.values.at(-1)!, SINGLE, 'last step in float64');
    // Keras computes 1 − β₂ᵗ in float32 too, and loses digits there.
    expectNear(await readAll(), trajectory.last32, 5 * SINGLE, 'last step in float32');
    await useAverages(optimizer, slots, golden.steps);
    if (trajectory.finished) expectNear(await readAll(), trajectory.finished, SINGLE, 'averages');
    executable.dispose();
  });
});

describe('schedules have the rates of Keras, and of PyTorch', () => {
  it.each(golden.schedules)('$name $options', ({ name, options, at, rates }) => {
    const schedule = resolveSchedule({ name: name as 'cosineDecay', ...options }, 'schedule');
    expectNear(
      at.map((step) => schedule.at(step)),
      rates,
      1e-12,
      name,
    );
    // Saved and loaded, it is the same schedule.
    const again = resolveSchedule(
      JSON.parse(JSON.stringify({ name, ...schedule.config() })) as { name: 'cosineDecay' },
      'schedule',
    );
    expect(again.config()).toEqual(schedule.config());
    for (let step = 0; step < 200; step++) expect(again.at(step)).toBe(schedule.at(step));
  });
});
