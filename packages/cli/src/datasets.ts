import { type DatasetName, type LoadDatasetOptions, type LoadedDataset, loadDataset } from 'fathom/node';
import { downloadProgress } from './output/download.ts';
import type { Terminal } from './output/terminal.ts';

/** `loadDataset`, showing the progress of downloads, and that something is going on where no server answers. */
export async function loadWithProgress(
  name: DatasetName,
  options: LoadDatasetOptions,
  terminal: Terminal,
): Promise<LoadedDataset> {
  const { onProgress, stop } = downloadProgress(terminal);
  const silence = setTimeout(() => terminal.say(`Asking the network for ${name} ...`), SILENCE_MS);
  try {
    return await loadDataset(name, {
      ...options,
      onProgress(progress) {
        clearTimeout(silence);
        onProgress(progress);
      },
    });
  } finally {
    clearTimeout(silence);
    stop();
  }
}

/** Longer than reading the files from a disk takes. */
const SILENCE_MS = 2000;
