import type { Callback, Logs } from '../callbacks.ts';

/** How far a run is, after a batch. */
export interface ProgressReport {
  /** From 0. */
  readonly epoch: number;
  readonly epochs: number;
  /** Batches done in this epoch, and how many it has, if that is known. */
  readonly batch: number;
  readonly batches: number | undefined;
  /** Samples done in this epoch, and how many it has, if that is known. */
  readonly done: number;
  readonly samples: number | undefined;
  /** Seconds since the epoch began, and an estimate of those to its end. */
  readonly seconds: number;
  readonly secondsLeft: number | undefined;
  readonly samplesPerSecond: number;
  /** Means over the epoch so far; at the end of an epoch with those of validation. */
  readonly logs: Logs;
  /** True for the last report of an epoch. */
  readonly epochDone: boolean;
}

export interface ProgressOptions {
  /** Least milliseconds between two reports within an epoch. Default 50. */
  readonly intervalMs?: number | undefined;
}

/**
 * Tells `report` how far the run is: now and then within an epoch, and always at its end. It draws nothing itself.
 *
 * @example
 * await model.fit(x, y, { callbacks: [progress(({ done, logs }) => console.log(done, logs.loss))] });
 */
export function progress(
  report: (report: ProgressReport) => void | Promise<void>,
  { intervalMs = DEFAULT_INTERVAL_MS }: ProgressOptions = {},
): Callback {
  let epoch = 0;
  let start = 0;
  let last = 0;
  let batch = 0;
  return {
    onEpochBegin(number) {
      epoch = number;
      batch = 0;
      start = performance.now();
      last = start;
    },
    onBatchEnd(number, logs, run) {
      batch = number + 1;
      const now = performance.now();
      if (now - last < intervalMs) return;
      last = now;
      return report(describe(logs, run, (now - start) / 1000, false));
    },
    onEpochEnd(_epoch, logs, run) {
      return report(describe(logs, run, (performance.now() - start) / 1000, true));
    },
  };

  function describe(
    logs: Logs,
    run: { epochs: number; steps: number | undefined; samples: number | undefined; batchSize: number },
    seconds: number,
    epochDone: boolean,
  ): ProgressReport {
    const { epochs, steps: batches, samples } = run;
    const done = Math.min(batch * run.batchSize, samples ?? Infinity);
    return {
      epoch,
      epochs,
      batch,
      batches,
      done,
      samples,
      seconds,
      secondsLeft: batches === undefined || batch === 0 ? undefined : (seconds / batch) * (batches - batch),
      samplesPerSecond: seconds > 0 ? done / seconds : 0,
      logs,
      epochDone,
    };
  }
}

const DEFAULT_INTERVAL_MS = 50;
