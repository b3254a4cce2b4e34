import type { NumericArray } from '../ir/tensor.ts';
import type { Metric, MetricAccumulator, MetricValue } from '../nn/metrics/index.ts';
import type { Logs } from './callbacks.ts';

/** What a step gives: the mean loss of the batch, and what each metric measured. */
export interface Figures {
  readonly loss: number;
  readonly parts: readonly (readonly NumericArray[])[];
}

/** The figures of a pass, exact for batches of different sizes: the loss of each counts with its number of samples. */
export class Means {
  readonly #names: readonly string[];
  readonly #accumulators: readonly MetricAccumulator[];
  #loss = 0;
  #count = 0;

  constructor(metrics: readonly Metric[]) {
    this.#names = metrics.map(({ name }) => name);
    this.#accumulators = metrics.map((metric) => metric.accumulator());
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

  logs(): Logs {
    const logs: Record<string, number> = { loss: this.#loss / this.#count };
    for (let i = 0; i < this.#names.length; i++) {
      enter(logs, this.#names[i]!, this.#accumulators[i]!.result());
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
