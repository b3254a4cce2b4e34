import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/data/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../../src/io/index.ts';
import { integer, seeded } from '../support/random.ts';

const TENSORS = [
  { name: 'dense/kernel', shape: [2, 3], data: new Float32Array([1, -2, 3.5, 0, Infinity, Number.NaN]) },
  { name: 'steps', shape: [], data: new Int32Array([-7]) },
  { name: 'none', shape: [0, 4], data: new Float32Array(0) },
  { name: 'größe ✓', shape: [1], data: new Float32Array([2 ** -149]) },
];

/** A file with the given header and bytes of values. */
function file(header: unknown, values = new Uint8Array(0), claimed?: bigint): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + values.length);
  new DataView(bytes.buffer).setBigUint64(0, claimed ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(values, 8 + json.length);
  return bytes;
}

const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('safetensors', () => {
  it('gives back what was put in', () => {
    const { tensors, metadata } = decodeSafetensors(encodeSafetensors(TENSORS, { format: 'test' }));
    expect([...tensors.values()]).toEqual(TENSORS);
    expect(metadata).toEqual({ format: 'test' });
  });

  it("reads Node's buffers, whose slices share memory", () => {
    const { tensors } = decodeSafetensors(Buffer.from(encodeSafetensors(TENSORS)));
    expect([...tensors.values()]).toEqual(TENSORS);
  });

  it('is laid out as the format says: length, padded header, little-endian values', () => {
    const bytes = encodeSafetensors([{ name: 'a', shape: [1], data: new Float32Array([1]) }]);
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    expect(JSON.parse(header)).toEqual({ __metadata__: {}, a: entry(0, 4) });
    expect(Array.from(bytes.subarray(8 + length))).toEqual([0, 0, 0x80, 0x3f]);
  });

  it('reads float64 as float32, and values that are not aligned', () => {
    const values = new Uint8Array(12);
    new DataView(values.buffer).setFloat64(0, 0.1, true);
    new DataView(values.buffer).setInt32(8, 5, true);
    const bytes = file({ x: entry(0, 8, [1], 'F64'), ab: entry(8, 12, [1], 'I32') }, values);
    const { tensors } = decodeSafetensors(bytes);
    expect(tensors.get('x')!.data).toEqual(new Float32Array([0.1]));
    expect(tensors.get('ab')!.data).toEqual(new Int32Array([5]));
    // The same file at an odd place in memory.
    const shifted = new Uint8Array(bytes.length + 1).subarray(1);
    shifted.set(bytes);
    expect(decodeSafetensors(shifted)).toEqual(decodeSafetensors(bytes));
  });

  it('takes no name for its own', () => {
    const names = ['__proto__', 'constructor', 'toString'];
    const tensors = names.map((name) => ({ name, shape: [1], data: new Float32Array([3]) }));
    expect([...decodeSafetensors(encodeSafetensors(tensors)).tensors.keys()]).toEqual(names);
  });

  it('does not write what could not be read', () => {
    const [a] = TENSORS;
    expect(() => encodeSafetensors([a!, a!])).toThrow('different names');
    expect(() => encodeSafetensors([{ ...a!, shape: [5] }])).toThrow('5 values');
    expect(() => encodeSafetensors([{ ...a!, name: '__metadata__' }])).toThrow('different names');
  });

  it.each([
    ['nothing', new Uint8Array(0), 'at least 8 bytes, received 0 bytes'],
    ['a header longer than the file', file('{}', new Uint8Array(0), 3n), 'one that claims 3 bytes'],
    ['a header of 2⁶³ bytes', file('{}', new Uint8Array(0), 2n ** 63n), 'claims 9223372036854775808'],
    ['no JSON', file('{"a":'), 'a header in JSON'],
    ['no UTF-8', file('{}').fill(0xff, 8), 'a header in JSON'],
    ['a list', file([]), 'an object, received []'],
    ['an entry that is none', file({ a: 5 }), '"a"): expected an object, received 5'],
    ['no offsets', file({ a: { dtype: 'F32', shape: [0] } }), 'data_offsets [begin, end], received nothing'],
    ['offsets outside', file({ a: entry(0, 8) }, new Uint8Array(4)), 'within the 4 bytes of values'],
    ['offsets backwards', file({ a: entry(4, 0, [0]) }, new Uint8Array(4)), 'within the 4 bytes of values'],
    ['negative offsets', file({ a: entry(-4, 0) }, new Uint8Array(4)), 'data_offsets [begin, end]'],
    ['a shape that does not fit', file({ a: entry(0, 4, [2]) }, new Uint8Array(4)), '8 bytes for F32[2]'],
    [
      'a shape beyond counting',
      file({ a: entry(0, 4, [2 ** 40, 2 ** 40]) }, new Uint8Array(4)),
      'bytes for F32',
    ],
    ['half an element', file({ a: entry(0, 4, [0.5]) }, new Uint8Array(4)), 'a shape of integers'],
    ['an unknown type', file({ a: entry(0, 2, [1], 'BF16') }, new Uint8Array(2)), 'F32, F64, I32'],
    ['a type of the prototype', file({ a: entry(0, 0, [0], 'toString') }), 'F32, F64, I32'],
    [
      'overlapping tensors',
      file({ a: entry(0, 8), b: entry(4, 12) }, new Uint8Array(12)),
      'begin at 8, received 4, which overlaps',
    ],
    ['a gap', file({ a: entry(0, 4), b: entry(8, 12) }, new Uint8Array(12)), 'leaves a gap before it'],
    ['bytes at the end', file({ a: entry(0, 4) }, new Uint8Array(5)), 'expected 4 bytes of values'],
  ])('refuses %s', (_name, bytes, message) => {
    expect(() => decodeSafetensors(bytes, 'x.safetensors')).toThrow(DataError);
    expect(() => decodeSafetensors(bytes, 'x.safetensors')).toThrow(message);
    expect(() => decodeSafetensors(bytes, 'x.safetensors')).toThrow('x.safetensors');
  });

  it('reads a damaged file or says so, and does nothing else', () => {
    const random = seeded(4);
    const good = encodeSafetensors(TENSORS);
    let refused = 0;
    for (let trial = 0; trial < 2000; trial++) {
      let bytes = good.slice();
      if (trial % 3 === 0) bytes = bytes.slice(0, integer(random, 0, bytes.length - 1));
      else
        for (let i = 0; i <= trial % 4; i++)
          bytes[integer(random, 0, bytes.length - 1)] = integer(random, 0, 255);
      try {
        decodeSafetensors(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(DataError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });
});
