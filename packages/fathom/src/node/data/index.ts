export type { DownloadOptions, DownloadProgress } from './download.ts';
export { gunzipBounded, isGzip } from './gzip.ts';
export { readBounded, readIdxFile } from './idxFile.ts';
export {
  DATASET_NAMES,
  type DatasetName,
  isDatasetName,
  type LoadDatasetOptions,
  loadDataset,
} from './loadDataset.ts';
export { type LoadedDataset, type LoadMnistOptions, loadMnist, MissingDataError } from './mnist.ts';
export { cacheFolder, type MnistName } from './sources.ts';
