/** A buffer's need for memory: bytes, and the first and last launch that touch it. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Buffers begin at multiples of a cache line. */
const ALIGNMENT = 64;

/** Vectors may read past the end of a buffer by less than this. */
export const SLACK_BYTES = 64;

/**
 * Places buffers in one arena so that buffers alive at the same time do not overlap: largest first, each at the
 * lowest place that is free during its whole life.
 */
export function planMemory(lifetimes: readonly Lifetime[]): { offsets: number[]; bytes: number } {
  const order = lifetimes.map((_, i) => i).sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes || a - b);
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const placed: number[] = [];
  let total = 0;
  for (const i of order) {
    const buffer = lifetimes[i]!;
    const size = align(buffer.bytes + SLACK_BYTES);
    const conflicts = placed
      .filter((j) => lifetimes[j]!.first <= buffer.last && lifetimes[j]!.last >= buffer.first)
      .sort((a, b) => offsets[a]! - offsets[b]!);
    let at = 0;
    for (const j of conflicts) {
      if (at + size <= offsets[j]!) break;
      at = Math.max(at, offsets[j]! + align(lifetimes[j]!.bytes + SLACK_BYTES));
    }
    offsets[i] = at;
    placed.push(i);
    total = Math.max(total, at + size);
  }
  return { offsets, bytes: total };
}

/** When each of some buffers is touched first and last. */
export class Lives {
  readonly #first: number[];
  readonly #last: number[];

  constructor(buffers: number) {
    this.#first = new Array<number>(buffers).fill(Number.POSITIVE_INFINITY);
    this.#last = new Array<number>(buffers).fill(-1);
  }

  touch(buffer: number, from: number, to: number): void {
    this.#first[buffer] = Math.min(this.#first[buffer]!, from);
    this.#last[buffer] = Math.max(this.#last[buffer]!, to);
  }

  of(buffer: number): { readonly first: number; readonly last: number } {
    return { first: this.#first[buffer]!, last: this.#last[buffer]! };
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
