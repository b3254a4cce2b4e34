import type { NumericArray } from '../ir/tensor.ts';
import type { MetricAccumulator, MetricValue } from '../nn/metrics/index.ts';
import type { Logs } from './callbacks.ts';

/** What a step gives: the mean loss of the batch, and what each metric (of several outputs, each loss first) measured. */
export interface Figures {
  readonly loss: number;
  readonly parts: readonly (readonly NumericArray[])[];
}

/** What a figure is called in the logs, and how it is folded. */
export interface Figure {
  readonly name: string;
  accumulator(): MetricAccumulator;
}

/** The figures of a pass, exact for batches of different sizes: the loss of each counts with its number of samples. */
export class Means {
  readonly #names: readonly string[];
  readonly #accumulators: readonly MetricAccumulator[];
  #loss = 0;
  #count = 0;

  constructor(figures: readonly Figure[]) {
    this.#names = figures.map(({ name }) => name);
    this.#accumulators = figures.map((figure) => figure.accumulator());
  }

  /** Adds the figures of a batch of `count` samples. */
  add({ loss, parts }: Figures, count: number): void {
    this.#loss += loss * count;
    this.#count += count;
    for (let i = 0; i < parts.length; i++) this.#accumulators[i]!.add(parts[i]!, count);
  }

  get count(): number {
    return this.#count;
  }

  /** The figures so far. Those that take long to make are made when somebody looks at them. */
  logs(): Logs {
    const logs: Record<string, number> = { loss: this.#loss / this.#count };
    for (let i = 0; i < this.#names.length; i++) {
      const accumulator = this.#accumulators[i]!;
      const name = this.#names[i]!;
      if (!accumulator.costly) enter(logs, name, accumulator.result());
      else Object.defineProperty(logs, name, { get: () => accumulator.result(), enumerable: true });
    }
    return logs;
  }
}

/** A number under its name, the parts of a vector or matrix under `name[i]` or `name[i][j]`. */
function enter(logs: Record<string, number>, name: string, value: MetricValue): void {
  if (typeof value === 'number') logs[name] = value;
  else {
    value.forEach((part, i) => {
      enter(logs, `${name}[${i}]`, part);
    });
  }
}
