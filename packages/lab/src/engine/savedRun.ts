import { encodeCheckpoint, encodeSafetensors, type Model } from 'fathom';
import { version } from '../../package.json';
import type { LabData } from './data.ts';
import { withLabState } from './labState.ts';
import type { Moment } from './moments.ts';
import type { RunFile, TrainingSettings } from './trainingTypes.ts';

interface SavedTraining {
  readonly model: Model;
  readonly data: LabData;
  readonly settings: TrainingSettings;
  readonly msPerStep: number;
}

/**
 * A moment of a training as the files of a run: those that `fathom train` saves, which its other commands read, and
 * `checkpoint.safetensors`, from which training goes on to the same bits.
 *
 * @param lab what the page wants to find again
 */
export async function runFiles(
  { model, data: { train, validation, columns }, settings, msPerStep }: SavedTraining,
  { state, log, means }: Moment,
  lab: unknown,
): Promise<RunFile[]> {
  const record = {
    format: 1,
    fathom: version,
    finished: new Date().toISOString(),
    data: {
      name: train.name,
      source: 'the lab',
      classes: train.classes,
      training: train.count,
      validation: validation.count,
      test: 0,
      // Rows go in as they are written, and are standardized by these.
      ...(columns.length > 0 ? { columns } : {}),
    },
    model: 'a network built in the lab',
    parameters: model.countParams(),
    options: {
      epochs: state.epoch,
      batch: settings.batchSize,
      lr: state.optimizer.learningRate,
      optimizer: settings.optimizer,
      seed: settings.seed,
      backend: 'wasm',
      threads: 1,
      limit: null,
    },
    interrupted: { epoch: state.epoch + 1, steps: state.batch },
    epochs: log.done,
    test: null,
    confusion: null,
    msPerStep,
    compileMs: model.compileMs,
    weightsSha256: await sha256(state.weights.map(({ data }) => data)),
    lab,
  };
  return [
    { name: 'model.json', bytes: json(model.toConfig()) },
    { name: 'weights.safetensors', bytes: encodeSafetensors(state.weights, { format: 'fathom' }) },
    { name: 'run.json', bytes: json(record) },
    { name: 'checkpoint.safetensors', bytes: encodeCheckpoint(withLabState(state, log, means)) },
  ];
}

function json(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

/** Of all weights as float32, one after another. */
async function sha256(weights: readonly Float32Array[]): Promise<string> {
  const bytes = await new Blob(weights.map((values) => Float32Array.from(values))).arrayBuffer();
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
