export { type BatchOptions, batchCount, batches } from './batches.ts';
export { type ColumnTaker, columnsOfInputs, isStoredColumns, type StoredColumns } from './columns.ts';
export {
  type ColumnStatistics,
  type CsvSample,
  type CsvSampleOptions,
  csvSample,
  originalRow,
  parseCsv,
  standardizeRow,
} from './csv.ts';
export {
  checkFinite,
  checkLabels,
  createDataset,
  type Dataset,
  gatherSamples,
  type ImageValues,
  type LabelValues,
  sampleSize,
  sliceSamples,
} from './dataset.ts';
export { type DatasetDescription, describeDataset } from './describe.ts';
export { type DigitImage, digitFromPixels, type PixelImage } from './digitImage.ts';
export { type DigitImages, type SyntheticDigitsOptions, syntheticDigits } from './digits/index.ts';
export { DataError, type DataErrorParts } from './errors.ts';
export {
  encodeIdx,
  type IdxArray,
  type IdxDType,
  type IdxHeader,
  idxPayloadLength,
  parseIdx,
  parseIdxHeader,
} from './idx.ts';
export { meanAndStd, normalize, normalizeImages, standardize } from './normalize.ts';
export { oneHot } from './oneHot.ts';
export {
  lifeExpectancy,
  PLANE_EXTENT,
  type PlanePoint,
  type PlanePointsOptions,
  type PlaneSet,
  planePoints,
} from './planePoints.ts';
export { permutation, philox4x32 } from './random.ts';
export { shuffle } from './shuffle.ts';
export { split } from './split.ts';
