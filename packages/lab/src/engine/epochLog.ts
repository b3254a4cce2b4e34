import type { Checkpoint } from 'fathom';

/** What an epoch came to, as `fathom train` writes it into run.json. */
export interface EpochFigures {
  /** Means over its samples, each before its update. */
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss: number;
  readonly valAccuracy: number;
  /** In its steps. */
  readonly seconds: number;
}

const NAMES = ['loss', 'accuracy', 'valLoss', 'valAccuracy', 'seconds'] as const;
const NONE = { loss: 0, accuracy: 0, samples: 0, ms: 0 };

/** The epochs of a training that are done, and the sums of the one at work. */
export class EpochLog {
  readonly #done: EpochFigures[];
  #sums: typeof NONE;

  constructor(done: readonly EpochFigures[] = [], sums = NONE) {
    this.#done = [...done];
    this.#sums = sums;
  }

  /** As a checkpoint has it; figures that are of other epochs than those before the one at work are left out. */
  static of({ epoch, history }: Pick<Checkpoint, 'epoch' | 'history'>): EpochLog {
    const lists = NAMES.map((name) => history[name] ?? []);
    if (lists.some(({ length }) => length !== epoch)) return new EpochLog();
    const at = (i: number) => NAMES.map((name, list) => [name, lists[list]![i]!] as const);
    return new EpochLog(
      Array.from({ length: epoch }, (_, i) => Object.fromEntries(at(i)) as unknown as EpochFigures),
    );
  }

  get done(): readonly EpochFigures[] {
    return this.#done;
  }

  /** The epoch whose validation loss is lowest, counted from 0, among those from a number on; the first of several. */
  bestFrom(start: number): number {
    let best = start;
    for (let i = start; i < this.#done.length; i++)
      if (this.#done[i]!.valLoss < this.#done[best]!.valLoss) best = i;
    return best;
  }

  /** What a checkpoint keeps. */
  get history(): Pick<Checkpoint, 'epochs' | 'history'> {
    return {
      epochs: this.#done.map((_, i) => i),
      history: Object.fromEntries(NAMES.map((name) => [name, this.#done.map((one) => one[name])])),
    };
  }

  /** One that goes on from here by itself. */
  copy(): EpochLog {
    return new EpochLog(this.#done, this.#sums);
  }

  /** After a batch. */
  add({ loss, accuracy, samples, ms }: typeof NONE): void {
    const sums = this.#sums;
    this.#sums = {
      loss: sums.loss + loss * samples,
      accuracy: sums.accuracy + accuracy * samples,
      samples: sums.samples + samples,
      ms: sums.ms + ms,
    };
  }

  /** After the last batch of an epoch. */
  end(validation: { readonly loss: number; readonly accuracy: number }): void {
    const { loss, accuracy, samples, ms } = this.#sums;
    this.#sums = NONE;
    this.#done.push({
      loss: loss / samples,
      accuracy: accuracy / samples,
      valLoss: validation.loss,
      valAccuracy: validation.accuracy,
      seconds: ms / 1000,
    });
  }
}
