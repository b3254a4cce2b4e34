/**
 * CRC-32C (Castagnoli) of some bytes, which the records of TensorFlow carry; Node's own `crc32` has another polynomial.
 *
 * Specification: RFC 3720, appendix B.4.
 *
 * @example
 * crc32c(new TextEncoder().encode('123456789')); // 3808858755
 */
export function crc32c(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The polynomial 0x1edc6f41, its bits reversed. */
const POLYNOMIAL = 0x82f63b78;

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? POLYNOMIAL ^ (crc >>> 1) : crc >>> 1;
  return crc;
});
