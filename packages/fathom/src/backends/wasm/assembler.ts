/**
 * A small assembler for the WebAssembly binary format: just the sections and instructions that the renderer prints.
 * Numbers of opcodes are those of the WebAssembly core specification 2.0, the threads proposal (0xfe prefix) and the
 * relaxed SIMD proposal (0xfd 0x100 and up).
 */

export const I32 = 0x7f;
export const V128 = 0x7b;
const EMPTY_BLOCK = 0x40;

/** Opcodes below the 0xfd prefix that are used here. */
export const op = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  return: 0x0f,
  call: 0x10,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  i32Load: 0x28,
  i32Const: 0x41,
  i32Eqz: 0x45,
  i32Eq: 0x46,
  i32Ne: 0x47,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtS: 0x4a,
  i32GeS: 0x4e,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32DivU: 0x6e,
} as const;

/** SIMD opcodes, after the 0xfd prefix. */
export const simd = {
  v128Load: 0,
  load32Splat: 9,
  v128Store: 11,
  v128Const: 12,
  i8x16Shuffle: 13,
  i32x4Splat: 17,
  i32x4ExtractLane: 27,
  i32x4Eq: 55,
  i32x4LtS: 57,
  i32x4LeS: 61,
  f32x4Eq: 65,
  f32x4Lt: 67,
  f32x4Le: 69,
  v128Not: 77,
  v128And: 78,
  v128Or: 80,
  v128Xor: 81,
  v128Bitselect: 82,
  load32Lane: 86,
  store32Lane: 90,
  store64Lane: 91,
  load32Zero: 92,
  f32x4Floor: 104,
  i32x4Abs: 160,
  i32x4Neg: 161,
  i32x4Shl: 171,
  i32x4ShrU: 173,
  i32x4Add: 174,
  i32x4Sub: 177,
  i32x4Mul: 181,
  i32x4MinS: 182,
  i32x4MaxS: 184,
  f32x4Abs: 224,
  f32x4Neg: 225,
  f32x4Sqrt: 227,
  f32x4Add: 228,
  f32x4Sub: 229,
  f32x4Mul: 230,
  f32x4Div: 231,
  f32x4Pmin: 234,
  f32x4Pmax: 235,
  i32x4TruncSatF32x4S: 248,
  f32x4ConvertI32x4S: 250,
  f32x4RelaxedMadd: 0x105,
} as const;

/** Atomic opcodes, after the 0xfe prefix. */
export const atomic = {
  notify: 0x00,
  wait32: 0x01,
  i32Load: 0x10,
  i32Store: 0x17,
  i32Add: 0x1e,
} as const;

/** Bytes that grow at the end. */
export class Bytes {
  #data = new Uint8Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  byte(value: number): this {
    if (this.#length === this.#data.length) this.#grow(1);
    this.#data[this.#length++] = value;
    return this;
  }

