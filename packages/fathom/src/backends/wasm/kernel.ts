import {
  type Address,
  type Buffer,
  ITERATION,
  type Launch,
  type Stmt,
  type Vector,
  valuesOf,
  vectorOperands,
} from '../../compiler/program.ts';
import { addressesOf, pinnedOffset, pointerKey } from './addresses.ts';
import { FunctionBody, I32, op, simd, V128 } from './assembler.ts';
import { BINARY } from './instructions.ts';
import { turn } from './turn.ts';

/** Number of the imported global that holds the address of this thread's scratch memory. */
export const SCRATCH = 3;
/** Number of the imported global that holds the address of buffer 0; the others follow. */
export const FIRST_BASE = 4;

const LANES = 4;

/** The code of one launch as a function of its first task, the end of its tasks, and the iteration of its loop. */
export function renderKernel(launch: Launch, buffers: readonly Buffer[], relaxed: boolean): FunctionBody {
  return new KernelRenderer(launch, buffers, relaxed).render();
}

/** A pointer that moves with loops: where it starts, and how far it goes in each of them. */
interface Pointer {
  readonly local: number;
}

class KernelRenderer {
  readonly #body = new FunctionBody(3);
  readonly #launch: Launch;
  readonly #buffers: readonly Buffer[];
  readonly #relaxed: boolean;
  readonly #registers = new Map<number, number>();
  readonly #pointers = new Map<string, Pointer>();
  readonly #counters = new Map<number, number>();
  /** Values used more than once in the block being rendered, and the locals that hold those already computed. */
  #shared = new Map<Vector, number>();
  #uses = new Map<Vector, number>();
  /** Locals with the bytes that a uniform index of the block being rendered leads on. */
  #moves = new Map<string, number>();
  readonly #numbers = new Map<Vector, number>();

  constructor(launch: Launch, buffers: readonly Buffer[], relaxed: boolean) {
    this.#launch = launch;
    this.#buffers = buffers;
    this.#relaxed = relaxed;
  }

  render(): FunctionBody {
    const { body } = this.#launch;
    this.#enterLoops(addressesOf(body), []);
    this.#block(body, []);
    return this.#body;
  }

