import { DataError } from '../data/errors.ts';
import { formatShape, sizeOf } from '../ir/shape.ts';

/** A tensor in a file. */
export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array;
}

/** What a safetensors file holds. */
export interface Safetensors {
  /** By name, in the order of the file's header. */
  readonly tensors: ReadonlyMap<string, NamedTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The bytes of a safetensors file: the length of the header as 64-bit integer, the header as JSON, the values one
 * tensor after another; everything little-endian.
 *
 * Format: github.com/huggingface/safetensors.
 *
 * @throws RangeError when a name is used twice or data and shape differ
 * @example
 * const bytes = encodeSafetensors([{ name: 'a', shape: [2], data: new Float32Array([1, 2]) }]);
 */
export function encodeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries = new Map<string, unknown>([['__metadata__', metadata]]);
  let offset = 0;
  for (const { name, shape, data } of tensors) {
    if (entries.has(name) || data.length !== sizeOf(shape)) {
      throw new RangeError(
        `encodeSafetensors: expected different names and ${sizeOf(shape)} values for ${formatShape(shape)}; received '${name}' with ${data.length}.`,
      );
    }
    const end = offset + data.byteLength;
    const dtype = data instanceof Float32Array ? 'F32' : 'I32';
    entries.set(name, { dtype, shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerBytes = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(SPACE, LENGTH_BYTES, LENGTH_BYTES + headerBytes);
  bytes.set(json, LENGTH_BYTES);
  let at = LENGTH_BYTES + headerBytes;
  for (const { data } of tensors) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Reads a safetensors file. Nothing in it is trusted: lengths, offsets, shapes and types are checked before anything
 * is allocated. F64 values become float32.
 *
 * @param where the file, for messages
 * @throws DataError when the file is damaged, or holds element types other than F32, F64 and I32
 * @example
 * decodeSafetensors(bytes).tensors.get('dense/kernel')?.data;
 */
export function decodeSafetensors(bytes: Uint8Array, where = 'safetensors'): Safetensors {
  const { header, start } = readHeader(bytes, where);
  const metadata: Record<string, string> = {};
  const tensors = new Map<string, NamedTensor>();
  const spans: Span[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') {
      for (const [key, value] of Object.entries(asObject(entry, `${where}: __metadata__`))) {
        metadata[key] = String(value);
      }
      continue;
    }
    const span = readEntry(name, entry, bytes.length - start, where);
    spans.push(span);
    tensors.set(name, { name, shape: span.shape, data: readValues(bytes, start, span) });
  }
  checkSpans(spans, bytes.length - start, where);
  return { tensors, metadata };
}

/** Where the values of a tensor lie, counted from the end of the header. */
interface Span {
  readonly name: string;
  readonly dtype: DTypeName;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

type DTypeName = keyof typeof BYTES;
const BYTES = { F32: 4, F64: 8, I32: 4 };

const LENGTH_BYTES = 8;
/** Of the first value, so that readers may map the file into memory. */
const ALIGNMENT = 8;
const SPACE = 0x20;
/** As in the reference implementation. */
const LONGEST_HEADER = 100_000_000;

function readHeader(bytes: Uint8Array, where: string): { header: Record<string, unknown>; start: number } {
  if (bytes.length < LENGTH_BYTES) {
    throw damaged(where, `at least ${LENGTH_BYTES} bytes`, `${bytes.length} bytes`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  const room = bytes.length - LENGTH_BYTES;
  if (length > BigInt(Math.min(room, LONGEST_HEADER))) {
    throw damaged(
      where,
      `a header of at most ${Math.min(room, LONGEST_HEADER)} bytes`,
      `one that claims ${length} bytes`,
    );
  }
  const start = LENGTH_BYTES + Number(length);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, start));
    return { header: asObject(JSON.parse(text), where), start };
  } catch (error) {
    if (error instanceof DataError) throw error;
    throw damaged(where, 'a header in JSON', `something else (${(error as Error).message})`);
  }
}

function readEntry(name: string, entry: unknown, available: number, where: string): Span {
  const at = `${where}: ${quoted(name)}`;
  const { dtype, shape, data_offsets: offsets } = asObject(entry, at);
  if (typeof dtype !== 'string' || !Object.hasOwn(BYTES, dtype)) {
    throw new DataError({
      what: 'this type of values is not supported',
      where: at,
      expected: Object.keys(BYTES).join(', '),
      received: quoted(dtype),
      fix: 'Convert the tensor to float32 before it is saved.',
    });
  }
  if (!isIndexList(shape)) throw damaged(at, 'a shape of integers, 0 or more', quoted(shape));
  if (!isIndexList(offsets) || offsets.length !== 2) {
    throw damaged(at, 'data_offsets [begin, end]', quoted(offsets));
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > available) {
    throw damaged(at, `data_offsets within the ${available} bytes of values`, formatShape([begin, end]));
  }
  const needed = sizeOf(shape) * BYTES[dtype as DTypeName];
  if (end - begin !== needed) {
    throw damaged(at, `${needed} bytes for ${dtype}${formatShape(shape)}`, `${end - begin} bytes`);
  }
  return { name, dtype: dtype as DTypeName, shape, begin, end };
}

function readValues(
  bytes: Uint8Array,
  start: number,
  { dtype, begin, end }: Span,
): Float32Array | Int32Array {
  // A copy, since values in a file need not be aligned as a typed array needs them. `slice` of Node's Buffer makes none.
  const { buffer } = new Uint8Array(bytes.subarray(start + begin, start + end));
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return Float32Array.from(new Float64Array(buffer));
    case 'I32':
      return new Int32Array(buffer);
    default:
      return dtype satisfies never;
  }
}

/** As the format demands: no two tensors share bytes, and no byte belongs to none. */
function checkSpans(spans: readonly Span[], available: number, where: string): void {
  let at = 0;
  for (const { name, begin, end } of [...spans].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) {
      const what = begin < at ? 'overlaps the one before it' : 'leaves a gap before it';
      throw damaged(`${where}: ${quoted(name)}`, `values that begin at ${at}`, `${begin}, which ${what}`);
    }
    at = end;
  }
  if (at !== available) throw damaged(where, `${at} bytes of values`, `${available} bytes`);
}

function isIndexList(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}

function asObject(value: unknown, where: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  throw damaged(where, 'an object', quoted(value));
}

function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
}

const LONGEST_QUOTE = 80;

function damaged(where: string, expected: string, received: string): DataError {
  return new DataError({
    what: 'this is no whole safetensors file',
    where,
    expected,
    received,
    fix: 'Save or download it again.',
  });
}
