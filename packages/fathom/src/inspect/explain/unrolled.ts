import type { Variable } from '../../ir/tensor.ts';
import type { Activation } from '../../nn/activations.ts';
import { Gru } from '../../nn/layers/gru.ts';
import { Lstm } from '../../nn/layers/lstm.ts';
import type { Recurrent } from '../../nn/layers/recurrent.ts';
import type { Symbolics } from '../../nn/symbolic.ts';
import { input } from '../../ops/index.ts';
import { exactRunner } from '../session.ts';
import type { Cell, NamedNumber, Term } from './cell.ts';
import { valuesOf } from './cell.ts';

/** A step of a recurrent layer with all its numbers, in 64 bits. */
export interface Memory {
  /** Which step, in the order in which the layer goes. */
  readonly at: number;
  /** The same in the order of the input. */
  readonly time: number;
  /** No step that counts was before it. */
  readonly isFirst: boolean;
  /** h, and c of an LSTM. */
  readonly before: readonly Float64Array[];
  readonly after: readonly Float64Array[];
  /** Each block of units after its activation. */
  readonly gates: readonly Float64Array[];
  /** activation(c) of an LSTM. */
  readonly squashed: Float64Array | undefined;
}

type Function = (values: Float64Array) => Promise<Float64Array>;

/** A recurrent layer, gone through step by step as its paper says, and not as the library computes it. */
export class Recurrence {
  readonly #layer: Recurrent<Symbolics>;
  readonly #weights: readonly (Float32Array | undefined)[];
  readonly #opening: Function;
  readonly #activate: Function;

  private constructor(
    layer: Recurrent<Symbolics>,
    weights: readonly (Float32Array | undefined)[],
    opening: Function,
    activate: Function,
  ) {
    this.#layer = layer;
    this.#weights = weights;
    this.#opening = opening;
    this.#activate = activate;
  }

  static async of(layer: Recurrent<Symbolics>, recurrentActivation: Activation): Promise<Recurrence> {
    const weights = await valuesOf(layer.kernel, layer.recurrentKernel, layer.bias);
    const [opening, activate] = await Promise.all([
      functionOf(recurrentActivation, layer.units),
      functionOf(layer.activation, layer.units),
    ]);
    return new Recurrence(layer, weights, opening, activate);
  }

  /**
   * The last step that counts up to step `at`; undefined where there is none.
   *
   * @param states which input of the cell is the first initial state, if there are any
   */
  async until(cell: Cell, at: number, states: number | undefined): Promise<Memory | undefined> {
    const { units, goBackwards, stateful } = this.#layer;
    const { shape, mask } = cell.input(0);
    const count = this.#layer instanceof Lstm ? 2 : 1;
    const kept = stateful ? await valuesOf(...this.#layer.states) : [];
    let before: readonly Float64Array[] = Array.from({ length: count }, (_, i) =>
      states !== undefined
        ? Float64Array.from(cell.input(states + i).values)
        : Float64Array.from({ length: units }, (_, u) => kept[i]?.[u] ?? 0),
    );
    let memory: Memory | undefined;
    for (let step = 0; step <= at; step++) {
      const time = goBackwards ? shape[0]! - 1 - step : step;
      if (mask?.[time] === 0) continue;
      const made = await this.#step(cell, time, before);
      memory = { at: step, time, isFirst: memory === undefined, before, ...made };
      before = made.after;
    }
    return memory;
  }

  /** x[t]·W for one column of W. */
  inputTerms(cell: Cell, { time }: Memory, column: number): Term[] {
    const { kernel } = this.#layer;
    const [features, width] = kernel!.shape as [number, number];
    return Array.from({ length: features }, (_, k) => {
      const value = this.#weights[0]![k * width + column]!;
      return cell.term(0, [time, k], { name: kernel!.name, place: [k, column], value });
    });
  }

  /** h[t−1]·U for one column of U. */
  stateTerms(cell: Cell, { at, isFirst }: Memory, column: number, state: Float64Array): Term[] {
    const { recurrentKernel } = this.#layer;
    const width = recurrentKernel!.shape[1]!;
    return Array.from(state, (value, j) => {
      const weight = {
        name: recurrentKernel!.name,
        place: [j, column],
        value: this.#weights[1]![j * width + column]!,
      };
      return cell.termOf(`${cell.node.id}, h[t−1]`, [at - 1, j], value, weight, isFirst && value === 0);
    });
  }

  biasAt(column: number): NamedNumber | undefined {
    return this.#bias(column);
  }

  /** Of the product with the state, where it has one of its own. */
  stateBiasAt(column: number): NamedNumber | undefined {
    return this.#hasStateBias ? this.#bias(this.#width + column) : undefined;
  }

  get #hasStateBias(): boolean {
    return this.#layer instanceof Gru && this.#layer.resetAfter;
  }

