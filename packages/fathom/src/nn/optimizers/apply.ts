import { type Tensor, Variable } from '../../ir/tensor.ts';
import {
  add,
  divide,
  less,
  maximum,
  minimum,
  multiply,
  sqrt,
  subtract,
  sum,
  where,
  zeros,
} from '../../ops/index.ts';
import type { WeightRule } from '../layer.ts';
import { extrasOf, type Optimizer, patternOf, type StepOptions } from './optimizer.ts';

/** The slots of each parameter, in the order of the optimizer's. */
export type Slots = ReadonlyMap<Variable, readonly Variable[]>;

/** A variable and its node in the graph of a step. */
export interface Held {
  readonly variable: Variable;
  readonly value: Tensor;
}

/** A variable under the name that it has in a model. */
export interface NamedVariable {
  readonly name: string;
  readonly variable: Variable;
}

/** A parameter, what its update needs, and what it must be brought to afterwards. */
export interface Updated extends Held, NamedVariable {
  readonly gradient: Tensor;
  /** In the order of the optimizer's slots. */
  readonly slots: readonly Held[];
  readonly constraint?: WeightRule | undefined;
}

/**
 * One step of an optimizer for all its parameters, as graph: the new values of parameters and slots.
 *
 * In the order of Keras: accumulate gradients, clip them, decay the weights, update by the rule, average, constrain.
 * What is off leaves no node behind. A step that only accumulates gradients computes the update and does not keep it,
 * so that one program serves all steps.
 *
 * @param numbers scalars, what `optimizer.numbers(step)` gives
 */
export function applyOptimizer(
  optimizer: Optimizer,
  parameters: readonly Updated[],
  numbers: readonly Tensor[],
): Held[] {
  const { stepOptions: options = {} } = optimizer;
  const extra = extrasOf(options);
  const ownNumbers = numbers.slice(0, numbers.length - extra.inputs.length);
  const ownSlots = optimizer.slots.length - extra.slots.length;
  const numberOf = (name: string) => {
    const index = extra.inputs.findIndex((input) => input.name === name);
    return index === -1 ? undefined : numbers[ownNumbers.length + index]!;
  };
  const slotOf = (held: Updated, name: string) => {
    const index = extra.slots.indexOf(name);
    return index === -1 ? undefined : held.slots[ownSlots + index]!;
  };
  const [decay, share] = [numberOf('decay'), numberOf('averageShare')];
  const [applies, overwrites] = [isOn(numberOf('applies')), isOn(numberOf('overwrites'))];
  const spared = patternOf(options.excludeFromWeightDecay ?? [], optimizer.name);

  const totals = parameters.map((held) => {
    const accumulator = slotOf(held, 'gradientAccumulator');
    return accumulator ? add(accumulator.value, held.gradient) : held.gradient;
  });
  const steps = options.gradientAccumulationSteps;
  const slopes = clip(steps ? totals.map((total) => divide(total, steps)) : totals, options);

  return parameters.flatMap((held, i) => {
    const { name, variable, value } = held;
    const decays = decay && !spared?.test(name);
    const start = decays ? subtract(value, multiply(value, decay)) : value;
    const rule = held.slots.slice(0, ownSlots);
    const next = optimizer.update(
      start,
      slopes[i]!,
      rule.map((slot) => slot.value),
      ownNumbers,
    );
    const keep = (now: Tensor, before: Tensor) => (applies ? where(applies, now, before) : now);
    let parameter = keep(next.parameter, value);
    const updates: Held[] = rule.map((slot, s) => ({
      variable: slot.variable,
      value: keep(next.slots[s]!, slot.value),
    }));
    const accumulator = slotOf(held, 'gradientAccumulator');
    if (accumulator && applies) {
      const { variable: sums } = accumulator;
      updates.push({ variable: sums, value: where(applies, zeros(sums.shape), totals[i]!) });
    }
    const average = slotOf(held, 'average');
    if (average && share) {
      const mean = add(average.value, multiply(subtract(parameter, average.value), share));
      updates.push({ variable: average.variable, value: mean });
      if (overwrites) parameter = where(overwrites, mean, parameter);
    }
    if (held.constraint) parameter = held.constraint.call(parameter);
    return [{ variable, value: parameter }, ...updates];
  });
}

/** The slots of each parameter, as they are before the first step; named optimizer/slot/parameter. */
export function createSlots(optimizer: Optimizer, parameters: readonly NamedVariable[]): Slots {
  return new Map(
    parameters.map(({ name, variable: { shape, size }, variable }) => [
      variable,
      optimizer.slots.map((slot) => {
        const first = new Float32Array(size).fill(optimizer.initial?.[slot] ?? 0);
        return new Variable(`${optimizer.name}/${slot}/${name}`, shape, 'float32', first);
      }),
    ]),
  );
}

/**
 * Puts the averages of an optimizer with `useEma` in the place of its parameters, as Keras does at the end of `fit`.
 * Before the first step, and without averages, nothing happens.
 */
export async function useAverages(optimizer: Optimizer, slots: Slots, steps: number): Promise<void> {
  const index = optimizer.slots.indexOf('average');
  if (!optimizer.stepOptions?.useEma || steps === 0) return;
  for (const [parameter, own] of slots) parameter.write(await own[index]!.read());
}

/** Gradients within the bounds that the options state. */
function clip(gradients: readonly Tensor[], options: StepOptions): readonly Tensor[] {
  const { clipnorm, clipvalue, globalClipnorm } = options;
  if (clipvalue !== undefined) return gradients.map((g) => maximum(minimum(g, clipvalue), -clipvalue));
  if (clipnorm !== undefined) return gradients.map((g) => multiply(g, shrink(sqrt(squares(g)), clipnorm)));
  if (globalClipnorm === undefined || gradients.length === 0) return gradients;
  const norm = sqrt(gradients.map(squares).reduce((total, own) => add(total, own)));
  // What is added is 0, but NaN where the norm is infinite or NaN: then every gradient becomes NaN, as in Keras.
  const factor = add(shrink(norm, globalClipnorm), subtract(norm, norm));
  return gradients.map((g) => multiply(g, factor));
}

/** The factor that brings a norm down to a bound; 1 below it. */
function shrink(norm: Tensor, bound: number): Tensor {
  return divide(bound, maximum(norm, bound));
}

function squares(x: Tensor): Tensor {
  return sum(multiply(x, x));
}

/** A number of 0 or 1 as a condition. */
function isOn(number: Tensor | undefined): Tensor | undefined {
  return number && less(HALF, number);
}

const HALF = 0.5;
