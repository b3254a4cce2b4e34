import { describe, expect, it } from 'vitest';
import { assemble, Bytes, FunctionBody, I32, op, simd, V128 } from '../../../src/backends/wasm/assembler.ts';

const encoded = (write: (bytes: Bytes) => unknown) => {
  const bytes = new Bytes();
  write(bytes);
  return Array.from(bytes.view());
};

/** What the specification says a LEB128 number means. */
function decoded(bytes: readonly number[], signed: boolean): number {
  let value = 0n;
  let shift = 0n;
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift;
    shift += 7n;
  }
  if (signed && bytes.at(-1)! & 0x40) value -= 1n << shift;
  return Number(value);
}

const UNSIGNED = [0, 1, 63, 64, 127, 128, 129, 255, 256, 16383, 16384, 2 ** 21 - 1, 2 ** 21, 2 ** 28 - 1, 2 ** 28, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1]; // biome-ignore format: a list
const SIGNED = [0, 1, -1, 63, 64, -64, -65, 127, 128, -128, -129, 8191, 8192, -8192, -8193, 2 ** 20, -(2 ** 20) - 1, 2 ** 27 - 1, 2 ** 27, 2 ** 31 - 1, -(2 ** 31)]; // biome-ignore format: a list

describe('Bytes', () => {
  it.each(UNSIGNED)('writes %d as unsigned LEB128, in as few bytes as there are', (value) => {
    const bytes = encoded((b) => b.u32(value));
    expect(decoded(bytes, false)).toBe(value);
    expect(bytes).toHaveLength(Math.max(1, Math.ceil(Math.log2(value + 1) / 7)));
    expect(bytes.slice(0, -1).every((byte) => byte >= 0x80)).toBe(true);
    expect(bytes.at(-1)).toBeLessThan(0x80);
  });

  it.each(SIGNED)('writes %d as signed LEB128', (value) => {
    const bytes = encoded((b) => b.i32(value));
    expect(decoded(bytes, true)).toBe(value);
    const bits = 1 + Math.ceil(Math.log2(value < 0 ? -value : value + 1));
    expect(bytes).toHaveLength(Math.max(1, Math.ceil(bits / 7)));
  });

  it('gives the examples of the DWARF standard', () => {
    expect(encoded((b) => b.u32(12857))).toEqual([57 + 0x80, 100]);
    expect(encoded((b) => b.i32(-129))).toEqual([0x7f + 0x80, 0x7e]);
  });

  it('grows, and keeps what it holds', () => {
    const bytes = new Bytes();
    for (let i = 0; i < 5000; i++) bytes.byte(i & 0xff);
    bytes.append(new Uint8Array(10000).fill(7));
    expect(bytes.length).toBe(15000);
    expect(bytes.view()[4999]).toBe(4999 & 0xff);
    expect(bytes.view()[5000]).toBe(7);
  });

  it('writes text as UTF-8 with its length', () => {
    expect(encoded((b) => b.text('aé'))).toEqual([3, 0x61, 0xc3, 0xa9]);
  });
});

function moduleOf(body: FunctionBody, parameters: number, globals: readonly string[] = []) {
  return assemble({
    globals,
    sharedMemory: false,
    maximumPages: 4,
    functions: [{ parameters, body, exportName: 'main' }],
  });
}

describe('assemble', () => {
  it('makes a module that runs: memory[base] = Σ i for i below n', () => {
    const body = new FunctionBody(1);
    const [i, total] = [body.local(I32), body.local(V128)];
    body.open(op.loop);
    body.emit(op.localGet, total).emit(op.localGet, i).simd(simd.i32x4Splat).simd(simd.i32x4Add);
    body.emit(op.localSet, total);
    body.emit(op.localGet, i).constant(1).emit(op.i32Add).emit(op.localTee, i);
    body.emit(op.localGet, 0).emit(op.i32LtS).emit(op.brIf, 0).end();
    body.emit(op.globalGet, 0).emit(op.localGet, total).simdMemory(simd.v128Store, 2, 16);
    const bytes = moduleOf(body, 1, ['base']);
    expect(WebAssembly.validate(bytes)).toBe(true);
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 4 });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), {
      env: { memory, base: 128 },
    });
    (exports.main as (n: number) => void)(100);
    expect(Array.from(new Int32Array(memory.buffer, 144, 5))).toEqual([4950, 4950, 4950, 4950, 0]);
  });

  it('takes memory that threads share, when it says so', () => {
    const bytes = assemble({
      globals: [],
      sharedMemory: true,
      maximumPages: 4,
      functions: [{ parameters: 0, body: new FunctionBody(0), exportName: 'main' }],
    });
    expect(WebAssembly.validate(bytes)).toBe(true);
    const module = new WebAssembly.Module(bytes);
    const memory = (shared: boolean) => new WebAssembly.Memory({ initial: 1, maximum: 4, shared });
    expect(() => new WebAssembly.Instance(module, { env: { memory: memory(true) } })).not.toThrow();
    expect(() => new WebAssembly.Instance(module, { env: { memory: memory(false) } })).toThrow();
  });

  it('keeps locals of mixed types apart, and many of them', () => {
    const body = new FunctionBody(0);
    const locals = Array.from({ length: 300 }, (_, i) => body.local(i % 3 === 0 ? I32 : V128));
    expect(locals).toEqual(Array.from({ length: 300 }, (_, i) => i));
    locals.forEach((local, i) => {
      if (i % 3 === 0) body.constant(i).emit(op.localSet, local);
      else body.vectorConstant(Int32Array.of(1, 2, 3, i)).emit(op.localSet, local);
    });
    expect(WebAssembly.validate(moduleOf(body, 0))).toBe(true);
  });

  it('is refused by the engine when the stack does not fit', () => {
    expect(WebAssembly.validate(moduleOf(new FunctionBody(0).constant(1), 0))).toBe(false);
    expect(WebAssembly.validate(moduleOf(new FunctionBody(0).emit(op.i32Add), 0))).toBe(false);
  });
});
