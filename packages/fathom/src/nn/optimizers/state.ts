import { formatShape, type Shape, sameShape } from '../../ir/shape.ts';
import type { Variable } from '../../ir/tensor.ts';
import type { Slots } from './apply.ts';
import { resolveLearningRate, type SavedLearningRate, savedLearningRate } from './learningRate.ts';
import type { Optimizer } from './optimizer.ts';

/** The values of one slot, named optimizer/slot/parameter. */
export interface SlotValues {
  readonly name: string;
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** All that an optimizer knows beside its options: enough to go on as if nothing had happened. */
export interface OptimizerState {
  /** Steps done. */
  readonly steps: number;
  /** The rate that holds now, which somebody may have set; null for a function, which nobody can save. */
  readonly learningRate: SavedLearningRate | null;
  readonly slots: readonly SlotValues[];
}

/** A copy of an optimizer's state. */
export async function readOptimizerState(
  optimizer: Optimizer,
  slots: Slots,
  steps: number,
): Promise<OptimizerState> {
  const values: SlotValues[] = [];
  for (const { name, shape, variable } of named(slots)) {
    values.push({ name, shape: [...shape], data: Float32Array.from(await variable.read()) });
  }
  const own = typeof optimizer.learningRate === 'function';
  return { steps, learningRate: own ? null : savedLearningRate(optimizer), slots: values };
}

/**
 * Gives an optimizer the state that {@link readOptimizerState} read. The slots are found by their names.
 *
 * @returns the steps done
 * @throws RangeError when a slot is missing, left over or of another shape; then nothing is changed
 */
export function writeOptimizerState(optimizer: Optimizer, slots: Slots, state: OptimizerState): number {
  const { steps, learningRate } = state;
  const where = `${optimizer.name}: state`;
  if (!Number.isSafeInteger(steps) || steps < 0) {
    throw new RangeError(`${where}: expected a number of steps done; received ${String(steps)}.`);
  }
  const given = new Map(state.slots.map((slot) => [slot.name, slot]));
  const own = named(slots);
  const wrong = own.find(({ name }) => !given.has(name))?.name;
  if (wrong !== undefined || given.size !== own.length) {
    const difference = wrong === undefined ? `${given.size} slots` : `none named ${wrong}`;
    throw new RangeError(
      `${where}: expected ${own.length} slots; received ${difference}. Is it of another model or optimizer?`,
    );
  }
  for (const { name, shape, variable } of own) {
    const { shape: received, data } = given.get(name)!;
    if (sameShape(shape, received) && data.length === variable.size) continue;
    throw new RangeError(
      `${where}: expected ${formatShape(shape)} for ${name}; received ${formatShape(received)} with ${data.length} values.`,
    );
  }
  const rate = learningRate === null ? undefined : resolveLearningRate(learningRate, where);
  for (const { name, variable } of own) variable.write(given.get(name)!.data);
  if (rate !== undefined) optimizer.learningRate = rate;
  return steps;
}

function named(slots: Slots): { name: string; shape: Shape; variable: Variable }[] {
  return [...slots.values()]
    .flat()
    .map((variable) => ({ name: variable.name, shape: variable.shape, variable }));
}
