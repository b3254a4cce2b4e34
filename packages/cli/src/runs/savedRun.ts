import { type Backend, losses, type Model } from 'fathom';
import { loadModel } from 'fathom/node';
import { CliError } from '../errors.ts';
import { endsInSoftmax, weightsSha256 } from '../training.ts';
import { type RunRecord, readRecord } from './record.ts';

/** A run that was saved: its model with its weights, and what is known about it. */
export type SavedRun = { readonly model: Model; readonly record: RunRecord };

/**
 * Reads a run and makes its model ready to predict and to be tested.
 *
 * @throws CliError or DataError when there is no run, or its files are damaged or do not belong together
 */
export async function loadRun(folder: string, backend: Backend): Promise<SavedRun> {
  const run = await readRun(folder);
  run.model.compile({
    loss: losses.sparseCategoricalCrossentropy({ fromLogits: !endsInSoftmax(run.model) }),
    metrics: ['accuracy'],
    backend,
  });
  return run;
}

/** Reads a run without anything to compute on. */
export async function readRun(folder: string): Promise<SavedRun> {
  const record = await readRecord(folder);
  const model = await loadModel(folder);
  if ((await weightsSha256(model)) !== record.weightsSha256) {
    throw new CliError(
      `the run at ${folder} is damaged: expected weights with the SHA-256 that run.json states; ` +
        'received others. The files are of different runs: train again, or restore them.',
    );
  }
  return { model, record };
}

/** Throws unless a model can be shown samples of this shape and tells the classes apart. */
export function checkSamples(
  { model, record }: SavedRun,
  data: { readonly name: string; readonly shape: readonly number[]; readonly classes: readonly string[] },
): void {
  const size = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);
  const takes = model.inputShape ?? [];
  if (size(takes) !== size(data.shape) || record.data.classes.length !== data.classes.length) {
    throw new CliError(
      `the run does not fit the data set ${data.name}: expected samples of shape [${takes.join(', ')}] in ` +
        `${record.data.classes.length} classes; received [${data.shape.join(', ')}] in ${data.classes.length}.`,
    );
  }
}
