import type { Batch } from '../batches.ts';
import type { Callback, TrainingRun, WeightValues } from '../callbacks.ts';

export interface TerminateOnNaNOptions {
  /**
   * Looks for the layer where it began. For this the weights are copied before each step, which small networks notice.
   * Default true.
   */
  readonly findLayer?: boolean | undefined;
}

/** A run whose loss has become NaN or infinite. */
export class NonFiniteLossError extends Error {
  /** The epoch and the batch, counted from 0. */
  readonly epoch: number;
  readonly batch: number;

  constructor(epoch: number, batch: number, loss: number, reason: string) {
    super(
      `terminateOnNaN: expected a finite loss in epoch ${epoch + 1}, batch ${batch + 1}; received ${loss}. ${reason}`,
    );
    this.name = 'NonFiniteLossError';
    this.epoch = epoch;
    this.batch = batch;
  }
}

/**
 * Ends a run when the loss is NaN or infinite, and says which layer it came from: the step where it began is computed
 * again on the reference backend. The model keeps the weights from before that step.
 *
 * @throws NonFiniteLossError with the layer, the op and the place of the first value that is not finite
 * @example
 * await model.fit(x, y, { callbacks: [terminateOnNaN()] });
 */
export function terminateOnNaN({ findLayer = true }: TerminateOnNaNOptions = {}): Callback {
  let epoch = 0;
  /** Before the step under way, and before the one before it. */
  let now: Moment | undefined;
  let before: Moment | undefined;
  return {
    name: 'terminateOnNaN',
    onTrainBegin() {
      now = undefined;
      before = undefined;
    },
    onEpochBegin(number) {
      epoch = number;
    },
    ...(findLayer
      ? {
          async onBatchBegin(_batch: number, run: TrainingRun) {
            before = now;
            now = { weights: await run.model.getWeights(), batch: copyOf(run.batch!), step: run.stepsDone };
          },
        }
      : {}),
    async onBatchEnd(batch, { loss = Number.NaN }, run) {
      if (Number.isFinite(loss)) return;
      throw new NonFiniteLossError(epoch, batch, loss, now ? await reasonOf(now, before, run) : '');
    },
  };
}

interface Moment {
  readonly weights: readonly WeightValues[];
  readonly batch: Batch;
  readonly step: number;
}

/** The step before is to blame where it left weights that are not finite. */
async function reasonOf(now: Moment, before: Moment | undefined, run: TrainingRun): Promise<string> {
  const spoilt = now.weights.find(({ data }) => !data.every(Number.isFinite));
  const moment = spoilt && before ? before : now;
  run.model.setWeights(moment.weights);
  const found = await run.findNonFinite(moment.batch, moment.step);
  const kept = 'The model has the weights from before that step.';
  if (found) return `${capital(found.message)} ${kept}`;
  return spoilt
    ? `The update of ${spoilt.name} is where it begins; its gradient is finite. Try a lower learning rate. ${kept}`
    : `Computed again, the step is finite: a sum over the epoch overflowed. ${kept}`;
}

const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1);

function copyOf({ inputs, targets, weights, weightShapes, count }: Batch): Batch {
  const copy = (arrays: Batch['inputs']) => arrays.map((array) => array.slice());
  return { inputs: copy(inputs), targets: copy(targets), weights: copy(weights), weightShapes, count };
}
