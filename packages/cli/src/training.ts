import { createHash } from 'node:crypto';
import {
  type Backend,
  type Callback,
  type Dataset,
  losses,
  type Model,
  normalizeImages,
  optimizers,
  sliceSamples,
  split,
} from 'fathom';
import { CliError } from './errors.ts';
import type { OptimizerOption } from './options.ts';
import { confusionMatrix } from './output/confusion.ts';
import type { EpochResult, TrainingProgress } from './output/progress.ts';
import type { EpochRecord } from './runs/record.ts';

/** How a model is trained. */
export type TrainingOptions = {
  readonly epochs: number;
  readonly batch: number;
  /** Learning rate; by default the optimizer's own. */
  readonly lr?: number;
  readonly optimizer: OptimizerOption;
  readonly seed: number;
  readonly backend: Backend;
};

/** What a training run came to. */
export type TrainingResult = {
  readonly epochs: readonly EpochRecord[];
  /** Training steps done. */
  readonly steps: number;
  /** Where it was stopped before its end; epochs count from 1. */
  readonly stopped: { readonly epoch: number; readonly steps: number } | null;
  /** Median of the training steps. */
  readonly msPerStep: number;
};

/** Share of the training images that validates: they update no parameter. */
const VALIDATION_SHARE = 0.1;

/** Gives a model its loss and optimizer. A model that ends in softmax has probabilities, another one logits. */
export function compileModel(
  model: Model,
  { optimizer, lr, seed, backend }: Pick<TrainingOptions, 'optimizer' | 'lr' | 'seed' | 'backend'>,
): void {
  model.compile({
    optimizer: optimizers[optimizer](lr === undefined ? {} : { learningRate: lr }),
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: !endsInSoftmax(model) }),
    metrics: ['accuracy'],
    seed,
    backend,
  });
}

/** Training and validation images, scaled to [0, 1]; the seed decides which ones validate. */
export function prepareTraining(
  dataset: Dataset,
  seed: number,
): { train: Dataset<Float32Array>; validation: Dataset<Float32Array> } {
  return split(normalizeImages(dataset), VALIDATION_SHARE, { seed });
}

/** Trains with a live display. @throws CliError when the loss is no longer a number */
export async function trainModel(
  model: Model,
  { train, validation }: { train: Dataset; validation: Dataset },
  { epochs, batch }: TrainingOptions,
  display: TrainingProgress,
  signal: AbortSignal,
  callbacks: readonly Callback[] = [],
): Promise<TrainingResult> {
  const watch = new Watch(train.count, batch, display);
  // The bar is gone before anything is said about stopping.
  signal.addEventListener('abort', display.stop, { once: true });
  try {
    await model.fit(train.images, train.labels, {
      epochs,
      batchSize: batch,
      validationData: [validation.images, validation.labels],
      callbacks: [watch.callback, ...callbacks],
      signal,
    });
  } finally {
    display.stop();
  }
  return watch.result(epochs);
}

/** Keeps time and figures, hands them to the display, and ends a run whose loss is no number. */
class Watch {
  readonly callback: Callback;
  readonly #epochs: EpochRecord[] = [];
  readonly #stepMs: number[] = [];
  /** What another process has done before. */
  #before: { readonly steps: number; readonly msPerStep: number } = { steps: 0, msPerStep: Number.NaN };
  #stepsInEpoch = 0;

