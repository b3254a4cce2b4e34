import { open, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../data/errors.ts';
import { type IdxArray, parseIdx } from '../../data/idx.ts';
import { gunzipBounded, isGzip } from './gzip.ts';

/**
 * Reads an IDX file, packed with gzip or not; the content decides, not the name.
 *
 * @param maxBytes the most that it may hold unpacked; a larger file or a gzip bomb is turned away
 * @throws DataError when it is too large, damaged or not IDX; the system's error when it cannot be read
 */
export async function readIdxFile(path: string, maxBytes: number): Promise<IdxArray> {
  const bytes = await readBounded(path, maxBytes + GZIP_OVERHEAD + Math.ceil(maxBytes * GZIP_EXPANSION));
  if (isGzip(bytes)) return parseIdx(await gunzipBounded(bytes, { maxBytes, where: path }), path);
  if (bytes.length > maxBytes) throw unlikely(path, maxBytes, `${bytes.length} bytes`);
  return parseIdx(bytes, path);
}

/** Header with a file name, and trailer. */
const GZIP_OVERHEAD = 1024;
/** What cannot be packed grows by five bytes in 16 kB or more. */
const GZIP_EXPANSION = 5 / 16_000;

/**
 * Reads a regular file of at most `maxBytes`.
 *
 * @throws DataError when it is larger or no regular file; the system's error when it cannot be read
 */
export async function readBounded(path: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  // Opening a named pipe would wait for a writer, so the kind comes first.
  const { size, isFile } = await stat(path).then((s) => ({ size: s.size, isFile: s.isFile() }));
  if (!isFile) throw unlikely(path, maxBytes, 'a folder or a device');
  if (size > maxBytes) throw unlikely(path, maxBytes, `${size} bytes`);
  const file = await open(path, 'r');
  try {
    const bytes = new Uint8Array(size);
    let length = 0;
    while (length < size) {
      const { bytesRead } = await file.read(bytes, length, size - length, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    return bytes.subarray(0, length);
  } finally {
    await file.close();
  }
}

/** The path of an IDX file in a folder under one of the names in use, or undefined. */
export async function findIdxFile(folder: string, name: string): Promise<string | undefined> {
  // Some copies are called train-images.idx3-ubyte.
  const dotted = name.replace('-idx', '.idx');
  for (const candidate of [`${name}.gz`, name, `${dotted}.gz`, dotted]) {
    const path = join(folder, candidate);
    try {
      await stat(path);
      return path;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return undefined;
}

/** Whether a system error says that a path does not exist. */
export function isMissing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function unlikely(path: string, maxBytes: number, received: string): DataError {
  return new DataError({
    what: 'the file cannot be what it is taken for',
    where: path,
    expected: `a file of at most ${maxBytes} bytes`,
    received,
    fix: 'Check the path.',
  });
}
