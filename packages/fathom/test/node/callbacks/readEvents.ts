import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BinaryReader, type WireType } from '@bufbuild/protobuf/wire';
import { crc32c } from '../../../src/node/callbacks/tensorboard/crc32c.ts';

/** A value of an event file, as this reader finds it. */
export interface ReadValue {
  readonly step: number;
  readonly tag: string;
  readonly scalar?: number;
  readonly image?: {
    readonly width: number;
    readonly height: number;
    readonly channels: number;
    readonly png: Uint8Array;
  };
  readonly histogram?: {
    readonly numbers: readonly number[];
    readonly limits: number[];
    readonly counts: number[];
  };
}

/**
 * The values in all event files of a folder; checks every record's checksums. As for TensorBoard, a file may be empty
 * or end within a record: it was cut off.
 */
export function readEvents(folder: string): ReadValue[] {
  const files = readdirSync(folder).filter((name) => name.includes('tfevents'));
  return files.sort().flatMap((name) => {
    const [version, ...events] = records(readFileSync(join(folder, name)));
    if (!version) return [];
    if (!new TextDecoder().decode(version).endsWith('brain.Event:2')) throw new Error(`${name}: no version`);
    return events.flatMap(readEvent);
  });
}

const HEADER_BYTES = 12;
const SUM_BYTES = 4;

function records(bytes: Uint8Array): Uint8Array[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found: Uint8Array[] = [];
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = Number(view.getBigUint64(at, true));
    if (at + HEADER_BYTES + length + SUM_BYTES > bytes.length) break;
    check(bytes.subarray(at, at + 8), view.getUint32(at + 8, true));
    const data = bytes.subarray(at + 12, at + 12 + length);
    check(data, view.getUint32(at + 12 + length, true));
    found.push(data);
    at += length + 16;
  }
  return found;
}

/** Undoes the mask, the other way round than it is put on. */
function check(data: Uint8Array, masked: number): void {
  const rotated = (masked - 0xa282ead8) >>> 0;
  const crc = ((rotated << 15) | (rotated >>> 17)) >>> 0;
  if (crc !== crc32c(data)) throw new Error(`a record of ${data.length} bytes has a wrong checksum`);
}

/** The fields of a message by number. */
function fields(
  bytes: Uint8Array,
  read: (reader: BinaryReader, field: number, wire: WireType) => boolean,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.pos < reader.len) {
    const [field, wire] = reader.tag();
    if (!read(reader, field, wire)) reader.skip(wire, field);
  }
}

function readEvent(bytes: Uint8Array): ReadValue[] {
  let step = 0;
  const values: Omit<ReadValue, 'step'>[] = [];
  fields(bytes, (reader, field) => {
    if (field === 2) step = Number(reader.int64());
    else if (field === 5) {
      fields(reader.bytes(), (inner, number) => {
        if (number === 1) values.push(readValue(inner.bytes()));
        return number === 1;
      });
    } else return false;
    return true;
  });
  return values.map((value) => ({ step, ...value }));
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function readValue(bytes: Uint8Array): Omit<ReadValue, 'step'> {
  const value: Writable<Omit<ReadValue, 'step'>> = { tag: '' };
  fields(bytes, (reader, field) => {
    if (field === 1) value.tag = reader.string();
    else if (field === 2) value.scalar = reader.float();
    else if (field === 4) value.image = readImage(reader.bytes());
    else if (field === 5) value.histogram = readHistogram(reader.bytes());
    else return false;
    return true;
  });
  return value;
}

function readImage(bytes: Uint8Array): NonNullable<ReadValue['image']> {
  const numbers: number[] = [];
  let png = new Uint8Array();
  fields(bytes, (reader, field) => {
    if (field === 4) png = Uint8Array.from(reader.bytes());
    else numbers[field] = reader.int32();
    return true;
  });
  return { height: numbers[1]!, width: numbers[2]!, channels: numbers[3]!, png };
}

function readHistogram(bytes: Uint8Array): NonNullable<ReadValue['histogram']> {
  const numbers: number[] = [];
  const lists: Record<number, number[]> = { 6: [], 7: [] };
  fields(bytes, (reader, field) => {
    if (field <= 5) numbers.push(reader.double());
    else {
      const end = reader.uint32() + reader.pos;
      while (reader.pos < end) lists[field]!.push(reader.double());
    }
    return true;
  });
  return { numbers, limits: lists[6]!, counts: lists[7]! };
}
