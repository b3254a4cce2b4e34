import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DataError } from '../../data/errors.ts';

/** Whether the bytes begin as a gzip file does. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/**
 * Unpacks gzip into at most `maxBytes`.
 *
 * Unpacking stops as soon as the limit is passed: a small file that would unpack into gigabytes costs no more than
 * the limit. The length that gzip files carry at their end is not asked; in one cut off, any four bytes stand there.
 *
 * @param where names the bytes in error messages, usually the path of the file
 * @throws DataError when the data is larger, truncated or not gzip
 */
export async function gunzipBounded(
  bytes: Uint8Array,
  { maxBytes, where }: { maxBytes: number; where: string },
): Promise<Uint8Array> {
  if (bytes.length < MIN_GZIP_BYTES || !isGzip(bytes)) {
    throw new DataError({
      what: 'this is not a gzip file',
      where: `${where}, offset 0`,
      expected: `the bytes 1f 8b and at least ${MIN_GZIP_BYTES} bytes in all`,
      received: `${bytes.length} bytes`,
      fix: 'Fetch the file again.',
    });
  }
  try {
    return await unpack(bytes, { maxOutputLength: maxBytes, chunkSize: CHUNK_BYTES });
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge(where, maxBytes);
    throw new DataError(
      {
        what: 'the gzip data is damaged',
        where,
        expected: 'a whole gzip file',
        received: `${bytes.length} bytes that do not unpack (${error instanceof Error ? error.message : error})`,
        fix: 'Fetch the file again; it may have been cut off.',
      },
      { cause: error },
    );
  }
}

const unpack = promisify(gunzip);

/** A header of ten bytes, an empty block of two and a trailer of eight. */
const MIN_GZIP_BYTES = 20;
const CHUNK_BYTES = 1 << 18;

function tooLarge(where: string, maxBytes: number): DataError {
  return new DataError({
    what: 'the gzip data unpacks to more than it may',
    where,
    expected: `at most ${maxBytes} bytes`,
    received: 'more',
    fix: 'Check that the file is the one you mean; it may be a gzip bomb.',
  });
}
