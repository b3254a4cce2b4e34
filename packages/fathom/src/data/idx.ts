import { DataError } from './errors.ts';

/** The element types that the IDX format knows, by the names used here. */
export type IdxDType = 'uint8' | 'int8' | 'int16' | 'int32' | 'float32' | 'float64';

type IdxData = {
  uint8: Uint8Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  float32: Float32Array;
  float64: Float64Array;
};

/** One IDX array: `data` is row-major and has as many elements as `shape` says. */
export type IdxArray = {
  [T in IdxDType]: { readonly dtype: T; readonly shape: readonly number[]; readonly data: IdxData[T] };
}[IdxDType];

/**
 * Reads an IDX file, the format in which MNIST is published.
 *
 * Layout, all integers big-endian: two zero bytes, a type code, the rank r, r extents of 32 bits, then the
 * elements. The length must fit exactly. Nothing is allocated before it has been checked against the bytes that
 * are there, so a lying header costs nothing. Data of type uint8 is a view of `bytes`, not a copy.
 *
 * Source: Y. LeCun, C. Cortes, C. Burges, The MNIST database of handwritten digits, "File formats".
 *
 * @param where names the bytes in error messages, usually the path of the file
 * @throws DataError on a bad magic number, a truncated header, or a length that differs from the header's
 * @example
 * const { dtype, shape } = parseIdx(encodeIdx('uint8', [2, 3], [1, 2, 3, 4, 5, 6])); // 'uint8', [2, 3]
 */
export function parseIdx(bytes: Uint8Array, where = 'IDX data'): IdxArray {
  const { dtype, shape, dataOffset } = parseIdxHeader(bytes, where);
  const expectedLength = dataOffset + idxPayloadLength(dtype, shape);
  if (bytes.length !== expectedLength) {
    throw new DataError({
      what: bytes.length < expectedLength ? 'IDX data is truncated' : 'IDX data has bytes left over',
      where: `${where}, data from offset ${dataOffset}`,
      expected: `${describeBytes(expectedLength)} for ${dtype} [${shape.join(',')}]`,
      received: describeBytes(bytes.length),
      fix: 'Fetch the file again; its header and its length disagree.',
    });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + dataOffset, bytes.length - dataOffset);
  switch (dtype) {
    case 'uint8':
      return { dtype, shape, data: new Uint8Array(view.buffer, view.byteOffset, view.byteLength) };
    case 'int8':
      return { dtype, shape, data: new Int8Array(view.buffer, view.byteOffset, view.byteLength).slice() };
    case 'int16':
      return { dtype, shape, data: read(new Int16Array(view.byteLength / 2), (i) => view.getInt16(i)) };
    case 'int32':
      return { dtype, shape, data: read(new Int32Array(view.byteLength / 4), (i) => view.getInt32(i)) };
    case 'float32':
      return { dtype, shape, data: read(new Float32Array(view.byteLength / 4), (i) => view.getFloat32(i)) };
    case 'float64':
      return { dtype, shape, data: read(new Float64Array(view.byteLength / 8), (i) => view.getFloat64(i)) };
    default:
      return dtype satisfies never;
  }
}

export type IdxHeader = {
  readonly dtype: IdxDType;
  readonly shape: readonly number[];
  /** Where the elements begin: 4 + 4 · rank. */
  readonly dataOffset: number;
};

/**
 * Reads only the header of an IDX file; `bytes` may stop after it.
 *
 * @throws DataError on a bad magic number or a truncated header
 */
export function parseIdxHeader(bytes: Uint8Array, where = 'IDX data'): IdxHeader {
  if (bytes.length < MAGIC_BYTES) throw truncatedHeader(where, MAGIC_BYTES, bytes.length);
  const code = bytes[2]!;
  const rank = bytes[3]!;
  const dtype = DTYPE_OF_CODE.get(code);
  if (bytes[0] !== 0 || bytes[1] !== 0 || dtype === undefined || rank === 0) {
    const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
    throw new DataError({
      what: 'this is not an IDX file',
      where: `${where}, offset 0`,
      expected: 'the magic bytes 00 00, a type code 08, 09, 0b, 0c, 0d or 0e, and a rank of 1 or more',
      received: `${hex(bytes.subarray(0, MAGIC_BYTES))}${isGzip ? ' (gzip)' : ''}`,
      fix: isGzip ? 'Unpack it first.' : 'Check that the file is the one you mean.',
    });
  }
  const dataOffset = MAGIC_BYTES + EXTENT_BYTES * rank;
  if (bytes.length < dataOffset) throw truncatedHeader(where, dataOffset, bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, dataOffset);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(MAGIC_BYTES + EXTENT_BYTES * axis));
  return { dtype, shape, dataOffset };
}

