import type { Address, Buffer, Graph, Launch, Program, Stmt, Vector } from '../../../src/compiler/program.ts';
import { ITERATION, valuesOf, vectorOperands } from '../../../src/compiler/program.ts';
import type { Tensor, Variable } from '../../../src/ir/tensor.ts';
import { binary, unary } from './scalar.ts';

/**
 * Runs a program as its types describe it, one lane at a time, and refuses what no schedule of threads may hide:
 * - an element outside of its buffer, read into a lane that is used, or written at all;
 * - an element of the arena that nothing has written in this run;
 * - two chunks of one stage, or two stages without a barrier between them, of which one writes what the other touches.
 *
 * `byTask` shares out every task of every launch instead, as if each were large enough for that, with a barrier after
 * each launch: small programs then show what threads would do to large ones.
 */
export class Machine {
  readonly #program: Program;
  readonly #start: readonly number[];
  readonly #floats: Float32Array;
  readonly #ints: Int32Array;
  readonly #known: Uint8Array;
  /** For each element: in which interval between barriers it was last written or read, and by which chunk. */
  readonly #written: Int32Array;
  readonly #writer: Int32Array;
  readonly #read: Int32Array;
  readonly #reader: Int32Array;
  #interval = 0;
  /** Of the loop around the launches that run. */
  #iteration = 0;
  #chunk = 0;
  #where = '';
  readonly #lanes = new WeakMap<readonly Stmt[], Map<Vector, number>>();

  readonly #byTask: boolean;
  /** Where the scratch memory begins, of which each chunk finds a fresh one. */
  readonly #scratch: number;
  /** For scratch buffers: the first element that this chunk's memory holds. */
  readonly #base = new Map<number, number>();

