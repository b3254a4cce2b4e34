import { inflate } from './inflate.ts';

/** A file inside of a zip file. */
export interface ZippedFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Puts files into one zip file, unpacked as they are: weights hardly get smaller. Names are ASCII, sizes below 4 GB.
 *
 * Format: PKWARE, .ZIP File Format Specification, 4.3.6 to 4.3.16.
 */
export function zip(files: readonly ZippedFile[]): Uint8Array<ArrayBuffer> {
  const locals: Uint8Array[] = [];
  const central: Uint8Array[] = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const title = new TextEncoder().encode(name);
    const facts = [VERSION, 0, 0, 0, JANUARY_1980, crc32(bytes)] as const;
    const sizes = [bytes.length, bytes.length] as const;
    const local = record('42222244422', [LOCAL, ...facts, ...sizes, title.length, 0]);
    locals.push(local, title, bytes);
    central.push(
      record('42222224442222244', [
        ...[CENTRAL, VERSION, ...facts, ...sizes, title.length],
        ...[0, 0, 0, 0, 0, offset],
      ]),
      title,
    );
    offset += local.length + title.length + bytes.length;
  }
  const size = central.reduce((sum, { length }) => sum + length, 0);
  const end = record('42222442', [END, 0, 0, files.length, files.length, size, offset, 0]);
  return join([...locals, ...central, end]);
}

/**
 * The files in a zip file, packed or not.
 *
 * @param where its name, for messages
 * @throws Error with a message for the user when it is damaged, or its files take more than `most` bytes
 */
export async function unzip(
  bytes: Uint8Array<ArrayBuffer>,
  where: string,
  most: number,
): Promise<ZippedFile[]> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    let end = bytes.length - 22;
    while (view.getUint32(end, true) !== END) end--;
    const files: ZippedFile[] = [];
    let at = view.getUint32(end + 16, true);
    let left = most;
    for (let count = view.getUint16(end + 10, true); count > 0; count--) {
      if (view.getUint32(at, true) !== CENTRAL) throw new Error('no list of files');
      const method = view.getUint16(at + 10, true);
      const [crc, packed] = [view.getUint32(at + 16, true), view.getUint32(at + 20, true)];
      const lengths = [28, 30, 32].map((place) => view.getUint16(at + place, true));
      const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + lengths[0]!));
      const local = view.getUint32(at + 42, true);
      const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      const content = bytes.slice(start, start + packed);
      const whole = method === 0 ? content : await inflate(content, 'deflate-raw', left, name);
      if (crc32(whole) !== crc) throw new Error(`${name} is not what it was`);
      left -= whole.length;
      files.push({ name, bytes: whole });
      at += 46 + lengths.reduce((sum, length) => sum + length, 0);
    }
    return files;
  } catch (error) {
    throw new Error(
      `${where}: this zip file is damaged (${(error as Error).message}). Save it again, or unpack it and choose the files in it.`,
    );
  }
}

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
/** 2.0 of the format: files as they are, or deflated. */
const VERSION = 20;
/** As MS-DOS counts days. */
const JANUARY_1980 = 0x21;

/** Numbers one after another, of so many bytes each, least significant byte first. */
function record(widths: string, values: readonly number[]): Uint8Array {
  const bytes = [...widths].flatMap((width, i) =>
    Array.from({ length: Number(width) }, (_, byte) => (values[i]! >>> (8 * byte)) & 0xff),
  );
  return Uint8Array.from(bytes);
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

let table: Uint32Array | undefined;

/** ISO 3309, as zip and PNG have it. */
function crc32(bytes: Uint8Array): number {
  table ??= Uint32Array.from({ length: 256 }, (_, n) => {
    let c = n;
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
    return c;
  });
  let crc = 0xffffffff;
  for (const byte of bytes) crc = table[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return ~crc >>> 0;
}
