import { type DatasetName, type LoadDatasetOptions, type LoadedDataset, loadDataset } from 'fathom/node';
import { downloadProgress } from './output/download.ts';
import type { Terminal } from './output/terminal.ts';

/** `loadDataset`, showing the progress of downloads. */
export async function loadWithProgress(
  name: DatasetName,
  options: LoadDatasetOptions,
  terminal: Terminal,
): Promise<LoadedDataset> {
  const { onProgress, stop } = downloadProgress(terminal);
  try {
    return await loadDataset(name, { ...options, onProgress });
  } finally {
    stop();
  }
}
