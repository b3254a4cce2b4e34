export { type DatasetDescription, describeDataset } from 'fathom';
export { type PreviewSheet, type PreviewSheetOptions, writePreviewSheet } from './previewSheet.ts';
export { readDigitImage } from './readDigitImage.ts';
