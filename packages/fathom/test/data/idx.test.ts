import { describe, expect, it } from 'vitest';
import { DataError } from '../../src/data/errors.ts';
import { encodeIdx, type IdxDType, idxPayloadLength, parseIdx, parseIdxHeader } from '../../src/data/idx.ts';
import { philox4x32 } from '../../src/data/random.ts';

const EDGES: Record<IdxDType, number[]> = {
  uint8: [0, 1, 255],
  int8: [-128, -1, 127],
  int16: [-32768, -1, 0x1234],
  int32: [-(2 ** 31), -1, 0x12345678],
  float32: [-1.5, Math.fround(0.1), 3.4028234663852886e38],
  float64: [Math.PI, -5e-324, Number.MAX_VALUE],
};
const DTYPES = Object.keys(EDGES) as IdxDType[];

/** Bytes 0, 0, code, rank, then the extents; no data. */
function header(code: number, ...extents: number[]): Uint8Array {
  const bytes = new Uint8Array(4 + 4 * extents.length);
  bytes.set([0, 0, code, extents.length]);
  extents.forEach((extent, axis) => {
    new DataView(bytes.buffer).setUint32(4 + 4 * axis, extent);
  });
  return bytes;
}

function errorOf(work: () => unknown): DataError {
  try {
    work();
  } catch (error) {
    if (error instanceof DataError) return error;
    throw error;
  }
  throw new Error('expected a DataError');
}

describe('parseIdx', () => {
  it('reads the bytes of a file written by hand, most significant byte first', () => {
    const bytes = Uint8Array.of(0, 0, 0x0b, 2, 0, 0, 0, 1, 0, 0, 0, 2, 0x01, 0x02, 0xff, 0xfe);
    expect(parseIdx(bytes)).toEqual({ dtype: 'int16', shape: [1, 2], data: Int16Array.of(0x0102, -2) });
  });

  it.each(DTYPES)('gives back what encodeIdx wrote: %s', (dtype) => {
    const array = parseIdx(encodeIdx(dtype, [3, 1], EDGES[dtype]));
    expect(array.dtype).toBe(dtype);
    expect(array.shape).toEqual([3, 1]);
    expect(Array.from(array.data)).toEqual(EDGES[dtype]);
  });

  it('gives back random arrays of random shapes, wherever they lie in a larger buffer', () => {
    for (let trial = 0; trial < 200; trial++) {
      const [a, b, c, d] = philox4x32([trial, 0, 0, 0], [1, 2]);
      const shape = [a % 5, b % 4, c % 3].slice(0, 1 + (d % 3));
      const length = shape.reduce((x, y) => x * y, 1);
      const values = Array.from({ length }, (_, i) => philox4x32([trial, 1, i, 0], [1, 2])[0] % 128);
      const dtype = DTYPES[trial % DTYPES.length]!;
      const bytes = encodeIdx(dtype, shape, values);
      const moved = new Uint8Array(bytes.length + 7);
      moved.set(bytes, 3);
      const array = parseIdx(moved.subarray(3, 3 + bytes.length));
      expect([array.dtype, array.shape, Array.from(array.data)]).toEqual([dtype, shape, values]);
    }
  });

  it('turns every truncation of a valid file into one clear error', () => {
    const whole = encodeIdx('int32', [2, 3], [1, 2, 3, 4, 5, 6]);
    for (let length = 0; length < whole.length; length++) {
      const error = errorOf(() => parseIdx(whole.subarray(0, length), 'labels.idx'));
      expect(error.message).toMatch(/truncated .*labels\.idx.* expected .*bytes.*, received \d+ bytes/);
    }
  });

  it('refuses bytes left over', () => {
    const whole = encodeIdx('uint8', [2], [1, 2]);
    const longer = new Uint8Array(whole.length + 1);
    longer.set(whole);
    expect(errorOf(() => parseIdx(longer)).message).toBe(
      'IDX data has bytes left over (IDX data, data from offset 8): expected 10 bytes for uint8 [2], received 11 bytes. ' +
        'Fetch the file again; its header and its length disagree.',
    );
  });

  it('refuses lying headers without allocating what they claim', () => {
    const all = 2 ** 32 - 1;
    const lies = [
      header(0x08, all),
      header(0x0e, all, all),
      header(0x0e, ...new Array<number>(255).fill(all)),
      header(0x0d, 60000, 28, 28),
    ];
    for (const lie of lies) expect(errorOf(() => parseIdx(lie)).parts.what).toBe('IDX data is truncated');
  });

  it('takes an empty axis for what it is, also next to enormous ones', () => {
    const all = 2 ** 32 - 1;
    expect(parseIdx(header(0x0e, ...new Array<number>(254).fill(all), 0)).data).toHaveLength(0);
    expect(idxPayloadLength('float64', [all, 0])).toBe(0);
  });

  it.each([
    ['a wrong first byte', [1, 0, 8, 1, 0, 0, 0, 0]],
    ['an unknown type', [0, 0, 0x0a, 1, 0, 0, 0, 0]],
    ['rank 0', [0, 0, 8, 0, 0, 0, 0, 0]],
    ['a gzip file', [0x1f, 0x8b, 8, 0, 0, 0, 0, 0]],
  ])('refuses %s', (_, bytes) => {
    const { parts } = errorOf(() => parseIdx(Uint8Array.from(bytes), 'x'));
    expect(parts.what).toBe('this is not an IDX file');
    expect(parts.where).toBe('x, offset 0');
    expect(parts.received.endsWith('(gzip)')).toBe(bytes[0] === 0x1f);
  });

  it('shares memory for bytes', () => {
    const bytes = encodeIdx('uint8', [1], [7]);
    expect(parseIdx(bytes).data.buffer).toBe(bytes.buffer);
  });
});

describe('parseIdxHeader', () => {
  it('needs no data', () => {
    expect(parseIdxHeader(header(0x08, 60000, 28, 28))).toEqual({
      dtype: 'uint8',
      shape: [60000, 28, 28],
      dataOffset: 16,
    });
  });
});

describe('encodeIdx', () => {
  it.each([
    ['no axis', [], [1]],
    ['a negative extent', [-1], []],
    ['an extent beyond 32 bits', [2 ** 32], []],
    ['a shape of another size', [2], [1]],
  ])('refuses %s', (_, shape, values) => {
    expect(() => encodeIdx('uint8', shape, values)).toThrow(DataError);
  });
});
