import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../data/errors.ts';
import { type Callback, type Checkpoint, decodeCheckpoint, encodeCheckpoint } from '../../train/index.ts';
import { checkInteger } from '../../train/options.ts';
import { FileWriteError, writeFileAtomic } from '../atomic.ts';
import { isMissing } from '../data/idxFile.ts';

export interface BackupAndRestoreOptions {
  /** A folder for nothing else; it is made where it is missing. */
  readonly directory: string;
  /** Saves after each epoch, or each time so many steps of the run are done. Default 'epoch'. */
  readonly saveFreq?: 'epoch' | number | undefined;
  /** Removes the checkpoints when the run has come to its end. Default true. */
  readonly deleteCheckpoint?: boolean | undefined;
}

/**
 * Keeps checkpoints of a run, and goes on from the newest one where there is any: a run that was cut off at any moment,
 * and is started again in the same way, comes to the same weights, bit for bit.
 *
 * A checkpoint holds the weights, the optimizer's state, the seed, the place in the data, what the epoch has measured
 * so far, the history and the state of the other callbacks. The last two are kept. Batches that come from an iterable
 * must be the same each time it is gone through; those that were done are drawn again and left out.
 *
 * @throws DataError when the newest checkpoint is of another model or other data, or all of them are damaged
 * @example
 * await model.fit(x, y, { epochs: 3, callbacks: [backupAndRestore({ directory: 'runs/backup', saveFreq: 100 })] });
 */
export function backupAndRestore(options: BackupAndRestoreOptions): Callback {
  const { directory, saveFreq = 'epoch', deleteCheckpoint = true } = options;
  if (saveFreq !== 'epoch') checkInteger(saveFreq, 1, 'backupAndRestore: saveFreq');
  return {
    name: 'backupAndRestore',
    store: {
      saveFreq,
      load: () => readCheckpoint(directory),
      save: (checkpoint) => writeCheckpoint(directory, checkpoint),
      ...(deleteCheckpoint ? { finish: () => deleteCheckpoints(directory) } : {}),
    },
  };
}

/**
 * The newest whole checkpoint in a folder, undefined where there is none.
 *
 * @throws DataError when there are some, and all are damaged
 * @example
 * const resume = await readCheckpoint('runs/backup');
 * await model.fit(x, y, { epochs: 3, resume });
 */
export async function readCheckpoint(directory: string): Promise<Checkpoint | undefined> {
  const names = await checkpointsIn(directory);
  let failure: unknown;
  for (const name of names) {
    const path = join(directory, name);
    try {
      const bytes = await readFile(path);
      const sum = FILE_NAME.exec(name)![2];
      if (digest(bytes) === sum) return decodeCheckpoint(bytes, path);
      failure ??= new DataError({
        what: 'the checkpoint is damaged',
        where: path,
        expected: `content with the SHA-256 that begins ${sum}, as its name says`,
        received: digest(bytes),
        fix: 'Remove the folder to begin anew.',
      });
    } catch (error) {
      failure ??= error;
    }
  }
  if (failure) throw failure;
  return undefined;
}

/**
 * Writes a checkpoint to a folder as a whole, then removes all but it and the one before.
 *
 * @throws FileWriteError when the disk is full or the like; earlier checkpoints stay as they are
 */
export async function writeCheckpoint(directory: string, checkpoint: Checkpoint): Promise<void> {
  const bytes = encodeCheckpoint(checkpoint);
  await mkdir(directory, { recursive: true }).catch((error: unknown) => {
    throw new FileWriteError(directory, error);
  });
  const step = String(checkpoint.optimizer.steps).padStart(STEP_DIGITS, '0');
  const name = `step-${step}-${digest(bytes)}${ENDING}`;
  await writeFileAtomic(join(directory, name), bytes);
  // A run that went back to an earlier checkpoint leaves later ones behind; what was just written is the newest.
  const others = (await checkpointsIn(directory)).filter((other) => other !== name);
  const [previous] = others.filter((other) => other < name);
  for (const other of others) if (other !== previous) await rm(join(directory, other), { force: true });
  await removeLeftovers(directory);
}

/** Removes the checkpoints of a folder, and the folder where nothing else is in it. */
export async function deleteCheckpoints(directory: string): Promise<void> {
  for (const name of await checkpointsIn(directory)) await rm(join(directory, name), { force: true });
  await removeLeftovers(directory);
  // Something else may be in it, or it was never made.
  await rmdir(directory).catch(() => {});
}

/** step-000000001200-0f3a…safetensors: the steps done, and the SHA-256 of the content. */
const FILE_NAME = /^step-(\d+)-([0-9a-f]{16})\.safetensors$/;
const ENDING = '.safetensors';
const STEP_DIGITS = 12;
const SUM_DIGITS = 16;
/** What a process that was killed while it wrote has left (see writeFileAtomic). */
const LEFTOVER = /^\.step-.*\.tmp$/;

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, SUM_DIGITS);
}

/** The newest first. */
async function checkpointsIn(directory: string): Promise<string[]> {
  return (await listing(directory)).filter((name) => FILE_NAME.test(name)).sort((a, b) => (a < b ? 1 : -1));
}

async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await listing(directory)) {
    if (LEFTOVER.test(name)) await rm(join(directory, name), { force: true });
  }
}

async function listing(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}