  get #width(): number {
    return this.#layer.recurrentKernel!.shape[1]!;
  }

  #bias(index: number): NamedNumber | undefined {
    const values = this.#weights[2];
    return values && { name: (this.#layer.bias as Variable).name, value: values[index]! };
  }

  async #step(
    cell: Cell,
    time: number,
    before: readonly Float64Array[],
  ): Promise<Pick<Memory, 'after' | 'gates' | 'squashed'>> {
    const layer = this.#layer;
    const { units } = layer;
    const [h, c] = before as [Float64Array, Float64Array?];
    const features = layer.kernel!.shape[0]!;
    const x = cell.input(0).values.subarray(time * features, (time + 1) * features);
    const p = this.#times(x, this.#weights[0]!, 0);
    const q = this.#times(h, this.#weights[1]!, this.#hasStateBias ? this.#width : undefined);
    const block = (values: Float64Array, i: number) => values.subarray(i * units, (i + 1) * units);
    const both = (i: number) => block(p, i).map((value, u) => value + block(q, i)[u]!);
    if (layer instanceof Lstm) {
      const [i, f, o] = await this.#open([0, 1, 3].map(both));
      const candidate = await this.#activate(both(2));
      const now = c!.map((value, u) => f![u]! * value + i![u]! * candidate[u]!);
      const squashed = await this.#activate(now);
      const after = [squashed.map((value, u) => o![u]! * value), now];
      return { after, gates: [i!, f!, candidate, o!], squashed };
    }
    if (layer instanceof Gru) {
      const [z, r] = await this.#open([0, 1].map(both));
      const past = layer.resetAfter
        ? block(q, 2).map((value, u) => r![u]! * value)
        : block(
            this.#times(
              h.map((value, u) => value * r![u]!),
              this.#weights[1]!,
              undefined,
            ),
            2,
          );
      const candidate = await this.#activate(block(p, 2).map((value, u) => value + past[u]!));
      const after = [h.map((value, u) => z![u]! * value + (1 - z![u]!) * candidate[u]!)];
      return { after, gates: [z!, r!, candidate], squashed: undefined };
    }
    const after = await this.#activate(both(0));
    return { after: [after], gates: [after], squashed: undefined };
  }

  /** The gates, one after another: there is one program for all. */
  async #open(gates: readonly Float64Array[]): Promise<Float64Array[]> {
    const opened: Float64Array[] = [];
    for (const gate of gates) opened.push(await this.#opening(gate));
    return opened;
  }

  /** A row times a matrix, plus the bias that begins at `bias`. */
  #times(row: ArrayLike<number>, matrix: Float32Array, bias: number | undefined): Float64Array {
    const width = this.#width;
    const offsets = bias === undefined ? undefined : this.#weights[2];
    const sums = Float64Array.from({ length: width }, (_, i) => offsets?.[bias! + i] ?? 0);
    for (let k = 0; k < row.length; k++) {
      for (let i = 0; i < width; i++) sums[i]! += row[k]! * matrix[k * width + i]!;
    }
    return sums;
  }
}

/** An activation on vectors of so many numbers, in 64 bits. */
async function functionOf({ apply }: Activation, units: number): Promise<Function> {
  const z = input('z', [1, units]);
  const y = apply(z);
  // The identity computes nothing that could be run.
  if (y === z) return async (values) => values;
  const [evaluate] = await exactRunner({ inputs: [z], outputs: [y] });
  return async (values) => Float64Array.from((await evaluate([values]))[0]!);
}
