import { labelled, type Tensor } from '../ir/tensor.ts';
import type { NamedWeight } from '../nn/network.ts';
import {
  applyOptimizer,
  createSlots,
  type Optimizer,
  type OptimizerState,
  readOptimizerState,
  type Slots,
  useAverages,
  writeOptimizerState,
} from '../nn/optimizers/index.ts';
import type { Trace } from '../nn/trace.ts';
import { gradients, input } from '../ops/index.ts';
import type { LoadedStep } from './programs.ts';

/** An optimizer at work on some parameters: its slots for each of them, and the number of the step. */
export class Optimization {
  readonly optimizer: Optimizer;
  readonly parameters: readonly NamedWeight[];
  /** Steps done. */
  steps = 0;
  readonly #slots: Slots;
  readonly #number = new Float32Array(1);

  constructor(optimizer: Optimizer, parameters: readonly NamedWeight[]) {
    this.optimizer = optimizer;
    this.parameters = parameters;
    this.#slots = createSlots(
      optimizer,
      parameters.map(({ name, weight: { variable } }) => ({ name, variable })),
    );
  }

  /** Adds the updates that make `loss` smaller to a trace; gives the inputs for the optimizer's numbers. */
  minimize(loss: Tensor, trace: Trace): readonly Tensor[] {
    const { optimizer } = this;
    const numbers = optimizer.inputs.map((name) => input(`${optimizer.name}/${name}`, []));
    const values = this.parameters.map(({ weight }) => trace.read(weight.variable));
    const slopes = gradients(loss, values);
    const updated = this.parameters.map(({ name, weight: { variable, constraint } }, i) => ({
      name,
      variable,
      value: values[i]!,
      gradient: slopes[i]!,
      slots: this.#slots.get(variable)!.map((slot) => ({ variable: slot, value: trace.read(slot) })),
      constraint,
    }));
    labelled(optimizer.name, () => {
      for (const { variable, value } of applyOptimizer(optimizer, updated, numbers))
        trace.update(variable, value);
    });
    return numbers;
  }

  /** Writes the numbers of this step to a program, as its inputs from `first` on. */
  writeNumbers({ executable }: LoadedStep, first: number): void {
    if (this.optimizer.inputs.length === 0) return;
    this.optimizer.numbers(this.steps).forEach((value, i) => {
      this.#number[0] = value;
      executable.write(first + i, this.#number);
    });
  }

  /** What the steps so far left behind beside the weights; not to be asked while a step runs. */
  state(): Promise<OptimizerState> {
    return readOptimizerState(this.optimizer, this.#slots, this.steps);
  }

  /**
   * Goes on from a state that `state()` gave.
   *
   * @throws RangeError when it is of another model or optimizer; then nothing is changed
   */
  restore(state: OptimizerState): void {
    this.steps = writeOptimizerState(this.optimizer, this.#slots, state);
  }

  /** What ends a run: averages take the place of the parameters, where the optimizer keeps any. */
  finish(): Promise<void> {
    return useAverages(this.optimizer, this.#slots, this.steps);
  }
}
