import { crc32c } from './crc32c.ts';

/**
 * A record of a TFRecord file: the length of the data as 64-bit integer, its checksum, the data, their checksum;
 * everything little-endian.
 *
 * Format: tensorflow.org/tutorials/load_data/tfrecord, "TFRecords format details".
 *
 * @param data [n] bytes
 * @returns [n + 16] bytes
 */
export function frameRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(LENGTH_BYTES + SUM_BYTES + data.length + SUM_BYTES);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(LENGTH_BYTES, maskedCrc(record.subarray(0, LENGTH_BYTES)), true);
  record.set(data, LENGTH_BYTES + SUM_BYTES);
  view.setUint32(LENGTH_BYTES + SUM_BYTES + data.length, maskedCrc(data), true);
  return record;
}

const LENGTH_BYTES = 8;
const SUM_BYTES = 4;

/** Rotated and shifted, since checksums of data that hold checksums are weak. */
function maskedCrc(data: Uint8Array): number {
  const crc = crc32c(data);
  return (((crc >>> 15) | (crc << 17)) + MASK) >>> 0;
}

const MASK = 0xa282ead8;
