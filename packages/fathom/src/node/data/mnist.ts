import { join } from 'node:path';
import { createDataset, type Dataset } from '../../data/dataset.ts';
import { DataError } from '../../data/errors.ts';
import type { IdxArray } from '../../data/idx.ts';
import { type DownloadOptions, downloadFile, sha256 } from './download.ts';
import { findIdxFile, isMissing, readBounded, readIdxFile } from './idxFile.ts';
import {
  cacheFolder,
  MNIST_SOURCES,
  type MnistFile,
  type MnistName,
  type MnistPart,
  type MnistSource,
} from './sources.ts';

export type LoadMnistOptions = DownloadOptions & {
  /** The folder that holds `mnist/` and `fashion-mnist/`; by default the environment variable FATHOM_DATA. */
  readonly dataDir?: string | undefined;
  /** Where downloads are kept; by default `$XDG_CACHE_HOME/fathom` or `~/.cache/fathom`. */
  readonly cacheDir?: string;
  /** Folders on the web to try instead of the well-known ones; each ends with a slash. */
  readonly mirrors?: readonly string[];
  /** False never asks the network. */
  readonly download?: boolean;
};

export type LoadedDataset = {
  readonly train: Dataset<Uint8Array>;
  readonly test: Dataset<Uint8Array>;
  /** One line for the user: where the data comes from. */
  readonly source: string;
};

/** A data set that is neither on the machine nor to be had from the network. */
export class MissingDataError extends DataError {
  override name = 'MissingDataError';
}

/**
 * Loads MNIST or Fashion-MNIST: 60,000 and 10,000 grey images of 28×28 bytes, 0 (ground) … 255, in ten classes.
 *
 * Looks into `dataDir/<name>` for the four IDX files, packed or not; then into the cache; then downloads the
 * original files, checks their SHA-256 and keeps them in the cache.
 *
 * @returns images [60000, 28, 28, 1] and [10000, 28, 28, 1]
 * @throws MissingDataError when no place has it, saying which were tried; DataError when a file is damaged
 * @example
 * const { train, test } = await loadMnist('mnist');
 */
export async function loadMnist(name: MnistName, options: LoadMnistOptions = {}): Promise<LoadedDataset> {
  return loadIdxDataset(name, MNIST_SOURCES[name], options);
}

/** `loadMnist` for any source that is laid out alike. */
export async function loadIdxDataset(
  name: string,
  source: MnistSource,
  options: LoadMnistOptions = {},
): Promise<LoadedDataset> {
  const { dataDir = process.env.FATHOM_DATA || undefined, cacheDir = cacheFolder() } = options;
  const tried: string[] = [];
  if (dataDir === undefined) {
    tried.push('the environment variable FATHOM_DATA (not set)');
  } else {
    const folder = join(dataDir, name);
    const paths = await findAll(folder, source);
    if (paths) {
      return { ...(await readDataset(name, source, paths)), source: `${source.title} from ${folder}` };
    }
    tried.push(`${folder} (no such files)`);
  }
  const folder = join(cacheDir, name);
  const origin = await fillCache(source, folder, tried, options);
  const paths = Object.fromEntries(source.files.map((file) => [file.part, join(folder, `${file.name}.gz`)]));
  return {
    ...(await readDataset(name, source, paths as Paths)),
    source: `${source.title} ${origin ? `downloaded from ${origin} to ${folder}` : `from the cache ${folder}`}`,
  };
}

type Paths = Record<MnistPart, string>;

/**
 * The four files in a folder of the user's; undefined when none of them is there.
 *
 * @throws DataError when only some are there: that is a mistake which a download would hide
 */
async function findAll(folder: string, source: MnistSource): Promise<Paths | undefined> {
  const found = await Promise.all(
    source.files.map(async (file) => ({ file, path: await findIdxFile(folder, file.name) })),
  );
  const missing = found.filter(({ path }) => path === undefined).map(({ file }) => file.name);
  if (missing.length === found.length) return undefined;
  if (missing.length > 0) {
    throw new DataError({
      what: `${source.title} is incomplete`,
      where: folder,
      expected: `${found.length} IDX files, each as NAME or NAME.gz`,
      received: `a folder without ${missing.join(', ')}`,
      fix: 'Add what is missing, or move the folder away to have all of them downloaded.',
    });
  }
  return Object.fromEntries(found.map(({ file, path }) => [file.part, path])) as Paths;
}

