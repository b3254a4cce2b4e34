export { type DatasetDescription, describe } from 'fathom';
export { type PreviewSheet, type PreviewSheetOptions, writePreviewSheet } from './previewSheet.ts';
export { readDigitImage } from './readDigitImage.ts';
