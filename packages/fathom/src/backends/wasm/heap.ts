/** Where the heap begins: the first line of memory stays unused, so that no buffer has address 0. */
const FIRST_ADDRESS = 64;
/** Every block begins at a multiple of a cache line and is followed by room for vectors that read past its end. */
const ALIGNMENT = 64;
const SLACK = 64;
const PAGE = 65536;
/** Memory grows by at least this many pages, so that many small blocks do not grow it one by one. */
const GROWTH_PAGES = 64;

interface Block {
  readonly address: number;
  readonly size: number;
}

/** Allocates blocks of one WebAssembly memory: first fit over a sorted list of free blocks, merged when freed. */
export class Heap {
  readonly memory: WebAssembly.Memory;
  readonly maximumPages: number;
  #free: Block[] = [];
  #end = FIRST_ADDRESS;
  readonly #sizes = new Map<number, number>();

  constructor(memory: WebAssembly.Memory, maximumPages: number) {
    this.memory = memory;
    this.maximumPages = maximumPages;
  }

  /** Address of `bytes` bytes of memory, with old content. */
  allocate(bytes: number): number {
    const size = Math.ceil((bytes + SLACK) / ALIGNMENT) * ALIGNMENT;
    const at = this.#free.findIndex((block) => block.size >= size);
    let address: number;
    if (at >= 0) {
      const block = this.#free[at]!;
      address = block.address;
      if (block.size === size) this.#free.splice(at, 1);
      else this.#free[at] = { address: block.address + size, size: block.size - size };
    } else {
      address = this.#end;
      this.#reserve(address + size);
      this.#end = address + size;
    }
    this.#sizes.set(address, size);
    return address;
  }

  free(address: number): void {
    const size = this.#sizes.get(address);
    if (size === undefined) throw new Error(`heap: ${address} is not an allocated block.`);
    this.#sizes.delete(address);
    let at = this.#free.findIndex((block) => block.address > address);
    if (at < 0) at = this.#free.length;
    this.#free.splice(at, 0, { address, size });
    this.#merge(at);
    if (at > 0) this.#merge(at - 1);
    const last = this.#free[this.#free.length - 1];
    if (last && last.address + last.size === this.#end) {
      this.#end = last.address;
      this.#free.pop();
    }
  }

  /** Bytes in blocks that are in use. */
  get used(): number {
    let sum = 0;
    for (const size of this.#sizes.values()) sum += size;
    return sum;
  }

  #merge(at: number): void {
    const block = this.#free[at];
    const next = this.#free[at + 1];
    if (block && next && block.address + block.size === next.address) {
      this.#free.splice(at, 2, { address: block.address, size: block.size + next.size });
    }
  }

  #reserve(end: number): void {
    const pages = Math.ceil(end / PAGE) - this.memory.buffer.byteLength / PAGE;
    if (pages <= 0) return;
    const room = this.maximumPages - this.memory.buffer.byteLength / PAGE;
    if (pages > room) {
      throw new RangeError(
        `wasm: out of memory: ${end} bytes are needed, and a WebAssembly memory holds at most ${this.maximumPages * PAGE}. Use a smaller batch or a smaller model.`,
      );
    }
    this.memory.grow(Math.min(room, Math.max(pages, GROWTH_PAGES)));
  }
}
