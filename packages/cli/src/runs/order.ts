import { createHash } from 'node:crypto';
import { extname, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Callback } from 'fathom';
import {
  backupAndRestore,
  csvLogger,
  type DatasetName,
  isDatasetName,
  type LoadedDataset,
  tensorBoard,
} from 'fathom/node';
import { CliError, UsageError } from '../errors.ts';
import type { BackendOption, OptimizerOption } from '../options.ts';
import { checkpointFolder, type RunSettings, readSettings } from './unfinished.ts';

/** What `fathom train` is told. */
export type TrainOptions = {
  readonly model: string;
  readonly epochs: number;
  readonly batch: number;
  readonly lr?: number;
  readonly optimizer: OptimizerOption;
  readonly seed: number;
  readonly backend: BackendOption;
  readonly threads?: number;
  readonly limit?: number;
  readonly out?: string;
  readonly checkpointEvery?: number;
  readonly tensorboard?: string;
  readonly csv?: string;
  /** Where the trace of a profile goes; true for the usual place. */
  readonly profile?: string | true;
  readonly json?: boolean;
};

/** What a run needs to know. */
export type Order = TrainOptions & {
  readonly data: DatasetName;
  /** How a run that was cut off was begun, and its folder. */
  readonly earlier?: { readonly settings: RunSettings; readonly folder: string };
};

/** What may be said anew when a run is gone on with: none of it changes what the steps done have led to. */
const WITH_RESUME = ['resume', 'epochs', 'threads', 'checkpointEvery', 'profile', 'json'];

/**
 * What is asked for; of a run that is gone on with, most was said when it was begun.
 *
 * @throws UsageError when something else is said beside, CliError when there is no run to go on with
 */
export async function orderOf(
  data: DatasetName | undefined,
  options: TrainOptions & { readonly resume?: string },
  command: Command,
): Promise<Order> {
  const { resume } = options;
  if (resume === undefined) {
    const { profile } = options;
    // `--profile mnist`: the option has taken what was meant as the data.
    if (data === undefined && typeof profile === 'string' && isDatasetName(profile)) {
      return { ...options, data: profile, profile: true };
    }
    if (data === undefined) throw new UsageError("missing required argument 'data'.");
    return { ...options, data };
  }
  const given = Object.keys(options).filter((name) => command.getOptionValueSource(name) === 'cli');
  const [excess] = given.filter((name) => !WITH_RESUME.includes(name));
  if (excess !== undefined || data !== undefined) {
    throw new UsageError(
      `--resume goes on with a run as it was begun; received ${excess === undefined ? data : `--${excess}`} beside it. Leave it out.`,
    );
  }
  const settings = await readSettings(resume);
  const { threads, profile, json, checkpointEvery = settings.checkpointEvery } = options;
  return {
    data: settings.data,
    model: settings.model,
    epochs: given.includes('epochs') ? options.epochs : settings.epochs,
    batch: settings.batch,
    ...(settings.lr === null ? {} : { lr: settings.lr }),
    optimizer: settings.optimizer,
    seed: settings.seed,
    backend: settings.backend,
    ...(threads === undefined ? {} : { threads }),
    ...(settings.limit === null ? {} : { limit: settings.limit }),
    out: resume,
    ...(checkpointEvery === null ? {} : { checkpointEvery }),
    ...(settings.tensorboard === null ? {} : { tensorboard: settings.tensorboard }),
    ...(settings.csv === null ? {} : { csv: settings.csv }),
    ...(profile === undefined ? {} : { profile }),
    ...(json === undefined ? {} : { json }),
    earlier: { settings, folder: resume },
  };
}

/** Checkpoints, and what was asked for beside. */
export function fileCallbacks({ checkpointEvery, tensorboard, csv }: Order, out: string): Callback[] {
  return [
    ...(tensorboard === undefined
      ? []
      : [tensorBoard({ logDir: tensorboard, histogramFreq: 1, writeImages: true })]),
    ...(csv === undefined ? [] : [csvLogger(csv)]),
    backupAndRestore({
      directory: checkpointFolder(out),
      saveFreq: checkpointEvery ?? 'epoch',
      // Until the run is tested and saved.
      deleteCheckpoint: false,
    }),
  ];
}

/** How a run is begun, for one that goes on with it. Places become absolute: it may be called from elsewhere. */
export function settingsOf(
  options: Order,
  { train: { images, labels } }: LoadedDataset,
  modelConfig: string,
  model: string,
) {
  const hash = createHash('sha256').update(bytesOf(images)).update(bytesOf(labels));
  const absolute = (path: string | undefined) => (path === undefined ? null : resolve(path));
  return {
    format: 1,
    data: options.data,
    dataSha256: hash.digest('hex'),
    model: extname(model) === '' ? model : resolve(model),
    modelConfig,
    epochs: options.epochs,
    batch: options.batch,
    lr: options.lr ?? null,
    optimizer: options.optimizer,
    seed: options.seed,
    limit: options.limit ?? null,
    backend: options.backend,
    checkpointEvery: options.checkpointEvery ?? null,
    tensorboard: absolute(options.tensorboard),
    csv: absolute(options.csv),
  } satisfies RunSettings;
}

function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** @throws CliError when a run would go on with something else than it was begun with */
export function checkSame(before: RunSettings, now: RunSettings, folder: string): void {
  const changed =
    before.dataSha256 !== now.dataSha256
      ? `the data set ${now.data}`
      : before.modelConfig !== now.modelConfig
        ? `the model ${now.model}`
        : undefined;
  if (changed === undefined) return;
  throw new CliError(
    `--resume ${folder}: ${changed} is not what the run was begun with. Restore it, or train anew with another --out.`,
  );
}