  constructor(program: Program, byTask = false) {
    this.#program = program;
    this.#byTask = byTask;
    this.#scratch = program.arenaBytes / 4;
    let end = this.#scratch + program.scratchBytes / 4;
    this.#start = program.buffers.map((buffer) => {
      if (buffer.kind === 'arena') return buffer.offset / 4;
      if (buffer.kind === 'scratch') return this.#scratch + buffer.offset / 4;
      const start = end;
      end += buffer.size;
      return start;
    });
    this.#floats = new Float32Array(end);
    this.#ints = new Int32Array(this.#floats.buffer);
    this.#known = new Uint8Array(end);
    this.#written = new Int32Array(end).fill(-1);
    this.#writer = new Int32Array(end);
    this.#read = new Int32Array(end).fill(-1);
    this.#reader = new Int32Array(end);
    program.buffers.forEach((buffer, i) => {
      if (buffer.kind === 'constant') this.#set(i, buffer.values);
      if (buffer.kind === 'variable') this.#set(i, buffer.variable.host!);
    });
  }

  /** Runs once, from poisoned memory, and gives the outputs; `again` without what the run before has prepared. */
  run(feeds: ReadonlyMap<Tensor, ArrayLike<number>>, again = false): number[][] {
    const { graph, inputs, outputs, launches, loops, prepared } = this.#program;
    this.#poison(again ? this.#kept() : []);
    graph.inputs.forEach((input, i) => {
      this.#set(inputs[i]!, feeds.get(input)!);
    });
    this.#interval++;
    for (let i = again ? prepared : 0; i < launches.length; ) {
      const loop = loops.find(({ first }) => first === i);
      const part = loop ? launches.slice(loop.first, loop.end) : launches.slice(i, i + 1);
      const stages = [...new Set(part.map(({ stage }) => stage))].map((stage) =>
        launches.filter((launch) => launch.stage === stage),
      );
      i += loop ? part.length : stages[0]!.length;
      // One stage goes through all iterations by itself; several go through them together.
      const alone = stages.length === 1 && !this.#byTask;
      const together = loop && !alone ? loop.count : 1;
      for (let iteration = 0; iteration < together; iteration++) {
        this.#iteration = iteration;
        for (const members of stages) this.#wave(members, loop && alone ? loop.count : undefined);
      }
    }
    return outputs.map((buffer) => this.#get(buffer, 'an output'));
  }

  /** Buffers whose prepared values are used afterwards. */
  #kept(): number[] {
    const { launches, outputs, prepared } = this.#program;
    const used = new Set([...launches.slice(prepared).flatMap(({ reads }) => reads), ...outputs]);
    return launches.slice(0, prepared).flatMap(({ writes }) => writes.filter((buffer) => used.has(buffer)));
  }

  /** Forgets all that is in the arena outside of these buffers. */
  #poison(kept: readonly number[]): void {
    const end = this.#program.arenaBytes / 4;
    const stays = new Uint8Array(end);
    for (const buffer of kept) {
      const start = this.#start[buffer]!;
      stays.fill(1, start, start + this.#program.buffers[buffer]!.size);
    }
    for (let i = 0; i < end; i++) {
      if (stays[i]) continue;
      this.#floats[i] = Number.NaN;
      this.#known[i] = 0;
    }
  }

  valueOf(variable: Variable): number[] {
    const at = this.#program.buffers.findIndex((b) => b.kind === 'variable' && b.variable === variable);
    return this.#get(at, variable.name);
  }

  #wave(members: readonly Launch[], repetitions: number | undefined): void {
    if (members[0]!.barrier || this.#byTask) this.#interval++;
    if (!this.#byTask || members.some(({ slices }) => this.#usesScratch(slices))) {
      this.#stage(members, repetitions);
    } else for (const launch of members) this.#tasks(launch);
  }

  #usesScratch(slices: Launch['slices']): boolean {
    return [...slices.keys()].some((buffer) => this.#program.buffers[buffer]!.kind === 'scratch');
  }

  #tasks(launch: Launch): void {
    this.#interval++;
    this.#stage([{ ...launch, chunks: launch.count, solo: false, stage: 0 }]);
  }

  /** Chunks run backwards, which is as good an order as any. */
  #stage(members: readonly Launch[], repetitions?: number): void {
    const { solo, chunks, stage } = members[0]!;
    for (let chunk = chunks - 1; chunk >= 0; chunk--) {
      // The first thread's own launches follow each other; everything else may run at the same time.
      this.#chunk = solo ? 0 : 1 + stage * 1e5 + chunk;
      this.#clearScratch();
      for (let iteration = 0; iteration < (repetitions ?? 1); iteration++) {
        if (repetitions !== undefined) this.#iteration = iteration;
        this.#chunkOf(members, chunk);
      }
    }
  }

  #chunkOf(members: readonly Launch[], chunk: number): void {
    const { chunks } = members[0]!;
    for (const launch of members) {
      this.#where = launch.name;
      if (launch.count % chunks !== 0) {
        throw new Error(`${launch.name}: ${launch.count} tasks do not divide into ${chunks} chunks.`);
      }
      const tasks = launch.count / chunks;
      for (const [buffer, slice] of launch.slices) this.#base.set(buffer, chunk * tasks * slice);
      const variables: number[] = [];
      variables[ITERATION] = this.#iteration;
      this.#body(launch.body, chunk * tasks, (chunk + 1) * tasks, variables, launch.count === 1);
    }
  }

  #clearScratch(): void {
    const end = this.#scratch + this.#program.scratchBytes / 4;
    this.#known.fill(0, this.#scratch, end);
    this.#written.fill(-1, this.#scratch, end);
    this.#read.fill(-1, this.#scratch, end);
  }

  readonly #registers = new Map<number, number[]>();

  #body(statements: readonly Stmt[], from: number, to: number, variables: number[], shared: boolean): void {
    let lanes = this.#lanes.get(statements);
    if (!lanes) {
      lanes = lanesIn(statements, this.#where);
      this.#lanes.set(statements, lanes);
    }
    const known = new Map<Vector, number[]>();
    for (const statement of statements) {
      if (statement.kind === 'loop') {
        known.clear();
        const { firstTask, count, variable, body } = statement;
        const first = firstTask === undefined ? 0 : Math.max(0, from - firstTask);
        const last = firstTask === undefined ? count : Math.min(count, to - firstTask);
        for (let i = first; i < last; i++) {
          variables[variable] = i;
          this.#body(body, from, to, variables, shared || firstTask !== undefined);
        }
        continue;
      }
      if (statement.kind === 'turn') {
        const rows = statement.rows.map((row) => this.#value(row, variables, lanes, known));
        for (const [i, register] of statement.registers.entries()) {
          const column = rows.map((row) => row[i]!);
          this.#registers.set(register, column);
        }
        continue;
      }
      const value = this.#value(statement.value, variables, lanes, known);
      if (statement.kind === 'assign') this.#registers.set(statement.register, value);
      else {
        if (!shared) throw new Error(`${this.#where}: a store outside of the loop that threads share.`);
        const { indirect } = statement.address;
        const index = indirect && this.#value(indirect.index, variables, lanes, known);
        const first = this.#place(statement.address, variables);
        const at = first + (indirect ? indirect.stride * index![0]! : 0);
        for (let lane = 0; lane < statement.lanes; lane++) {
          this.#store(statement.address.buffer, at + lane * statement.stride, statement.value, value[lane]!);
        }
      }
    }
  }

  #value(
    vector: Vector,
    variables: readonly number[],
    lanes: ReadonlyMap<Vector, number>,
    known: Map<Vector, number[]>,
  ): number[] {
    const found = known.get(vector);
    if (found) return found;
    const operands = vectorOperands(vector).map((operand) => this.#value(operand, variables, lanes, known));
    const result: number[] = [];
    const used = lanes.get(vector)!;
    if (vector.kind === 'register') {
      const held = this.#registers.get(vector.register);
      if (!held || held.length < used)
        throw new Error(`${this.#where}: register ${vector.register} is empty.`);
      return held;
    }
    for (let lane = 0; lane < used; lane++) {
      result.push(this.#lane(vector, lane, operands.map((operand) => operand[lane]!), variables)); // biome-ignore format: one line
    }
    known.set(vector, result);
    return result;
  }

  #lane(vector: Vector, lane: number, x: readonly number[], variables: readonly number[]): number {
    switch (vector.kind) {
      case 'const':
        return vector.dtype === 'float32' ? Math.fround(vector.value) : vector.value | 0;
      case 'register':
        throw new Error('a register is read as a whole.');
      case 'load': {
        if (vector.stride !== 0 && lane >= vector.lanes) {
          throw new Error(`${this.#where}: lane ${lane} is used and not loaded.`);
        }
        const { indirect } = vector.address;
        const further = indirect ? indirect.stride * x[0]! : 0;
        return this.#load(vector, this.#place(vector.address, variables) + further + lane * vector.stride);
      }
      case 'index':
        return (this.#place(vector, variables) + lane * vector.stride) | 0;
      case 'unary':
        return unary(vector.op, vector.a.dtype, x[0]!);
      case 'binary':
        return binary(vector.op, vector.a.dtype, x[0]!, x[1]!);
      case 'fma':
        return Math.fround(x[0]! * x[1]! + x[2]!);
      case 'select':
        return x[0] ? x[1]! : x[2]!;
      default:
        return vector satisfies never;
    }
  }

  #place({ offset, terms }: Pick<Address, 'offset' | 'terms'>, variables: readonly number[]): number {
    return terms.reduce((sum, { variable, stride }) => sum + stride * variables[variable]!, offset);
  }

  #load(vector: Extract<Vector, { kind: 'load' }>, element: number): number {
    const at = this.#check(vector.address.buffer, element, 'reads');
    if (!this.#known[at]) this.#fail('reads, though nothing has written it,', vector.address.buffer, element);
    if (this.#written[at] === this.#interval && this.#writer[at] !== this.#chunk) {
      this.#fail('reads, at the same time as another chunk writes it,', vector.address.buffer, element);
    }
    if (this.#read[at] === this.#interval && this.#reader[at] !== this.#chunk) this.#reader[at] = -1;
    else this.#reader[at] = this.#chunk;
    this.#read[at] = this.#interval;
    if (vector.dtype === 'float32') return this.#floats[at]!;
    return vector.dtype === 'bool' ? Number(this.#ints[at] !== 0) : this.#ints[at]!;
  }

  #store(buffer: number, element: number, { dtype }: Vector, value: number): void {
    const at = this.#check(buffer, element, 'writes');
    const other =
      (this.#written[at] === this.#interval && this.#writer[at] !== this.#chunk) ||
      (this.#read[at] === this.#interval && this.#reader[at] !== this.#chunk);
    if (other) this.#fail('writes, at the same time as another chunk uses it,', buffer, element);
    this.#written[at] = this.#interval;
    this.#writer[at] = this.#chunk;
    this.#known[at] = 1;
    if (dtype === 'float32') this.#floats[at] = value;
    else this.#ints[at] = value;
  }

  #check(buffer: number, element: number, what: string): number {
    const { kind, size } = this.#program.buffers[buffer]!;
    const at = kind === 'scratch' ? element - this.#base.get(buffer)! : element;
    if (!(at >= 0 && at < size)) this.#fail(what, buffer, element);
    return this.#start[buffer]! + at;
  }

  #fail(what: string, buffer: number, element: number): never {
    const { size, kind } = this.#program.buffers[buffer]!;
    throw new Error(`${this.#where} ${what} element ${element} of b${buffer} (${kind}, ${size} elements).`);
  }

  #set(buffer: number, values: ArrayLike<number>): void {
    const { size, dtype } = this.#program.buffers[buffer]!;
    const start = this.#start[buffer]!;
    if (values.length !== size)
      throw new Error(`b${buffer} takes ${size} values; received ${values.length}.`);
    (dtype === 'float32' ? this.#floats : this.#ints).set(values, start);
    this.#known.fill(1, start, start + size);
  }

  #get(buffer: number, what: string): number[] {
    const { size, dtype }: Buffer = this.#program.buffers[buffer]!;
    const start = this.#start[buffer]!;
    if (this.#known.subarray(start, start + size).includes(0)) throw new Error(`${what} is not written.`);
    return Array.from((dtype === 'float32' ? this.#floats : this.#ints).subarray(start, start + size));
  }
}

/** Runs a program once on the machine; its variables keep their values. */
export function simulate(
  program: Program,
  feeds: ReadonlyMap<Tensor, ArrayLike<number>> = new Map(),
  byTask = false,
) {
  const machine = new Machine(program, byTask);
  const outputs = machine.run(feeds);
  const updates = program.graph.updates.map(({ variable }) => machine.valueOf(variable));
  return { outputs, updates };
}

export function graphOf(outputs: readonly Tensor[], feeds: ReadonlyMap<Tensor, unknown> = new Map()): Graph {
  return { inputs: [...feeds.keys()], outputs, updates: [] };
}

/** How many lanes of each vector reach a store, by way of registers or not. */
function lanesIn(statements: readonly Stmt[], where: string): Map<Vector, number> {
  const all: Exclude<Stmt, { kind: 'loop' }>[] = [];
  const collect = (list: readonly Stmt[]) => {
    for (const s of list) {
      if (s.kind === 'loop') collect(s.body);
      else all.push(s);
    }
  };
  collect(statements);
  const lanes = new Map<Vector, number>();
  const registers = registerLanes.get(statements) ?? new Map<number, number>();
  const spread = (vector: Vector, used: number) => {
    if ((lanes.get(vector) ?? 0) >= used) return;
    lanes.set(vector, used);
    if (vector.kind === 'register') {
      registers.set(vector.register, Math.max(used, registers.get(vector.register) ?? 0));
    }
    for (const operand of vectorOperands(vector)) spread(operand, used);
  };
  for (const s of all) if (s.kind === 'turn') for (const row of s.rows) spread(row, s.rows.length);
  for (const s of all) if (s.kind === 'store') for (const value of valuesOf(s)) spread(value, s.lanes);
  for (let before = -1; before !== total(registers); ) {
    before = total(registers);
    for (const s of all) if (s.kind === 'assign') spread(s.value, registers.get(s.register) ?? 0);
  }
  if (all.some((s) => s.kind === 'assign' && !registers.has(s.register))) {
    throw new Error(`${where}: a register is assigned and never stored.`);
  }
  // Nested blocks are run on their own, with what the whole launch says of the registers.
  const share = (list: readonly Stmt[]) => {
    for (const s of list) {
      if (s.kind !== 'loop') continue;
      registerLanes.set(s.body, registers);
      share(s.body);
    }
  };
  share(statements);
  return lanes;
}

const registerLanes = new WeakMap<readonly Stmt[], Map<number, number>>();

const total = (map: ReadonlyMap<number, number>) => [...map.values()].reduce((sum, n) => sum + n, map.size);
