import { type NumericArray, Variable } from '../ir/tensor.ts';
import type { Layer } from '../nn/layer.ts';
import type { Optimizer } from '../nn/optimizers/index.ts';
import { childKey, type Key, seedKey } from '../nn/random.ts';
import type { LayerStack } from '../nn/stack.ts';
import { threefry } from '../ops/index.ts';
import type { Batch } from './batches.ts';
import { evaluateGraph, type Objective, trainGraph } from './graphs.ts';
import type { Figures } from './means.ts';
import type { LoadedStep, Programs } from './programs.ts';

/** Runs the steps of one compiled model: its state beside the weights is the slots and the number of the step. */
export class Trainer {
  readonly stack: LayerStack;
  readonly objective: Objective;
  readonly optimizer: Optimizer;
  /** Steps done. */
  steps = 0;
  readonly #programs: Programs;
  readonly #slots: ReadonlyMap<Variable, readonly Variable[]>;
  readonly #dropoutKey: Key;
  readonly #number = new Float32Array(1);

  constructor(
    stack: LayerStack,
    objective: Objective,
    optimizer: Optimizer,
    programs: Programs,
    seed: number,
  ) {
    this.stack = stack;
    this.objective = objective;
    this.optimizer = optimizer;
    this.#programs = programs;
    this.#slots = new Map(
      stack.parameters.map((parameter) => [
        parameter,
        optimizer.slots.map(
          (slot) =>
            new Variable(
              `${optimizer.name}/${slot}/${parameter.name}`,
              parameter.shape,
              'float32',
              new Float32Array(parameter.size),
            ),
        ),
      ]),
    );
    this.#dropoutKey = childKey(seedKey(seed), DROPOUT);
  }

  /** One update of all parameters; loss and metrics of the batch, before the update. */
  train(batch: Batch): Promise<Figures> {
    const build = () => trainGraph(this.stack, this.objective, this.optimizer, this.#slots, batch.count);
    return this.#programs.use(`train ${batch.count}`, build, async (step) => {
      // The step is counted only once it is done, and the numbers are asked first: a schedule may throw.
      this.#writeNumbers(step);
      this.#writeKeys(step);
      const figures = await this.#measure(step, batch);
      this.steps++;
      return figures;
    });
  }

  /** Loss and metrics of a batch. */
  evaluate(batch: Batch): Promise<Figures> {
    const build = () => evaluateGraph(this.stack, this.objective, batch.count);
    return this.#programs.use(`evaluate ${batch.count}`, build, (step) => this.#measure(step, batch));
  }

  /** Makes the training program of a batch size, if it is not there yet. */
  async prepare(batchSize: number): Promise<void> {
    const build = () => trainGraph(this.stack, this.objective, this.optimizer, this.#slots, batchSize);
    await this.#programs.use(`train ${batchSize}`, build, () => {});
  }

  async #measure({ executable, parts }: LoadedStep, batch: Batch): Promise<Figures> {
    executable.write(0, batch.x);
    executable.write(1, batch.y);
    const running = executable.run();
    if (running) await running;
    let output = 0;
    const first = executable.read(output++);
    const [loss] = first instanceof Promise ? await first : first;
    const measured: NumericArray[][] = [];
    for (const count of parts) {
      const own: NumericArray[] = [];
      while (own.length < count) {
        const read = executable.read(output++);
        own.push(read instanceof Promise ? await read : read);
      }
      measured.push(own);
    }
    return { loss: loss!, parts: measured };
  }

  #writeNumbers({ executable, numbers }: LoadedStep): void {
    if (numbers === 0) return;
    this.optimizer.numbers(this.steps).forEach((value, i) => {
      this.#number[0] = value;
      executable.write(FIRST_NUMBER + i, this.#number);
    });
  }

  #writeKeys({ executable, numbers, keys }: LoadedStep): void {
    keys.forEach(({ layer, count }, i) => {
      const [key0, key1] = childKey(this.#dropoutKey, this.stack.layers.indexOf(layer as Layer));
      executable.write(FIRST_NUMBER + numbers + i, threefry(key0, key1, this.steps, count));
    });
  }
}

/** Inputs 0 and 1 are x and y. */
const FIRST_NUMBER = 2;
/** Child keys of a seed: weights have 0, 1, …, and no model has so many. */
const DROPOUT = -1;