  constructor(images: number, batch: number, display: TrainingProgress) {
    let epochStart = 0;
    let stepStart = 0;
    let trainSeconds = 0;
    this.callback = {
      name: 'watch',
      state: () => {
        const { steps, msPerStep } = this.#soFar();
        return { values: { epochs: [...this.#epochs], steps, msPerStep, stepsInEpoch: this.#stepsInEpoch } };
      },
      restore: ({ values = {} }) => {
        this.#epochs.splice(0, this.#epochs.length, ...(values.epochs as EpochRecord[]));
        this.#before = { steps: Number(values.steps), msPerStep: Number(values.msPerStep) };
        this.#stepsInEpoch = Number(values.stepsInEpoch);
      },
      onEpochBegin: (epoch) => {
        epochStart = performance.now();
        this.#stepsInEpoch = 0;
        display.beginEpoch(epoch + 1);
      },
      onBatchBegin: () => {
        stepStart = performance.now();
      },
      onBatchEnd: (step, logs) => {
        const now = performance.now();
        this.#stepMs.push(now - stepStart);
        this.#stepsInEpoch = step + 1;
        trainSeconds = (now - epochStart) / 1000;
        const { loss = Number.NaN, accuracy = Number.NaN } = logs;
        if (!Number.isFinite(loss)) {
          throw new CliError(
            `training failed in epoch ${this.#epochs.length + 1}, step ${step + 1}: expected a finite loss; ` +
              `received ${loss}. Nothing was saved. Try a lower learning rate (--lr).`,
          );
        }
        display.step({ done: Math.min(images, (step + 1) * batch), loss, accuracy });
      },
      onEpochEnd: (_epoch, logs) => {
        const { loss = Number.NaN, accuracy = Number.NaN } = logs;
        const { valLoss = Number.NaN, valAccuracy = Number.NaN } = logs;
        const seconds = (performance.now() - epochStart) / 1000;
        const result: EpochResult = { loss, accuracy, valLoss, valAccuracy, seconds, trainSeconds };
        this.#epochs.push({ loss, accuracy, valLoss, valAccuracy, seconds });
        display.endEpoch(result);
        this.#stepsInEpoch = 0;
      },
    };
  }

  result(epochs: number): TrainingResult {
    const isWhole = this.#epochs.length === epochs;
    return {
      epochs: this.#epochs,
      ...this.#soFar(),
      stopped: isWhole ? null : { epoch: this.#epochs.length + 1, steps: this.#stepsInEpoch },
    };
  }

  #soFar(): { steps: number; msPerStep: number } {
    const { steps, msPerStep } = this.#before;
    return {
      steps: steps + this.#stepMs.length,
      msPerStep: this.#stepMs.length > 0 ? median(this.#stepMs) : msPerStep,
    };
  }
}

/** Loss, accuracy and confusion matrix of a model on a data set; undefined when the signal ended it. */
export async function testModel(
  model: Model,
  dataset: Dataset,
  { signal }: { signal?: AbortSignal } = {},
): Promise<{ loss: number; accuracy: number; confusion: number[][] } | undefined> {
  const classes = dataset.classes.length;
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let loss = 0;
  // In pieces, so that Ctrl-C is heard in between also where computing is slow.

  for (let start = 0; start < dataset.count; start += PIECE) {
    if (signal?.aborted) return undefined;
    const part = normalizeImages(sliceSamples(dataset, start, start + PIECE));
    const logs = await model.evaluate(part.images, part.labels, { batchSize: TEST_BATCH });
    const { data } = await model.predict(part.images, { batchSize: TEST_BATCH });
    loss += (logs.loss ?? Number.NaN) * part.count;
    confusionMatrix(data, part.labels, classes).forEach((row, i) => {
      row.forEach((n, j) => {
        confusion[i]![j]! += n;
      });
    });
  }
  const right = confusion.reduce((sum, row, i) => sum + row[i]!, 0);
  return { loss: loss / dataset.count, accuracy: right / dataset.count, confusion };
}

/** Divides the usual test sets, so that no program for a rest is compiled. */
const TEST_BATCH = 100;
/** Images between two looks at the signal: whole batches. */
const PIECE = 1000;

/** SHA-256 of all weights as float32 (little-endian), in the order of the layers, as weights.safetensors holds them. */
export async function weightsSha256(model: Model): Promise<string> {
  const hash = createHash('sha256');
  for (const { data } of await model.getWeights()) {
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest('hex');
}

/** Whether what a model predicts are probabilities already. */
export function endsInSoftmax(model: Model): boolean {
  return model.layers.at(-1)?.config().activation === 'softmax';
}

/** @returns NaN for none */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  if (sorted.length % 2 === 1) return sorted[Math.floor(middle)]!;
  return sorted.length === 0 ? Number.NaN : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
