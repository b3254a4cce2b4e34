import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../src/data/errors.ts';
import { gunzipBounded } from '../../../src/node/data/gzip.ts';

const where = 'x.gz';
const content = Uint8Array.from({ length: 5000 }, (_, i) => (i * i) % 251);
const packed = gzipSync(content);

describe('gunzipBounded', () => {
  it('unpacks up to the limit, and no byte more', async () => {
    const unpacked = await gunzipBounded(packed, { maxBytes: content.length, where });
    expect(Uint8Array.from(unpacked)).toEqual(content);
    await expect(gunzipBounded(packed, { maxBytes: content.length - 1, where })).rejects.toThrow(
      'the gzip data unpacks to more than it may (x.gz): expected at most 4999 bytes, ' +
        'received more. Check that the file is the one you mean; it may be a gzip bomb.',
    );
  });

  it('stops a bomb at the limit, whatever it says about its length', async () => {
    const bomb = gzipSync(new Uint8Array(100 << 20));
    new DataView(bomb.buffer, bomb.byteOffset).setUint32(bomb.length - 4, 10, true);
    const before = process.memoryUsage().arrayBuffers;
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, process.memoryUsage().arrayBuffers - before);
    }, 1);
    await expect(gunzipBounded(bomb, { maxBytes: 1 << 20, where })).rejects.toThrow(
      /more than it may.*received more/,
    );
    clearInterval(watch);
    expect(bomb.length).toBeLessThan(200_000);
    expect(peak).toBeLessThan(8 << 20);
  });

  it('turns every kind of damage into one clear error', async () => {
    for (let length = 0; length < packed.length; length += 97) {
      await expect(gunzipBounded(packed.subarray(0, length), { maxBytes: 1e9 * 5, where })).rejects.toThrow(
        DataError,
      );
    }
    const flipped = Uint8Array.from(packed);
    flipped[packed.length >> 1]! ^= 0xff;
    await expect(gunzipBounded(flipped, { maxBytes: 10_000, where })).rejects.toThrow(
      /gzip data is damaged \(x\.gz\)/,
    );
    await expect(gunzipBounded(content, { maxBytes: 10_000, where })).rejects.toThrow(/not a gzip file/);
  });
});
