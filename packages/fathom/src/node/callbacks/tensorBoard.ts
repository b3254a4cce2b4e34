import { join } from 'node:path';
import { learningRateAt } from '../../nn/optimizers/learningRate.ts';
import type { Callback, Logs, TrainingRun } from '../../train/index.ts';
import { checkInteger } from '../../train/options.ts';
import { weightImage } from './tensorboard/picture.ts';
import { SummaryWriter, type WriterPlace } from './tensorboard/summaryWriter.ts';

export interface TensorBoardOptions {
  /** A folder for this run alone. Default 'logs'. */
  readonly logDir?: string | undefined;
  /** Epochs between two histograms of each weight; 0 for none. Default 0. */
  readonly histogramFreq?: number | undefined;
  /** Also shows weights as images, when histograms are written. Default false. */
  readonly writeImages?: boolean | undefined;
  /** Writes figures after each epoch, and also each time so many batches are done ('batch' for 1). Default 'epoch'. */
  readonly updateFreq?: 'epoch' | 'batch' | number | undefined;
}

/**
 * Writes what TensorBoard shows: figures of training and validation as the runs `train` and `validation`, under the
 * names that Keras gives them (`epoch_loss`, `batch_loss`, `epoch_learning_rate`, …), and weights as histograms and
 * images. Open it by `tensorboard --logdir logs`.
 *
 * A run that goes on from a checkpoint continues its files: what was written behind the checkpoint is taken out.
 *
 * @throws FileWriteError when the disk is full or the like
 * @example
 * await model.fit(x, y, { epochs: 2, callbacks: [tensorBoard({ logDir: 'runs/board', histogramFreq: 1 })] });
 */
export function tensorBoard(options: TensorBoardOptions = {}): Callback {
  const { logDir = 'logs', histogramFreq = 0, writeImages = false, updateFreq = 'epoch' } = options;
  checkInteger(histogramFreq, 0, 'tensorBoard: histogramFreq');
  const every = updateFreq === 'batch' ? 1 : updateFreq;
  if (every !== 'epoch') checkInteger(every, 1, 'tensorBoard: updateFreq');
  const train = new SummaryWriter(join(logDir, 'train'));
  const validation = new SummaryWriter(join(logDir, 'validation'));
  let steps = 0;

  const onBatchEnd = (_batch: number, logs: Logs, run: TrainingRun) => {
    steps++;
    if (every === 'epoch' || steps % every !== 0) return;
    for (const [name, value] of Object.entries(logs)) train.scalar(`batch_${name}`, value, steps);
    const rate = learningRateNow(run, steps);
    if (rate !== undefined) train.scalar('batch_learning_rate', rate, steps);
  };
  const writeWeights = async (epoch: number, { model }: TrainingRun) => {
    for (const { name, shape, data } of await model.getWeights()) {
      train.histogram(`${name}/histogram`, data, epoch);
      const image = writeImages ? weightImage(data, shape) : undefined;
      if (image) train.image(`${name}/image`, image, epoch);
    }
  };
  return {
    name: 'tensorBoard',
    async onTrainBegin() {
      steps = 0;
      await Promise.all([train.goOn(undefined), validation.goOn(undefined)]);
    },
    onBatchEnd,
    async onEpochEnd(epoch, logs, run) {
      for (const [name, value] of Object.entries(logs)) {
        const validated = validatedName(name);
        if (validated === undefined) train.scalar(`epoch_${name}`, value, epoch);
        else validation.scalar(`epoch_${validated}`, value, epoch);
      }
      const rate = learningRateNow(run, steps);
      if (rate !== undefined) train.scalar('epoch_learning_rate', rate, epoch);
      if (histogramFreq > 0 && epoch % histogramFreq === 0) await writeWeights(epoch, run);
      await Promise.all([train.flush(), validation.flush()]);
    },
    async onTrainEnd() {
      await Promise.all([train.flush(), validation.flush()]);
    },
    async state() {
      return { values: { steps, train: await train.place(), validation: await validation.place() } };
    },
    async restore({ values = {} }) {
      steps = Number(values.steps);
      await train.goOn(values.train as WriterPlace | undefined);
      await validation.goOn(values.validation as WriterPlace | undefined);
    },
  };
}

/** loss for valLoss; undefined for a figure of training. */
function validatedName(name: string): string | undefined {
  const [, first, rest = ''] = /^val([A-Z])(.*)$/.exec(name) ?? [];
  return first === undefined ? undefined : first.toLowerCase() + rest;
}

function learningRateNow({ model }: TrainingRun, steps: number): number | undefined {
  return model.optimizer && learningRateAt(model.optimizer, steps);
}
