import type { DataChoice } from '../../engine/trainingTypes.ts';
import type { FoundFile } from '../../lib/files.ts';

const PICTURE = /\.(png|jpe?g|webp|gif|bmp|avif)$/i;
const TABLE = /\.(csv|tsv|txt)$/i;
const IDX = /(idx\d-?ubyte|\.idx|\.gz)/i;

/** What files of the user's are, told from their names; an error says what they should be. */
export function choiceOfFiles(
  files: readonly FoundFile[],
  settings: { readonly side: number; readonly channels: 1 | 3; readonly seed: number },
): DataChoice | Error {
  const { seed } = settings;
  if (files.some(({ path }) => PICTURE.test(path))) return { kind: 'pictures', files, ...settings };
  const table = files.find(({ path }) => TABLE.test(path));
  if (table) return { kind: 'csv', file: table.file, seed };
  const idx = files.filter(({ path }) => IDX.test(path));
  if (idx.length > 0) return { kind: 'idx', files: idx.map(({ file }) => file), seed };
  return new Error(
    `${files[0]?.path ?? 'Nothing'} cannot be learned from. Choose a folder with a folder of pictures for each class, two IDX files (pictures and labels), or a CSV file.`,
  );
}
