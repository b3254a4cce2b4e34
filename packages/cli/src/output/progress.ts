import cliProgress from 'cli-progress';
import type { Terminal } from './terminal.ts';
import { count, duration, percent, timeLeft } from './units.ts';

/** How training stands after a step; losses and accuracies are means over the epoch so far. */
export type StepProgress = {
  /** Images of this epoch so far. */
  readonly done: number;
  readonly loss: number;
  readonly accuracy: number;
};

/** What an epoch came to. */
export type EpochResult = {
  readonly loss: number;
  readonly accuracy: number;
  readonly valLoss?: number | undefined;
  readonly valAccuracy?: number | undefined;
  /** Wall-clock time. */
  readonly seconds: number;
  /** Wall-clock time of its training steps, without validation. */
  readonly trainSeconds: number;
};

/** Shows training as it goes: a bar on a terminal, a line now and then elsewhere. */
export type TrainingProgress = {
  beginEpoch(epoch: number): void;
  step(progress: StepProgress): void;
  endEpoch(result: EpochResult): void;
  /** Leaves the terminal as it was; may be called at any time, and again. */
  stop(): void;
};

/**
 * The display for a terminal or a file.
 *
 * @param images in an epoch
 * @param clock milliseconds; tests turn it by hand
 */
export function trainingProgress(
  terminal: Terminal,
  { epochs, images, clock = () => performance.now() }: TrainingSize & { clock?: () => number },
): TrainingProgress {
  const pace = new Pace(epochs, images, clock);
  const display = terminal.stream.isTTY ? liveBar(terminal, images) : plainLines(terminal, clock);
  let epoch = 0;
  return {
    beginEpoch(number) {
      epoch = number;
      pace.beginEpoch(epoch);
      display.begin();
    },
    step(progress) {
      const name = `epoch ${epoch}/${epochs}`;
      display.show(progress.done, () => describe(name, progress, images, pace.at(progress.done)));
    },
    endEpoch(result) {
      display.end();
      pace.endEpoch(result.seconds);
      const { loss, accuracy, valLoss, valAccuracy, seconds, trainSeconds } = result;
      const validation =
        valLoss === undefined || valAccuracy === undefined
          ? ''
          : `; validation loss ${valLoss.toFixed(4)}, accuracy ${percent(valAccuracy)}`;
      const speed = `${duration(seconds * 1000)}, ${count(images / trainSeconds)} images/s`;
      terminal.say(
        `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}, accuracy ${percent(accuracy)}${validation}  (${speed})`,
      );
    },
    stop: () => display.end(),
  };
}

type TrainingSize = { readonly epochs: number; readonly images: number };

/** Images a second, and how long the rest will take. */
class Pace {
  readonly #epochs: number;
  readonly #images: number;
  readonly #clock: () => number;
  #epoch = 0;
  #epochStart = 0;
  /** Whole epochs, validation and all. */
  #finishedMs = 0;
  #finished = 0;

  constructor(epochs: number, images: number, clock: () => number) {
    this.#epochs = epochs;
    this.#images = images;
    this.#clock = clock;
  }

  beginEpoch(epoch: number): void {
    this.#epoch = epoch;
    this.#epochStart = this.#clock();
  }

  endEpoch(seconds: number): void {
    this.#finished++;
    this.#finishedMs += seconds * 1000;
  }

  at(done: number): { imagesPerSecond: number; leftMs: number } {
    const elapsed = Math.max(1e-3, this.#clock() - this.#epochStart);
    const imageMs = elapsed / Math.max(1, done);
    const epochMs = this.#finished > 0 ? this.#finishedMs / this.#finished : imageMs * this.#images;
    const rest = imageMs * (this.#images - done);
    return { imagesPerSecond: 1000 / imageMs, leftMs: rest + (this.#epochs - this.#epoch) * epochMs };
  }
}

type Line = { readonly head: string; readonly share: number; readonly tail: string };

function describe(
  name: string,
  { done, loss, accuracy }: StepProgress,
  images: number,
  { imagesPerSecond, leftMs }: { imagesPerSecond: number; leftMs: number },
): Line {
  const share = Math.min(1, done / images);
  const tail = [
    `${String(Math.floor(share * 100)).padStart(3)} %`,
    `loss ${loss.toFixed(4)}`,
    `accuracy ${percent(accuracy)}`,
    `${count(imagesPerSecond)} images/s`,
    `${timeLeft(leftMs)} left`,
  ];
  return { head: name, share, tail: tail.join('  ') };
}

type Display = {
  begin(): void;
  /** `line` is made only when it is shown. */
  show(done: number, line: () => Line): void;
  end(): void;
};

const DRAWS_PER_SECOND = 12;
const LONGEST_BAR = 30;
const SHORTEST_BAR = 6;
const DEFAULT_COLUMNS = 80;

function liveBar(terminal: Terminal, images: number): Display {
  const { stream } = terminal;
  let bar: cliProgress.SingleBar | undefined;
  let line: (() => Line) | undefined;
  // The cursor comes back also when a second Ctrl-C ends the process.
  const end = () => {
    bar?.stop();
    bar = undefined;
    process.off('exit', end);
  };
  return {
    begin() {
      end();
      process.on('exit', end);
      line = undefined;
      bar = new cliProgress.SingleBar({
        stream,
        fps: DRAWS_PER_SECOND,
        hideCursor: true,
        clearOnComplete: true,
        format: () => (line ? layOut(line(), stream.columns ?? DEFAULT_COLUMNS) : ''),
      });
      bar.start(images, 0);
    },
    show(done, make) {
      line = make;
      bar?.update(done);
    },
    end,
  };
}

/** The bar takes what the words leave; on a narrow terminal the words are cut. */
function layOut({ head, share, tail }: Line, columns: number): string {
  const room = columns - 1 - head.length - tail.length - 2 * GAP.length;
  if (room < SHORTEST_BAR) return `${head}${GAP}${tail.trimStart()}`.slice(0, columns - 1);
  const length = Math.min(room, LONGEST_BAR);
  const full = Math.round(share * length);
  return `${head}${GAP}${'█'.repeat(full)}${'░'.repeat(length - full)}${GAP}${tail}`;
}

const GAP = '  ';
/** Where lines stay, as in a log, one in this many milliseconds tells that it goes on. */
const PLAIN_LINE_MS = 5000;

function plainLines(terminal: Terminal, clock: () => number): Display {
  let last = clock();
  return {
    begin() {
      last = clock();
    },
    show(_done, make) {
      if (clock() - last < PLAIN_LINE_MS) return;
      last = clock();
      const { head, tail } = make();
      terminal.say(`${head}${GAP}${tail.trimStart()}`);
    },
    end() {},
  };
}
