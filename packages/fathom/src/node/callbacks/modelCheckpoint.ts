import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { encodeSafetensors } from '../../io/safetensors.ts';
import { Monitor, type MonitorMode } from '../../train/callbacks/monitor.ts';
import type { Callback, Logs, TrainedModel } from '../../train/index.ts';
import { checkInteger } from '../../train/options.ts';
import { FileWriteError, writeFileAtomic } from '../atomic.ts';
import { saveModel } from '../savedModel.ts';
import { fillPattern } from './filePattern.ts';

export interface ModelCheckpointOptions {
  /**
   * A folder for the model, or with `saveWeightsOnly` a file that ends in `.safetensors`. Fields in braces are filled
   * with the number of the epoch (from 1) and the figures: `runs/digits-{epoch:02d}-{valLoss:.2f}`; when saving by
   * batches also `{batch}` (from 1). Without fields, each save replaces the one before.
   */
  readonly filepath: string;
  /** The figure that tells which model is best. Default 'valLoss'. */
  readonly monitor?: string | undefined;
  /** Saves only when the figure is better than ever before. Default false. */
  readonly saveBestOnly?: boolean | undefined;
  /** Saves the weights alone, for `loadWeights`. Default false: the whole model, for `loadModel`. */
  readonly saveWeightsOnly?: boolean | undefined;
  /** Whether less or more is better, as for earlyStopping. Default 'auto'. */
  readonly mode?: MonitorMode | undefined;
  /** After each epoch, or each time so many batches are done. Default 'epoch'. */
  readonly saveFreq?: 'epoch' | number | undefined;
  /** With `saveBestOnly`: what must be beaten before anything is saved. */
  readonly initialValueThreshold?: number | undefined;
}

/**
 * Saves the model while it trains: each epoch, every so many batches, or whenever it is better than ever before.
 * Files are replaced as a whole: a crash leaves the old or the new ones, never half of one.
 *
 * It keeps models to use. To go on with a run that was cut off, see backupAndRestore.
 *
 * @throws RangeError when the logs do not hold the figure or a field of the path, FileWriteError when the disk is full
 * @example
 * const best = modelCheckpoint({ filepath: 'runs/best-{epoch:02d}', monitor: 'loss', saveBestOnly: true });
 * await model.fit(x, y, { epochs: 3, callbacks: [best] });
 */
export function modelCheckpoint(options: ModelCheckpointOptions): Callback {
  const { filepath, saveBestOnly = false, saveWeightsOnly = false, saveFreq = 'epoch' } = options;
  const { monitor = 'valLoss', mode = 'auto', initialValueThreshold } = options;
  if (saveFreq !== 'epoch') checkInteger(saveFreq, 1, `${WHERE}: saveFreq`);
  if (typeof filepath !== 'string' || filepath === '') {
    throw new TypeError(`${WHERE}: expected a filepath; received ${JSON.stringify(filepath) ?? 'none'}.`);
  }
  if (saveWeightsOnly && !filepath.endsWith(WEIGHTS_ENDING)) {
    throw new RangeError(
      `${WHERE}: expected a filepath that ends in ${WEIGHTS_ENDING} for weights alone; received '${filepath}'.`,
    );
  }
  const figure = new Monitor(WHERE, monitor, mode);
  figure.best = initialValueThreshold;
  let epoch = 0;
  let batches = 0;

  const consider = async (model: TrainedModel, logs: Logs, batch: number | undefined) => {
    if (saveBestOnly) {
      const value = figure.read(logs);
      if (!figure.improves(value)) return;
      figure.best = value;
    }
    const numbers = { epoch: epoch + 1, ...(batch === undefined ? {} : { batch: batch + 1 }), ...logs };
    await save(model, fillPattern(filepath, numbers, `${WHERE}: filepath`), saveWeightsOnly);
  };
  const common: Callback = {
    name: WHERE,
    onEpochBegin(number) {
      epoch = number;
    },
    state: () => ({ values: { best: figure.best ?? null, batches } }),
    restore({ values = {} }) {
      figure.best = typeof values.best === 'number' ? values.best : undefined;
      batches = Number(values.batches);
    },
  };
  if (saveFreq === 'epoch') {
    return { ...common, onEpochEnd: (_epoch, logs, run) => consider(run.model, logs, undefined) };
  }
  return {
    ...common,
    async onBatchEnd(batch, logs, run) {
      batches++;
      if (batches % saveFreq === 0) await consider(run.model, logs, batch);
    },
  };
}

const WHERE = 'modelCheckpoint';
const WEIGHTS_ENDING = '.safetensors';

async function save(model: TrainedModel, path: string, weightsOnly: boolean): Promise<void> {
  if (!weightsOnly) return saveModel(model, path);
  const bytes = encodeSafetensors(await model.getWeights(), { format: 'fathom' });
  await mkdir(dirname(path), { recursive: true }).catch((error: unknown) => {
    throw new FileWriteError(path, error);
  });
  await writeFileAtomic(path, bytes);
}
