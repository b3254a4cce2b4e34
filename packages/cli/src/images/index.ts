export { type DatasetDescription, describeDataset } from 'fathom';
export { type PreviewSheet, type PreviewSheetOptions, writePreviewSheet } from './previewSheet.ts';
export { readDigitImage, readPicture } from './readDigitImage.ts';
