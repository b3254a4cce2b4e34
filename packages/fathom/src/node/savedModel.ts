import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../data/errors.ts';
import { encodeSafetensors } from '../io/safetensors.ts';
import type { Symbolics, SymbolicTensor } from '../nn/symbolic.ts';
import {
  type FromConfigOptions,
  loadWeights,
  type Model,
  modelFromConfig,
  type TrainedModel,
} from '../train/index.ts';
import { FileWriteError, writeFileAtomic } from './atomic.ts';
import { isMissing, readBounded } from './data/idxFile.ts';

/** The two files of a saved model, in a folder of its own. */
export const MODEL_FILE = 'model.json';
export const WEIGHTS_FILE = 'weights.safetensors';

/** What is saved of a model. */
type Savable = Pick<TrainedModel, 'toConfig' | 'getWeights'>;

/**
 * Saves a model in a folder, which is made where it is missing: its layers and how it was compiled in `model.json`,
 * its weights in `weights.safetensors`. Each file is replaced as a whole, or, on an error, not at all. The state of
 * the optimizer is not saved.
 *
 * @throws FileWriteError when the disk is full or the like, Error when the model holds a function of the user's
 * @example
 * await saveModel(model, 'runs/digits');
 */
export async function saveModel(model: Savable, folder: string): Promise<void> {
  // Both are made before anything is written, so that a model that cannot be saved leaves nothing behind.
  const config = `${JSON.stringify(model.toConfig(), null, 2)}\n`;
  const weights = encodeSafetensors(await model.getWeights(), { format: 'fathom' });
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new FileWriteError(folder, error);
  });
  await writeFileAtomic(join(folder, WEIGHTS_FILE), weights);
  // Written last: a folder with this file holds a whole model.
  await writeFileAtomic(join(folder, MODEL_FILE), config);
}

/**
 * The model that was saved in a folder, compiled if it was.
 *
 * @param options where it computes, and makers of its layers that are not the library's
 * @throws DataError when the folder holds no model, or a damaged one
 * @example
 * const model = await loadModel('runs/digits');
 * await model.predict(images);
 */
export async function loadModel<O extends Symbolics = SymbolicTensor>(
  folder: string,
  options: Omit<FromConfigOptions, 'where'> = {},
): Promise<Model<O>> {
  const path = join(folder, MODEL_FILE);
  const text = new TextDecoder().decode(await readPart(path, MOST_CONFIG_BYTES, folder));
  let config: unknown;
  try {
    config = JSON.parse(text);
  } catch (error) {
    throw new DataError({
      what: 'the file is damaged',
      where: path,
      expected: 'JSON',
      received: (error as Error).message,
      fix: 'Save the model again.',
    });
  }
  const model = modelFromConfig<O>(config, { ...options, where: path });
  const weightsPath = join(folder, WEIGHTS_FILE);
  await loadWeights(model, await readPart(weightsPath, MOST_WEIGHT_BYTES, folder), weightsPath);
  return model;
}

/** No model that a person wrote is described by more. */
const MOST_CONFIG_BYTES = 16 * 2 ** 20;
/** What one typed array can hold on every engine. */
const MOST_WEIGHT_BYTES = 2 ** 32 - 1;

async function readPart(path: string, maxBytes: number, folder: string): Promise<Uint8Array> {
  try {
    return await readBounded(path, maxBytes);
  } catch (error) {
    if (!isMissing(error)) throw error;
    throw new DataError({
      what: 'there is no saved model',
      where: folder,
      expected: `the files ${MODEL_FILE} and ${WEIGHTS_FILE}`,
      received: `no ${path}`,
      fix: 'Pass the folder that a model was saved in.',
    });
  }
}