/**
 * Downloads into the cache what is not there or damaged.
 *
 * @returns where it was downloaded from, undefined when the cache had it all
 */
async function fillCache(
  source: MnistSource,
  folder: string,
  tried: readonly string[],
  options: LoadMnistOptions,
): Promise<string | undefined> {
  const { mirrors = source.mirrors, download = true } = options;
  let origin: string | undefined;
  for (const file of source.files) {
    const packed = { ...file, name: `${file.name}.gz` };
    const path = join(folder, packed.name);
    const state = await cacheState(path, file);
    if (state === 'intact') continue;
    const places = [...tried, `${path} (${state})`];
    if (!download) throw missingDataset(source, folder, [...places, 'the network (not asked)']);
    const result = await downloadFile(packed, path, mirrors, options);
    if ('failures' in result) throw missingDataset(source, folder, [...places, ...result.failures]);
    origin ??= new URL('.', result.url).href;
  }
  return origin;
}

async function cacheState(path: string, file: MnistFile): Promise<'intact' | 'no such file' | 'damaged'> {
  try {
    return sha256(await readBounded(path, file.bytes)) === file.sha256 ? 'intact' : 'damaged';
  } catch (error) {
    if (isMissing(error)) return 'no such file';
    if (error instanceof DataError) return 'damaged';
    throw error;
  }
}

async function readDataset(
  name: string,
  source: MnistSource,
  paths: Paths,
): Promise<Omit<LoadedDataset, 'source'>> {
  const arrays = await Promise.all(
    source.files.map(async (file) => {
      const path = paths[file.part];
      return [file.part, { path, ...(await readIdxFile(path, file.unpackedBytes)) }] as const;
    }),
  );
  const parts = Object.fromEntries(arrays) as Record<MnistPart, IdxArray & { path: string }>;
  const assemble = (images: MnistPart, labels: MnistPart, split: string) =>
    createDataset({
      name: `${name} ${split}`,
      images: bytesOf(parts[images], [null, IMAGE_SIDE, IMAGE_SIDE]),
      labels: bytesOf(parts[labels], [null]),
      shape: [IMAGE_SIDE, IMAGE_SIDE, 1],
      classes: source.classes,
    });
  return {
    train: assemble('trainImages', 'trainLabels', 'train'),
    test: assemble('testImages', 'testLabels', 'test'),
  };
}

const IMAGE_SIDE = 28;

/** The bytes of an IDX array that must have this shape; null stands for any number of samples. */
function bytesOf(array: IdxArray & { path: string }, shape: readonly (number | null)[]): Uint8Array {
  const fits =
    array.shape.length === shape.length &&
    shape.every((extent, axis) => extent === null || extent === array.shape[axis]);
  if (array.dtype !== 'uint8' || !fits) {
    throw new DataError({
      what: 'the IDX file holds another kind of data',
      where: array.path,
      expected: `uint8 [${shape.map((extent) => extent ?? 'N').join(',')}]`,
      received: `${array.dtype} [${array.shape.join(',')}]`,
      fix: 'Check that images and labels are not mixed up.',
    });
  }
  return array.data;
}

function missingDataset(source: MnistSource, folder: string, tried: readonly string[]): MissingDataError {
  return new MissingDataError({
    what: `${source.title} is not on this machine and could not be downloaded`,
    where: folder,
    expected: 'the four IDX files in one of the places that were tried',
    received: 'none of them',
    fix:
      `Connect to the network and try again; or put ${source.files.map(({ name }) => `${name}.gz`).join(', ')} ` +
      `into ${folder}; or use the built-in data set 'digits', which needs no files. ` +
      `Tried:\n${tried.map((place) => `  - ${place}`).join('\n')}`,
  });
}
