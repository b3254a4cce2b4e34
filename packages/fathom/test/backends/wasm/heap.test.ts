import { describe, expect, it } from 'vitest';
import { Heap } from '../../../src/backends/wasm/heap.ts';
import { integer, seeded } from '../../support/random.ts';

const LINE = 64;
const PAGE = 65536;
const heapOf = (maximum = 64, initial = 1) => new Heap(new WebAssembly.Memory({ initial, maximum }), maximum);

describe('Heap', () => {
  it('never lets blocks overlap, whatever is allocated and freed', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const random = seeded(seed);
      const heap = heapOf(1024);
      const blocks = new Map<number, { bytes: number; mark: number }>();
      for (let step = 0; step < 400; step++) {
        if (random() < 0.55 || blocks.size === 0) {
          const bytes = random() < 0.1 ? integer(random, 0, 300_000) : integer(random, 0, 500);
          const address = heap.allocate(bytes);
          expect(address % LINE).toBe(0);
          expect(address).toBeGreaterThan(0);
          expect(address + bytes + LINE, 'room to read past the end').toBeLessThanOrEqual(
            heap.memory.buffer.byteLength + LINE,
          );
          blocks.set(address, { bytes, mark: step & 0xff });
          new Uint8Array(heap.memory.buffer, address, bytes).fill(step & 0xff);
        } else {
          const address = [...blocks.keys()][integer(random, 0, blocks.size - 1)]!;
          heap.free(address);
          blocks.delete(address);
        }
      }
      for (const [address, { bytes, mark }] of blocks) {
        const content = new Uint8Array(heap.memory.buffer, address, bytes);
        expect(
          content.every((byte) => byte === mark),
          `seed ${seed}, block ${address}`,
        ).toBe(true);
      }
      for (const address of blocks.keys()) heap.free(address);
      expect(heap.used).toBe(0);
      expect(heap.allocate(500_000), 'all is one free block again').toBe(LINE);
    }
  });

  it('leaves a line after each block, so that a vector may read past its end', () => {
    const heap = heapOf();
    const sizes = [1, 63, 64, 65, 128];
    const addresses = sizes.map((bytes) => heap.allocate(bytes));
    for (let i = 1; i < sizes.length; i++) {
      expect(addresses[i]! - addresses[i - 1]! - sizes[i - 1]!).toBeGreaterThanOrEqual(LINE);
    }
  });

  it('merges neighbours in every order of freeing', () => {
    for (const order of [
      [0, 1, 2],
      [0, 2, 1],
      [1, 0, 2],
      [1, 2, 0],
      [2, 0, 1],
      [2, 1, 0],
    ]) {
      // biome-ignore format: a list
      const heap = heapOf();
      const blocks = [0, 1, 2].map(() => heap.allocate(1000));
      const last = heap.allocate(10);
      for (const i of order) heap.free(blocks[i]!);
      expect(heap.allocate(3000), order.join()).toBe(blocks[0]);
      expect(last).toBeGreaterThan(blocks[2]!);
    }
  });

  it('reuses what is freed', () => {
    const heap = heapOf();
    const first = heap.allocate(1000);
    heap.allocate(1000);
    heap.free(first);
    expect(heap.allocate(100)).toBe(first);
    expect(heap.allocate(100)).toBeGreaterThan(first);
  });

  it('counts what is in use', () => {
    const heap = heapOf();
    expect(heap.used).toBe(0);
    const address = heap.allocate(100);
    expect(heap.used).toBe(192);
    heap.free(address);
    expect(heap.used).toBe(0);
  });

  it('grows up to its maximum and no further, and says so', () => {
    const heap = heapOf(4);
    const half = heap.allocate(2 * PAGE);
    expect(heap.memory.buffer.byteLength).toBe(4 * PAGE);
    expect(() => heap.allocate(3 * PAGE)).toThrow(/out of memory: \d+ bytes are needed.*at most 262144/);
    expect(() => heap.allocate(3 * PAGE)).toThrow('Use a smaller batch or a smaller model.');
    expect(heap.used, 'what failed holds nothing').toBe(2 * PAGE + LINE);
    heap.allocate(PAGE);
    heap.free(half);
    expect(heap.allocate(PAGE)).toBe(half);
  });

  it('refuses to free what is not allocated', () => {
    const heap = heapOf();
    const address = heap.allocate(10);
    heap.free(address);
    expect(() => heap.free(address)).toThrow('is not an allocated block');
    expect(() => heap.free(4096)).toThrow('is not an allocated block');
  });
});