  /** Statements of one nesting level; straight runs between loops share their common values. */
  #block(statements: readonly Stmt[], loops: readonly number[]): void {
    let run: Exclude<Stmt, { kind: 'loop' }>[] = [];
    const flush = () => {
      if (run.length > 0) this.#straight(run);
      run = [];
    };
    for (const statement of statements) {
      if (statement.kind === 'loop') {
        flush();
        this.#loop(statement, loops);
      } else run.push(statement);
    }
    flush();
  }

  #loop(loop: Extract<Stmt, { kind: 'loop' }>, loops: readonly number[]): void {
    const body = this.#body;
    const counter = body.local(I32);
    this.#counters.set(loop.variable, counter);
    const parallel = loop.firstTask !== undefined;
    let end = -1;
    if (parallel) {
      // This thread's part of the loop: [max(low − first, 0), min(high − first, count)).
      end = body.local(I32);
      this.#clamped(0, loop.firstTask!, loop.count, counter);
      this.#clamped(1, loop.firstTask!, loop.count, end);
      body.emit(op.localGet, counter).emit(op.localGet, end).emit(op.i32LtS).open(op.if);
    } else body.constant(0).emit(op.localSet, counter);

    const nested = [...loops, loop.variable];
    const advanced = this.#enterLoops(addressesOf(loop.body), nested, parallel);
    body.open(op.loop);
    this.#block(loop.body, nested);
    for (const { pointer, bytes } of advanced) {
      body.emit(op.localGet, pointer.local).constant(bytes).emit(op.i32Add).emit(op.localSet, pointer.local);
    }
    body.emit(op.localGet, counter).constant(1).emit(op.i32Add).emit(op.localTee, counter);
    if (parallel) body.emit(op.localGet, end);
    else body.constant(loop.count);
    body.emit(op.i32LtS).emit(op.brIf, 0).end();
    if (parallel) body.end();
  }

  #clamped(parameter: number, first: number, count: number, target: number): void {
    const body = this.#body;
    body.emit(op.localGet, parameter).constant(first).emit(op.i32Sub).emit(op.localSet, target);
    body.emit(op.localGet, target).constant(0).emit(op.i32LtS).open(op.if);
    body.constant(0).emit(op.localSet, target).end();
    body.emit(op.localGet, target).constant(count).emit(op.i32GtS).open(op.if);
    body.constant(count).emit(op.localSet, target).end();
  }

  /**
   * Sets up the pointers whose innermost loop is the last of `loops`: each starts at the pointer of the loop around
   * it and is moved on at the end of every iteration.
   */
  #enterLoops(
    addresses: readonly Address[],
    loops: readonly number[],
    parallel = false,
  ): { pointer: Pointer; bytes: number }[] {
    const body = this.#body;
    const variable = loops[loops.length - 1];
    const advanced: { pointer: Pointer; bytes: number }[] = [];
    for (const address of addresses) {
      const terms = address.terms.filter(({ variable: v }) => v === ITERATION || loops.includes(v));
      const key = pointerKey(address, terms);
      if (this.#pointers.has(key)) continue;
      const term = terms.find((t) => t.variable === variable);
      if (variable !== undefined && !term) continue;
      const local = body.local(I32);
      if (term) {
        const parent = this.#pointers.get(
          pointerKey(
            address,
            terms.filter((t) => t !== term),
          ),
        );
        if (!parent) throw new Error('render: a pointer has no origin.');
        body.emit(op.localGet, parent.local);
        if (parallel) {
          body.emit(op.localGet, this.#counters.get(term.variable)!).constant(4 * term.stride);
          body.emit(op.i32Mul).emit(op.i32Add);
        }
        body.emit(op.localSet, local);
        advanced.push({ pointer: { local }, bytes: 4 * term.stride });
      } else {
        this.#base(address.buffer);
        const origin = pinnedOffset(address);
        if (origin !== 0) body.constant(4 * origin).emit(op.i32Add);
        for (const { stride } of terms) {
          body
            .emit(op.localGet, 2)
            .constant(4 * stride)
            .emit(op.i32Mul)
            .emit(op.i32Add);
        }
        body.emit(op.localSet, local);
      }
      this.#pointers.set(key, { local });
    }
    return advanced;
  }

  /** Leaves the address of a buffer's first element on the stack. */
  #base(buffer: number): void {
    const { kind, ...rest } = this.#buffers[buffer]!;
    if (kind !== 'scratch') {
      this.#body.emit(op.globalGet, FIRST_BASE + buffer);
      return;
    }
    // Scratch memory holds the chunk that begins with task `local 0`; the slices before it do not exist.
    const { offset } = rest as { offset: number };
    this.#body.emit(op.globalGet, SCRATCH).constant(offset).emit(op.i32Add);
    this.#body.emit(op.localGet, 0).constant(4 * this.#launch.slices.get(buffer)!);
    this.#body.emit(op.i32Mul).emit(op.i32Sub);
  }

  #straight(statements: readonly Exclude<Stmt, { kind: 'loop' }>[]): void {
    this.#uses = new Map();
    this.#shared = new Map();
    this.#moves = new Map();
    for (const statement of statements) for (const value of valuesOf(statement)) this.#count(value);
    for (const statement of statements) {
      if (statement.kind === 'assign') {
        this.#value(statement.value);
        this.#body.emit(op.localSet, this.#register(statement.register));
      } else if (statement.kind === 'turn') this.#turn(statement);
      else this.#store(statement);
    }
  }

  #turn({ registers, rows }: Extract<Stmt, { kind: 'turn' }>): void {
    const locals = registers.map((register) => this.#register(register));
    rows.forEach((row, i) => {
      this.#value(row);
      this.#body.emit(op.localSet, locals[i]!);
    });
    turn(this.#body, locals);
  }

  #count(value: Vector): void {
    const uses = (this.#uses.get(value) ?? 0) + 1;
    this.#uses.set(value, uses);
    if (uses === 1) for (const operand of vectorOperands(value)) this.#count(operand);
  }

  #register(register: number): number {
    let local = this.#registers.get(register);
    if (local === undefined) {
      local = this.#body.local(V128);
      this.#registers.set(register, local);
    }
    return local;
  }

  #store({ address, stride, lanes, value }: Extract<Stmt, { kind: 'store' }>): void {
    const body = this.#body;
    if (address.indirect?.uniform === false) throw new Error('render: lanes are not scattered.');
    if (stride === 1 && lanes === LANES) {
      const offset = this.#pointer(address);
      this.#stored(value);
      body.simdMemory(simd.v128Store, 2, offset);
      return;
    }
    const local = body.local(V128);
    this.#stored(value);
    body.emit(op.localSet, local);
    const part = (opcode: number, align: number, lane: number, element: number) => {
      const bytes = this.#pointer(address) + 4 * stride * element;
      if (bytes < 0) body.constant(bytes).emit(op.i32Add);
      body.emit(op.localGet, local).simdMemory(opcode, align, Math.max(0, bytes), lane);
    };
    if (stride === 1 && lanes >= 2) {
      part(simd.store64Lane, 2, 0, 0);
      if (lanes === 3) part(simd.store32Lane, 2, 2, 2);
    } else for (let lane = 0; lane < lanes; lane++) part(simd.store32Lane, 2, lane, lane);
  }

  /** The value as memory holds it: truths are stored as 0 and 1. */
  #stored(value: Vector): void {
    this.#value(value);
    if (value.dtype === 'bool') {
      this.#body.vectorConstant(new Int32Array(4).fill(1)).simd(simd.v128And);
    }
  }

  /** Leaves the pointer for an address on the stack and returns the constant offset to go with it. */
  #pointer(address: Address): number {
    const pointer = this.#pointers.get(pointerKey(address, address.terms));
    if (!pointer) throw new Error('render: an address has no pointer.');
    this.#body.emit(op.localGet, pointer.local);
    if (address.indirect?.uniform) {
      this.#body.emit(op.localGet, this.#move(address.indirect)).emit(op.i32Add);
    }
    return 4 * (address.offset - pinnedOffset(address));
  }

  /** The local that holds the bytes by which a uniform index moves an address. */
  #move({ index, stride }: NonNullable<Address['indirect']>): number {
    if (!this.#numbers.has(index)) this.#numbers.set(index, this.#numbers.size);
    const key = `${this.#numbers.get(index)}*${stride}`;
    let local = this.#moves.get(key);
    if (local === undefined) {
      local = this.#body.local(I32);
      this.#moves.set(key, local);
      this.#value(index);
      this.#body
        .extractLane(0)
        .constant(4 * stride)
        .emit(op.i32Mul)
        .emit(op.localSet, local);
    }
    return local;
  }

  /** Leaves a value on the stack; values with several uses are computed once a block. */
  #value(value: Vector): void {
    const held = this.#shared.get(value);
    if (held !== undefined) {
      this.#body.emit(op.localGet, held);
      return;
    }
    this.#compute(value);
    const cheap = value.kind === 'const' || value.kind === 'register';
    if (!cheap && (this.#uses.get(value) ?? 0) > 1) {
      const local = this.#body.local(V128);
      this.#shared.set(value, local);
      this.#body.emit(op.localTee, local);
    }
  }

  #compute(value: Vector): void {
    const body = this.#body;
    switch (value.kind) {
      case 'const': {
        const lanes = new Int32Array(4);
        if (value.dtype === 'float32') new Float32Array(lanes.buffer).fill(value.value);
        else lanes.fill(value.dtype === 'bool' ? -value.value : value.value);
        body.vectorConstant(lanes);
        return;
      }
      case 'register':
        body.emit(op.localGet, this.#register(value.register));
        return;
      case 'load':
        this.#load(value);
        return;
      case 'index':
        this.#index(value);
        return;
      case 'unary':
        this.#value(value.a);
        this.#unary(value);
        return;
      case 'binary':
        this.#binary(value);
        return;
      case 'fma':
        this.#value(value.a);
        this.#value(value.b);
        if (this.#relaxed) {
          this.#value(value.c);
          body.simd(simd.f32x4RelaxedMadd);
        } else {
          body.simd(simd.f32x4Mul);
          this.#value(value.c);
          body.simd(simd.f32x4Add);
        }
        return;
      case 'select':
        this.#value(value.a);
        this.#value(value.b);
        this.#value(value.condition);
        body.simd(simd.v128Bitselect);
        return;
      default:
        value satisfies never;
    }
  }

  #load({ address, stride, lanes, dtype }: Extract<Vector, { kind: 'load' }>): void {
    const body = this.#body;
    if (address.indirect?.uniform === false) this.#gather(address, address.indirect, stride, lanes);
    else if (stride === 0) body.simdMemory(simd.load32Splat, 2, this.#pointer(address));
    else if (stride === 1) body.simdMemory(simd.v128Load, 2, this.#pointer(address));
    else {
      body.simdMemory(simd.load32Zero, 2, this.#pointer(address));
      const vector = body.local(V128);
      body.emit(op.localSet, vector);
      for (let lane = 1; lane < lanes; lane++) {
        // Later lanes may lie before the first; an immediate offset cannot be negative, a pointer can.
        const bytes = this.#pointer(address) + 4 * stride * lane;
        if (bytes < 0) body.constant(bytes).emit(op.i32Add);
        body.emit(op.localGet, vector).simdMemory(simd.load32Lane, 2, Math.max(0, bytes), lane);
        body.emit(op.localSet, vector);
      }
      body.emit(op.localGet, vector);
    }
    if (dtype === 'bool') {
      body.vectorConstant(new Int32Array(4)).simd(simd.i32x4Eq).simd(simd.v128Not);
    }
  }

  /** Leaves a vector on the stack of which each lane comes from the place that its own index names. */
  #gather(address: Address, indirect: NonNullable<Address['indirect']>, stride: number, lanes: number): void {
    const body = this.#body;
    const [index, vector] = [body.local(V128), body.local(V128)];
    this.#value(indirect.index);
    body
      .constant(4 * indirect.stride)
      .simd(simd.i32x4Splat)
      .simd(simd.i32x4Mul)
      .emit(op.localSet, index);
    for (let lane = 0; lane < lanes; lane++) {
      const bytes = this.#pointer(address) + 4 * stride * lane;
      body.emit(op.localGet, index).extractLane(lane).emit(op.i32Add);
      if (bytes < 0) body.constant(bytes).emit(op.i32Add);
      if (lane === 0) body.simdMemory(simd.load32Zero, 2, Math.max(0, bytes));
      else body.emit(op.localGet, vector).simdMemory(simd.load32Lane, 2, Math.max(0, bytes), lane);
      body.emit(op.localSet, vector);
    }
    body.emit(op.localGet, vector);
  }

  #index({ offset, terms, stride }: Extract<Vector, { kind: 'index' }>): void {
    const body = this.#body;
    body.constant(offset);
    for (const { variable, stride: step } of terms) {
      body.emit(op.localGet, this.#counters.get(variable)!).constant(step);
      body.emit(op.i32Mul).emit(op.i32Add);
    }
    body.simd(simd.i32x4Splat);
    if (stride !== 0) {
      body.vectorConstant(Int32Array.from([0, 1, 2, 3], (lane) => lane * stride)).simd(simd.i32x4Add);
    }
  }

  #unary({ op: operation, a }: Extract<Vector, { kind: 'unary' }>): void {
    const isFloat = a.dtype === 'float32';
    switch (operation) {
      case 'neg':
        this.#body.simd(isFloat ? simd.f32x4Neg : simd.i32x4Neg);
        return;
      case 'abs':
        this.#body.simd(isFloat ? simd.f32x4Abs : simd.i32x4Abs);
        return;
      case 'sqrt':
        this.#body.simd(simd.f32x4Sqrt);
        return;
      case 'floor':
        this.#body.simd(simd.f32x4Floor);
        return;
      case 'not':
        this.#body.simd(simd.v128Not);
        return;
      case 'toFloat':
        this.#body.simd(simd.f32x4ConvertI32x4S);
        return;
      case 'toInt':
        this.#body.simd(simd.i32x4TruncSatF32x4S);
        return;
      case 'bits':
      case 'fromBits':
        return;
      default:
        operation satisfies never;
    }
  }

  #binary({ op: operation, a, b }: Extract<Vector, { kind: 'binary' }>): void {
    const body = this.#body;
    this.#value(a);
    if (operation === 'shl' || operation === 'shr') {
      if (b.kind !== 'const') throw new Error('render: shifts are by constants.');
      body.constant(b.value).simd(operation === 'shl' ? simd.i32x4Shl : simd.i32x4ShrU);
      return;
    }
    this.#value(b);
    const [float, int] = BINARY[operation];
    body.simd(a.dtype === 'float32' ? float : int);
  }
}