  /** Unsigned LEB128. */
  u32(value: number): this {
    let rest = value >>> 0;
    while (rest >= 0x80) {
      this.byte((rest & 0x7f) | 0x80);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  /** Signed LEB128. */
  i32(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 0x7f;
      rest >>= 7;
      const done = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
      this.byte(done ? low : low | 0x80);
      if (done) return this;
    }
  }

  append(bytes: Uint8Array): this {
    if (this.#length + bytes.length > this.#data.length) this.#grow(bytes.length);
    this.#data.set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  text(value: string): this {
    const bytes = new TextEncoder().encode(value);
    return this.u32(bytes.length).append(bytes);
  }

  view(): Uint8Array {
    return this.#data.subarray(0, this.#length);
  }

  #grow(extra: number): void {
    const larger = new Uint8Array(Math.max(2 * this.#data.length, this.#length + extra));
    larger.set(this.#data.subarray(0, this.#length));
    this.#data = larger;
  }
}

/** The body of one function: instructions, and locals that are numbered as they are made. */
export class FunctionBody {
  readonly code = new Bytes();
  readonly #parameters: number;
  readonly #locals: number[] = [];

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  local(type: number): number {
    this.#locals.push(type);
    return this.#parameters + this.#locals.length - 1;
  }

  emit(opcode: number, ...immediates: number[]): this {
    this.code.byte(opcode);
    for (const immediate of immediates) this.code.u32(immediate);
    return this;
  }

  constant(value: number): this {
    this.code.byte(op.i32Const).i32(value);
    return this;
  }

  /** `block`, `loop` or `if` without parameters and results. */
  open(opcode: number): this {
    this.code.byte(opcode).byte(EMPTY_BLOCK);
    return this;
  }

  end(): this {
    this.code.byte(op.end);
    return this;
  }

  simd(opcode: number): this {
    this.code.byte(0xfd).u32(opcode);
    return this;
  }

  /** A SIMD memory access; `align` is log₂ of the bytes. */
  simdMemory(opcode: number, align: number, offset: number, lane?: number): this {
    this.simd(opcode);
    this.code.u32(align).u32(offset);
    if (lane !== undefined) this.code.byte(lane);
    return this;
  }

  atomic(opcode: number, offset = 0): this {
    this.code.byte(0xfe).u32(opcode).u32(2).u32(offset);
    return this;
  }

  /** Takes one int32 out of the vector on the stack. */
  extractLane(lane: number): this {
    this.simd(simd.i32x4ExtractLane).code.byte(lane);
    return this;
  }

  /** Takes four of the eight lanes of the two vectors on the stack. */
  shuffle(lanes: readonly number[]): this {
    this.simd(simd.i8x16Shuffle);
    for (const lane of lanes) for (let byte = 0; byte < 4; byte++) this.code.byte(4 * lane + byte);
    return this;
  }

  vectorConstant(lanes: Int32Array): this {
    this.simd(simd.v128Const);
    this.code.append(new Uint8Array(lanes.buffer, lanes.byteOffset, 16));
    return this;
  }

  bytes(): Uint8Array {
    const out = new Bytes();
    // Runs of equal types are declared together.
    const runs: { type: number; count: number }[] = [];
    for (const type of this.#locals) {
      const last = runs[runs.length - 1];
      if (last?.type === type) last.count++;
      else runs.push({ type, count: 1 });
    }
    out.u32(runs.length);
    for (const { type, count } of runs) out.u32(count).byte(type);
    return out.append(this.code.view()).byte(op.end).view().slice();
  }
}

export interface ModuleDescription {
  /** Imported i32 constants, in order, from the module `env`. */
  readonly globals: readonly string[];
  readonly sharedMemory: boolean;
  /** Largest size of the imported memory, in pages of 64 KiB. */
  readonly maximumPages: number;
  readonly functions: readonly {
    readonly parameters: number;
    readonly body: FunctionBody;
    readonly exportName?: string;
  }[];
}

/** Assembles a module that imports its memory and constants; functions take i32 parameters and return nothing. */
export function assemble(description: ModuleDescription): Uint8Array<ArrayBuffer> {
  const out = new Bytes();
  out.append(new Uint8Array([0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]));
  const { functions, globals } = description;
  const types = [...new Set(functions.map(({ parameters }) => parameters))];

  section(out, 1, (s) => {
    s.u32(types.length);
    for (const parameters of types) {
      s.byte(0x60).u32(parameters);
      for (let i = 0; i < parameters; i++) s.byte(I32);
      s.u32(0);
    }
  });
  section(out, 2, (s) => {
    s.u32(globals.length + 1);
    s.text('env').text('memory').byte(2);
    s.byte(description.sharedMemory ? 3 : 1)
      .u32(1)
      .u32(description.maximumPages);
    for (const name of globals) s.text('env').text(name).byte(3).byte(I32).byte(0);
  });
  section(out, 3, (s) => {
    s.u32(functions.length);
    for (const { parameters } of functions) s.u32(types.indexOf(parameters));
  });
  const exported = functions.flatMap(({ exportName }, i) => (exportName ? [{ exportName, i }] : []));
  section(out, 7, (s) => {
    s.u32(exported.length);
    for (const { exportName, i } of exported) s.text(exportName).byte(0).u32(i);
  });
  section(out, 10, (s) => {
    s.u32(functions.length);
    for (const { body } of functions) {
      const bytes = body.bytes();
      s.u32(bytes.length).append(bytes);
    }
  });
  return out.view().slice() as Uint8Array<ArrayBuffer>;
}

function section(out: Bytes, id: number, write: (bytes: Bytes) => void): void {
  const content = new Bytes();
  write(content);
  out.byte(id).u32(content.length).append(content.view());
}
