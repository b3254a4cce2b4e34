import { mkdir, readFile, rm, rmdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type DatasetName,
  deleteCheckpoints,
  FileWriteError,
  isDatasetName,
  writeFileAtomic,
} from 'fathom/node';
import { CliError, codeOf } from '../errors.ts';
import { BACKENDS, type BackendOption, OPTIMIZERS, type OptimizerOption } from '../options.ts';

/** In a run's folder, while it trains: its checkpoints, and how it was begun. */
export const CHECKPOINTS = 'checkpoints';
const SETTINGS = 'settings.json';
/** The lab's own, beside the files of a run. Its networks and data have no names that the command line knows. */
const LAB_CHECKPOINT = 'checkpoint.safetensors';

/** How a run was begun: enough to go on with it from its checkpoints. */
export type RunSettings = {
  /** Of this file's layout. */
  readonly format: 1;
  readonly data: DatasetName;
  /** Of images and labels: other data would give another run. */
  readonly dataSha256: string;
  readonly model: string;
  /** As JSON: a model file may have been changed since. */
  readonly modelConfig: string;
  readonly epochs: number;
  readonly batch: number;
  readonly lr: number | null;
  readonly optimizer: OptimizerOption;
  readonly seed: number;
  readonly limit: number | null;
  readonly backend: BackendOption;
  /** Steps between two checkpoints; null for one after each epoch. */
  readonly checkpointEvery: number | null;
  readonly tensorboard: string | null;
  readonly csv: string | null;
};

export function checkpointFolder(run: string): string {
  return join(run, CHECKPOINTS);
}

/** @throws FileWriteError when the disk is full or the like */
export async function writeSettings(run: string, settings: RunSettings): Promise<void> {
  const folder = checkpointFolder(run);
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw new FileWriteError(folder, error);
  });
  await writeFileAtomic(join(folder, SETTINGS), `${JSON.stringify(settings, null, 2)}\n`);
}

/** Removes checkpoints and settings; files of others stay. */
export async function forgetCheckpoints(run: string): Promise<void> {
  const folder = checkpointFolder(run);
  await deleteCheckpoints(folder);
  await rm(join(folder, SETTINGS), { force: true });
  // Something else may be in it, or it was never made.
  await rmdir(folder).catch(() => {});
}

/** Whether a run in this folder was cut off. */
export async function isUnfinished(run: string): Promise<boolean> {
  return stat(join(checkpointFolder(run), SETTINGS)).then(
    () => true,
    () => false,
  );
}

/**
 * How the run in a folder was begun.
 *
 * @throws CliError when there is none that was cut off, or its settings are damaged
 */
export async function readSettings(run: string): Promise<RunSettings> {
  const path = join(checkpointFolder(run), SETTINGS);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT' && code !== 'ENOTDIR') throw new CliError(`cannot read ${path}: ${error}.`);
    const [finished, ofLab] = await Promise.all(
      ['run.json', LAB_CHECKPOINT].map((name) => stat(join(run, name)).catch(() => undefined)),
    );
    if (finished && ofLab) {
      throw new CliError(
        `--resume ${run}: the lab has saved this run, and goes on with it: fathom lab, room Train, "Open run …".`,
      );
    }
    throw new CliError(
      finished
        ? `--resume ${run}: the run is finished; there is nothing left to go on with.`
        : `--resume ${run}: expected the folder of a run that was cut off, with ${CHECKPOINTS}/${SETTINGS}; received none. Check the path.`,
    );
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const problem = problemOf(value);
  if (problem === undefined) return value as RunSettings;
  throw new CliError(
    `the run cannot be gone on with (${path}): expected its settings, received ${problem}. Train again, or restore the file.`,
  );
}

function problemOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'no JSON object';
  const settings = value as Partial<Record<keyof RunSettings, unknown>>;
  if (settings.format !== 1) return `format ${JSON.stringify(settings.format)}, where this version reads 1`;
  if (typeof settings.data !== 'string' || !isDatasetName(settings.data)) return 'no name of a data set';
  for (const name of ['dataSha256', 'model', 'modelConfig'] as const) {
    if (typeof settings[name] !== 'string') return `no ${name}`;
  }
  for (const name of ['epochs', 'batch', 'seed'] as const) {
    if (!Number.isSafeInteger(settings[name])) return `no ${name}`;
  }
  for (const name of ['limit', 'checkpointEvery'] as const) {
    if (settings[name] !== null && !Number.isSafeInteger(settings[name])) return `no ${name}`;
  }
  for (const name of ['tensorboard', 'csv'] as const) {
    if (settings[name] !== null && typeof settings[name] !== 'string') return `no ${name}`;
  }
  if (settings.lr !== null && typeof settings.lr !== 'number') return 'no lr';
  if (!OPTIMIZERS.some((optimizer) => optimizer === settings.optimizer)) return 'no optimizer';
  if (!BACKENDS.some((backend) => backend === settings.backend)) return 'no backend';
  return undefined;
}
