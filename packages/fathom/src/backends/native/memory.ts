import type { DType } from '../../ir/shape.ts';

/** Blocks begin at a multiple of a cache line and are followed by room for vectors that read past their end. */
const ALIGNMENT = 64;
const SLACK = 64;

/** Memory that JavaScript owns and compiled code works in: it does not move, and lives as long as it is referred to. */
export interface Block {
  readonly memory: ArrayBuffer;
  /** Where the block begins in `memory`, and in the process. */
  readonly offset: number;
  readonly address: number;
}

/** A block of zeros. */
export function allocate(bytes: number, addressOf: (memory: ArrayBuffer) => number): Block {
  const memory = new ArrayBuffer(bytes + SLACK + ALIGNMENT);
  const start = addressOf(memory);
  const address = Math.ceil(start / ALIGNMENT) * ALIGNMENT;
  return { memory, offset: address - start, address };
}

/** The elements of a block, from `offset` bytes on. */
export function view(block: Block, offset: number, dtype: DType, size: number): Float32Array | Int32Array {
  const at = block.offset + offset;
  return dtype === 'float32'
    ? new Float32Array(block.memory, at, size)
    : new Int32Array(block.memory, at, size);
}

const UNTOUCHED = 0xff;

/** Marks what lies around the first `bytes` of a block; the function returned tells whether all marks are there. */
export function guard({ memory, offset }: Block, bytes: number): () => boolean {
  const around = [new Uint8Array(memory, 0, offset), new Uint8Array(memory, offset + bytes)];
  for (const part of around) part.fill(UNTOUCHED);
  return () => around.every((part) => part.every((value) => value === UNTOUCHED));
}
