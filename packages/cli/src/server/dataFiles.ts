import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder, type MnistName } from 'fathom/node';
import { describeFile, type OwnFile } from './ownFiles.ts';

/** The IDX files of the data sets that are on this machine, by URL path, as `/data/mnist/train-images-idx3-ubyte`. */
export async function findDataFiles(): Promise<{ names: MnistName[]; files: Map<string, OwnFile> }> {
  const names: MnistName[] = [];
  const files = new Map<string, OwnFile>();
  for (const name of NAMES) {
    for (const base of [process.env.FATHOM_DATA, cacheFolder()]) {
      const paths = base ? await Promise.all(PARTS.map((part) => find(join(base, name), part))) : [];
      if (paths.length === 0 || paths.includes(undefined)) continue;
      names.push(name);
      for (const [i, part] of PARTS.entries()) {
        files.set(`/data/${name}/${part}`, await describeFile(paths[i]!));
      }
      break;
    }
  }
  return { names, files };
}

const NAMES = ['mnist', 'fashion-mnist'] as const;
const PARTS = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
];

/** Packed or not: the page looks at the content. */
async function find(folder: string, part: string): Promise<string | undefined> {
  for (const path of [join(folder, `${part}.gz`), join(folder, part)]) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  return undefined;
}
