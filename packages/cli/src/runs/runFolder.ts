import { mkdir, mkdtemp, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { FileWriteError } from 'fathom/node';
import { CliError, codeOf } from '../errors.ts';
import { CHECKPOINTS, isUnfinished } from './unfinished.ts';

/** What a run's folder holds. `run.json` is put there last, so a folder that has it is whole. */
export const RUN_FILES = ['weights.safetensors', 'model.json', 'run.json'] as const;

/** A folder that a run will be saved to. */
export type RunFolder = {
  readonly path: string;
  /**
   * Saves the run: `write` puts the files of RUN_FILES into a folder of its own, and only when all of them are
   * on the disk they are moved to their place.
   */
  save(write: (folder: string) => Promise<void>): Promise<void>;
  /** Removes what `openRunFolder` made, when nothing was saved. */
  abandon(): Promise<void>;
};

/**
 * Makes sure that a run can be saved at `path` before hours go into it: the folder is there, it may be written, it
 * has room, and nothing but an earlier run is in it.
 *
 * @param bytes about as much as will be written
 * @param resume whether the run that was cut off there is gone on with
 * @throws CliError or FileWriteError when it cannot be
 */
export async function openRunFolder(
  path: string,
  bytes: number,
  { resume = false }: { resume?: boolean } = {},
): Promise<RunFolder> {
  const made = await makeFolder(path);
  try {
    if (made === undefined) await checkContent(path);
    if (!resume && (await isUnfinished(path))) {
      throw new CliError(
        `--out ${path}: a run that was cut off is there. Go on with it by --resume ${path}, or choose another --out.`,
      );
    }
    await tryWriting(path, bytes);
  } catch (error) {
    if (made !== undefined) await removeEmpty(path, made);
    throw error;
  }
  return {
    path,
    async save(write) {
      const stage = await mkdtemp(join(path, STAGE)).catch((error: unknown) => {
        throw new FileWriteError(path, error);
      });
      try {
        await write(stage);
        for (const file of RUN_FILES) await rename(join(stage, file), join(path, file));
      } catch (error) {
        throw codeOf(error) && !(error instanceof FileWriteError) ? new FileWriteError(path, error) : error;
      } finally {
        await rm(stage, { recursive: true, force: true });
      }
    },
    async abandon() {
      if (made !== undefined) await removeEmpty(path, made);
    },
  };
}

/** Beginning of the name of the folder where files wait until all are there. */
const STAGE = '.saving-';

/** Makes the folder; returns the topmost one that was not there before, undefined when it was there. */
async function makeFolder(path: string): Promise<string | undefined> {
  try {
    return await mkdir(path, { recursive: true });
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'EEXIST' && code !== 'ENOTDIR') throw new FileWriteError(path, error);
    throw new CliError(
      `--out ${path}: expected a folder, or a path where one can be made; received a file in its place. ` +
        'Choose another --out.',
    );
  }
}

async function checkContent(path: string): Promise<void> {
  const strangers = (await readdir(path)).filter(
    (name) =>
      !([...RUN_FILES, CHECKPOINTS] as readonly string[]).includes(name) &&
      !name.startsWith('.') &&
      name !== 'lost+found',
  );
  if (strangers.length === 0) return;
  throw new CliError(
    `--out ${path}: expected a new or empty folder, or that of an earlier run; received one with other files ` +
      `(${strangers.slice(0, 3).join(', ')}${strangers.length > 3 ? ', …' : ''}). Choose another --out.`,
  );
}

/** Writes as much as the run will need and removes it: only that knows of quotas and full disks. */
async function tryWriting(path: string, bytes: number): Promise<void> {
  const probe = join(path, `${STAGE}probe-${process.pid}`);
  try {
    const file = await open(probe, 'wx');
    try {
      const piece = Buffer.alloc(PIECE_BYTES, 1);
      for (let left = bytes; left > 0; left -= PIECE_BYTES) {
        await file.writeFile(left < PIECE_BYTES ? piece.subarray(0, left) : piece);
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new FileWriteError(path, error);
  } finally {
    await rm(probe, { force: true });
  }
}

const PIECE_BYTES = 1 << 20;

/** Removes `path` and its parents up to `top`, as long as they are empty. */
async function removeEmpty(path: string, top: string): Promise<void> {
  const last = resolve(top);
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    try {
      await rmdir(folder);
    } catch {
      // Somebody has put something there meanwhile: it stays.
      return;
    }
    if (folder === last) return;
  }
}

/** Whether a path exists and is a folder. */
export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
