import type { Picture } from '../pictures.ts';

/** Colours of 256 levels: three bytes each. */
type Palette = Uint8Array;

/**
 * A picture as a PNG file, uncompressed but for its container: small pictures gain nothing from more. Numbers of both
 * signs are drawn from blue over white to orange; others in grey.
 *
 * Format: T. Boutell et al., PNG specification, RFC 2083 (1997).
 *
 * @example
 * const bytes = inspect.encodePng(inspect.picture('four', 2, 2, [0, 1, 2, 3]));
 * bytes.subarray(1, 4); // [80, 78, 71]
 */
export function encodePng({ width, height, channels, pixels, scaling }: Picture): Uint8Array {
  const palette = channels === 1 && scaling === 'symmetric' ? DIVERGING : undefined;
  const colourType = palette ? 3 : channels === 3 ? 2 : 0;
  const rows = new Uint8Array(height * (1 + width * channels));
  for (let row = 0; row < height; row++) {
    // Each row begins with its filter: none.
    rows.set(
      pixels.subarray(row * width * channels, (row + 1) * width * channels),
      row * (1 + width * channels) + 1,
    );
  }
  const header = [...word(width), ...word(height), 8, colourType, 0, 0, 0];
  return Uint8Array.from([
    ...SIGNATURE,
    ...chunk('IHDR', header),
    ...(palette ? chunk('PLTE', palette) : []),
    ...chunk('IDAT', stored(rows)),
    ...chunk('IEND', []),
  ]);
}

/** The same as an address for an image in a page. */
export function pngUrl(picture: Picture): string {
  return `data:image/png;base64,${base64(encodePng(picture))}`;
}

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const NEGATIVE = [33, 102, 172];
const ZERO = [247, 247, 247];
const POSITIVE = [217, 95, 2];
const DIVERGING: Palette = Uint8Array.from({ length: 3 * 256 }, (_, i) => {
  const t = Math.floor(i / 3) / 127.5 - 1;
  const end = t < 0 ? NEGATIVE : POSITIVE;
  return Math.round(ZERO[i % 3]! + (end[i % 3]! - ZERO[i % 3]!) * Math.abs(t));
});

/** zlib data without compression: blocks of at most 65,535 bytes, and a checksum. */
function stored(data: Uint8Array): number[] {
  const bytes = [0x78, 0x01];
  for (let start = 0; start < data.length; start += MOST_STORED) {
    const part = data.subarray(start, start + MOST_STORED);
    const isLast = start + MOST_STORED >= data.length;
    const size = part.length;
    bytes.push(Number(isLast), size & 255, size >> 8, ~size & 255, (~size >> 8) & 255, ...part);
  }
  let [a, b] = [1, 0];
  for (const byte of data) {
    a = (a + byte) % ADLER;
    b = (b + a) % ADLER;
  }
  return [...bytes, ...word(((b << 16) | a) >>> 0)];
}

const MOST_STORED = 65535;
const ADLER = 65521;

function chunk(type: string, data: ArrayLike<number>): number[] {
  const body = [...[...type].map((letter) => letter.charCodeAt(0)), ...Array.from(data)];
  return [...word(data.length), ...body, ...word(crc32(body))];
}

function word(value: number): number[] {
  return [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function crc32(bytes: readonly number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

function base64(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
