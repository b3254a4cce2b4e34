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

/** What a batch measured before its update. */
export interface BatchMeasure {
  readonly loss: number;
  readonly accuracy: number;
  readonly samples: number;
  readonly ms: number;
}

/** A batch of the epoch at work, and those before it. Copies of a log share them. */
interface Done {
  readonly figures: BatchFigures;
  readonly before: Done | undefined;
}
type BatchFigures = Checkpoint['figures'][number];

/** The epoch at work up to now: its batches, and what they add up to. */
interface AtWork {
  readonly batches: Done | undefined;
  readonly loss: number;
  readonly accuracy: number;
  readonly samples: number;
  readonly ms: number;
}
const BEGUN: AtWork = { batches: undefined, loss: 0, accuracy: 0, samples: 0, ms: 0 };

/** The epochs of a training that are done, and the sums of the one at work. */
export class EpochLog {
  readonly #done: EpochFigures[];
  #now: AtWork;

  constructor(done: readonly EpochFigures[] = [], now = BEGUN) {
    this.#done = [...done];
    this.#now = now;
  }

  /**
   * As a checkpoint has it, with the time that steps of the epoch at work took. Figures that are of other epochs than
   * those before it, or of other batches than those that it has done, are left out.
   */
  static of({ epoch, batch, history, figures }: LoggedState, ms = 0): EpochLog {
    const lists = NAMES.map((name) => history[name] ?? []);
    const at = (i: number) => NAMES.map((name, list) => [name, lists[list]![i]!] as const);
    const done = lists.some(({ length }) => length !== epoch)
      ? []
      : Array.from({ length: epoch }, (_, i) => Object.fromEntries(at(i)) as unknown as EpochFigures);
    const log = new EpochLog(done);
    if (figures.length !== batch || !figures.every(hasAccuracy)) return log;
    for (const one of figures) log.#add(one);
    log.#now = { ...log.#now, ms };
    return log;
  }

  get done(): readonly EpochFigures[] {
    return this.#done;
  }

  /** Milliseconds in steps of the epoch at work. */
  get ms(): number {
    return this.#now.ms;
  }

  /** How many batches of the epoch at work are in its sums. */
  get batches(): number {
    return listOf(this.#now.batches).length;
  }

  /** The epoch whose validation loss is lowest, counted from 0, among those from a number on; the first of several. */
  bestFrom(start: number): number {
    let best = start;
    for (let i = start; i < this.#done.length; i++)
      if (this.#done[i]!.valLoss < this.#done[best]!.valLoss) best = i;
    return best;
  }

  /** What a checkpoint keeps. */
  get history(): Pick<Checkpoint, 'epochs' | 'history' | 'figures'> {
    return {
      epochs: this.#done.map((_, i) => i),
      history: Object.fromEntries(NAMES.map((name) => [name, this.#done.map((one) => one[name])])),
      figures: listOf(this.#now.batches),
    };
  }

  /** One that goes on from here by itself. */
  copy(): EpochLog {
    return new EpochLog(this.#done, this.#now);
  }

  /** After a batch. */
  add({ loss, accuracy, samples, ms }: BatchMeasure): void {
    // As `fit` keeps it: the loss is a mean, the accuracy the number of right answers.
    this.#add({ figures: { loss, parts: [[Float64Array.of(accuracy * samples)]] }, count: samples });
    this.#now = { ...this.#now, ms: this.#now.ms + ms };
  }

  /** After the last batch of an epoch. */
  end(validation: { readonly loss: number; readonly accuracy: number }): void {
    const { loss, accuracy, samples, ms } = this.#now;
    this.#now = BEGUN;
    this.#done.push({
      loss: loss / samples,
      accuracy: accuracy / samples,
      valLoss: validation.loss,
      valAccuracy: validation.accuracy,
      seconds: ms / 1000,
    });
  }

  #add(batch: BatchFigures): void {
    const { figures, count } = batch;
    const { batches, loss, accuracy, samples, ms } = this.#now;
    this.#now = {
      batches: { figures: batch, before: batches },
      loss: loss + figures.loss * count,
      accuracy: accuracy + figures.parts[0]![0]![0]!,
      samples: samples + count,
      ms,
    };
  }
}

const hasAccuracy = ({ figures: { parts } }: BatchFigures) => parts[0]?.[0]?.[0] !== undefined;

type LoggedState = Pick<Checkpoint, 'epoch' | 'batch' | 'history' | 'figures'>;

/** In the order in which they came. */
function listOf(last: Done | undefined): BatchFigures[] {
  const list: BatchFigures[] = [];
  for (let one = last; one; one = one.before) list.push(one.figures);
  return list.reverse();
}