/**
 * Number of bytes that the elements of an IDX array take, without the header.
 *
 * A header can claim up to 255 extents of 2³²; the result is then Infinity, which equals no real length.
 */
export function idxPayloadLength(dtype: IdxDType, shape: readonly number[]): number {
  // 0 · Infinity would be NaN, so an empty axis is looked for first.
  if (shape.includes(0)) return 0;
  return shape.reduce((product, extent) => product * extent, ITEM_BYTES[dtype]);
}

/**
 * Writes an IDX file: the inverse of `parseIdx`.
 *
 * @throws DataError when the shape does not fit the data or IDX cannot hold it
 * @example
 * encodeIdx('uint8', [3], [7, 2, 1]); // 00 00 08 01  00 00 00 03  07 02 01
 */
export function encodeIdx(
  dtype: IdxDType,
  shape: readonly number[],
  data: ArrayLike<number>,
): Uint8Array<ArrayBuffer> {
  const isExtent = (extent: number) => Number.isInteger(extent) && extent >= 0 && extent < 2 ** 32;
  const elements = shape.reduce((product, extent) => product * extent, 1);
  if (shape.length < 1 || shape.length > MAX_RANK || !shape.every(isExtent) || elements !== data.length) {
    throw new DataError({
      what: 'these values cannot be written as IDX',
      where: 'encodeIdx',
      expected: `1 to ${MAX_RANK} extents below 2³² whose product is the number of values`,
      received: `the shape [${shape.join(',')}] and ${data.length} values`,
      fix: 'Check the shape.',
    });
  }
  const itemBytes = ITEM_BYTES[dtype];
  const dataOffset = MAGIC_BYTES + EXTENT_BYTES * shape.length;
  const bytes = new Uint8Array(dataOffset + data.length * itemBytes);
  const view = new DataView(bytes.buffer);
  bytes[2] = CODE_OF_DTYPE[dtype];
  bytes[3] = shape.length;
  shape.forEach((extent, axis) => {
    view.setUint32(MAGIC_BYTES + EXTENT_BYTES * axis, extent);
  });
  for (let i = 0, at = dataOffset; i < data.length; i++, at += itemBytes) WRITE[dtype](view, at, data[i]!);
  return bytes;
}

const MAGIC_BYTES = 4;
const EXTENT_BYTES = 4;
const MAX_RANK = 255;

const CODE_OF_DTYPE = {
  uint8: 0x08,
  int8: 0x09,
  int16: 0x0b,
  int32: 0x0c,
  float32: 0x0d,
  float64: 0x0e,
} as const satisfies Record<IdxDType, number>;

const DTYPE_OF_CODE: ReadonlyMap<number, IdxDType> = new Map(
  (Object.keys(CODE_OF_DTYPE) as IdxDType[]).map((dtype) => [CODE_OF_DTYPE[dtype], dtype]),
);

const ITEM_BYTES = {
  uint8: 1,
  int8: 1,
  int16: 2,
  int32: 4,
  float32: 4,
  float64: 8,
} as const satisfies Record<IdxDType, number>;

const WRITE: Record<IdxDType, (view: DataView, at: number, value: number) => void> = {
  uint8: (view, at, value) => view.setUint8(at, value),
  int8: (view, at, value) => view.setInt8(at, value),
  int16: (view, at, value) => view.setInt16(at, value),
  int32: (view, at, value) => view.setInt32(at, value),
  float32: (view, at, value) => view.setFloat32(at, value),
  float64: (view, at, value) => view.setFloat64(at, value),
};

/** Fills `target` from big-endian bytes. */
function read<T extends Int16Array | Int32Array | Float32Array | Float64Array>(
  target: T,
  at: (offset: number) => number,
): T {
  const itemBytes = target.BYTES_PER_ELEMENT;
  for (let i = 0; i < target.length; i++) target[i] = at(i * itemBytes);
  return target;
}

function truncatedHeader(where: string, expected: number, received: number): DataError {
  return new DataError({
    what: 'the IDX header is truncated',
    where: `${where}, offset ${received}`,
    expected: `at least ${describeBytes(expected)}`,
    received: describeBytes(received),
    fix: 'Fetch the file again.',
  });
}

function describeBytes(length: number): string {
  return Number.isSafeInteger(length) ? `${length} bytes` : 'more bytes than any file has';
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
