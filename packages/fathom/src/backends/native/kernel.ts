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
import type { DType } from '../../ir/shape.ts';
import { aheadInLoop, behindLoop, rowsBelow, type Surroundings } from './prefetch.ts';

/** The C of one launch. */
export interface Kernel {
  /** What is computed, from memory at b0, b1, … for the tasks [first, end). Equal work on other memory has equal text. */
  readonly text: string;
  /** What b0, b1, … are, by `base`, `scratch` and `first`. */
  readonly places: readonly string[];
}

/** @param before the launch that a thread comes from */
export function renderKernel(
  launch: Launch,
  before: Launch | undefined,
  buffers: readonly Buffer[],
  lanes: number,
): Kernel {
  return new KernelRenderer(launch, before, buffers, lanes).render();
}

/** What a function is given for such a text, behind the places. */
export const TASKS = 'long first, long end, long iteration';

/** Suffixes of the ALU's functions, and the C types of vectors. */
const SUFFIX: Record<DType, string> = { float32: 'f', int32: 'i', bool: 'b' };
const VECTOR: Record<DType, string> = { float32: 'vf', int32: 'vi', bool: 'vb' };

type Straight = Exclude<Stmt, { kind: 'loop' }>;

class KernelRenderer {
  readonly #launch: Launch;
  readonly #buffers: readonly Buffer[];
  readonly #lanes: number;
  readonly #lines: string[] = [];
  readonly #registers = new Map<number, DType>();
  /** The buffers b0, b1, … */
  readonly #bases: number[] = [];
  /** The loops around the block being rendered, the innermost first. */
  readonly #around: { readonly variable: number; readonly count: number }[] = [];
  readonly #where: Surroundings;
  #temporaries = 0;
  #depth = 1;
  /** Values used more than once in the block being rendered, and the names of those already computed. */
  #shared = new Map<Vector, string>();
  #uses = new Map<Vector, number>();

  constructor(launch: Launch, before: Launch | undefined, buffers: readonly Buffer[], lanes: number) {
    this.#launch = launch;
    this.#buffers = buffers;
    this.#lanes = lanes;
    const recent = new Set(before ? [...before.reads, ...before.writes] : []);
    this.#where = { buffers, lanes, recent, around: this.#around };
  }

  render(): Kernel {
    this.#block(this.#launch.body);
    const registers = [...this.#registers].map(([register, dtype]) => `  ${VECTOR[dtype]} r${register};`);
    return {
      text: [...registers, ...this.#lines].join('\n'),
      places: this.#bases.map((buffer) => this.#place(buffer)),
    };
  }

  #place(buffer: number): string {
    const place = this.#buffers[buffer]!;
    if (place.kind !== 'scratch') return `base[${buffer}]`;
    // Scratch memory holds the chunk that begins with task `first`; the slices before it do not exist.
    const slice = 4 * this.#launch.slices.get(buffer)!;
    return `(float *)((address)scratch + ${place.offset} - (address)first * ${slice})`;
  }

  #base(buffer: number): string {
    if (!this.#bases.includes(buffer)) this.#bases.push(buffer);
    return `b${this.#bases.indexOf(buffer)}`;
  }

  #line(text: string): void {
    this.#lines.push('  '.repeat(this.#depth) + text);
  }

  /** Statements of one nesting level; straight runs between loops share their common values. */
  #block(statements: readonly Stmt[]): void {
    let run: Straight[] = [];
    const flush = () => {
      if (run.length > 0) this.#straight(run);
      run = [];
    };
    statements.forEach((statement, i) => {
      if (statement.kind === 'loop') {
        flush();
        this.#fetch(behindLoop(statement, statements.slice(i + 1), this.#where));
        this.#loop(statement);
      } else run.push(statement);
    });
    flush();
  }

  #loop(loop: Extract<Stmt, { kind: 'loop' }>): void {
    const { variable, count, body, firstTask } = loop;
    const v = `v${variable}`;
    if (firstTask === undefined) this.#line(`for (long ${v} = 0; ${v} < ${count}; ${v}++) {`);
    else {
      // This thread's part of the loop: [max(first − its first task, 0), min(end − its first task, count)).
      const part = (bound: string) => (firstTask === 0 ? bound : `${bound} - ${firstTask}`);
      this.#line(
        `for (long ${v} = most(${part('first')}, 0), e${variable} = least(${part('end')}, ${count});`,
      );
      this.#line(`     ${v} < e${variable}; ${v}++) {`);
    }
    this.#depth++;
    this.#fetch(aheadInLoop(loop, this.#where));
    this.#around.unshift({ variable, count });
    this.#block(body);
    this.#around.shift();
    this.#depth--;
    this.#line('}');
  }

  /** Asks for the lines that these addresses are in. */
  #fetch(addresses: readonly Address[]): void {
    for (const address of addresses) this.#line(`__builtin_prefetch(${this.#pointer(address)});`);
  }

  #straight(statements: readonly Straight[]): void {
    this.#uses = new Map();
    this.#shared = new Map();
    for (const statement of statements) for (const value of valuesOf(statement)) this.#count(value);
    this.#line('{');
    this.#depth++;
    this.#fetch(rowsBelow(statements, this.#where));
    for (const statement of statements) {
      if (statement.kind === 'assign') {
        const { register, value } = statement;
        this.#registers.set(register, value.dtype);
        this.#line(`r${register} = ${this.#value(value)};`);
      } else if (statement.kind === 'turn') this.#turn(statement);
      else this.#store(statement);
    }
    this.#depth--;
    this.#line('}');
  }

  /** Blocks of one lane and one row change places with their mirror images, then of two, of four, of eight. */
  #turn({ registers, rows }: Extract<Stmt, { kind: 'turn' }>): void {
    rows.forEach((row, i) => {
      this.#registers.set(registers[i]!, row.dtype);
      this.#line(`r${registers[i]} = ${this.#value(row)};`);
    });
    for (let size = 1; size < this.#lanes; size *= 2) {
      const swaps = registers.flatMap((register, i) =>
        i & size ? [] : [`swap_${size}(r${register}, r${registers[i + size]});`],
      );
      this.#line(swaps.join(' '));
    }
  }

  #count(value: Vector): void {
    const uses = (this.#uses.get(value) ?? 0) + 1;
    this.#uses.set(value, uses);
    if (uses === 1) for (const operand of vectorOperands(value)) this.#count(operand);
  }

  #store({ address, stride, lanes, value }: Extract<Stmt, { kind: 'store' }>): void {
    if (address.indirect?.uniform === false) throw new Error('render: lanes are not scattered.');
    const isFloat = value.dtype === 'float32';
    const suffix = isFloat ? 'f' : 'i';
    const computed = this.#value(value);
    // Truths are stored as 0 and 1.
    const stored = value.dtype === 'bool' ? `ones(${computed})` : computed;
    const place = this.#pointer(address);
    if (stride === 1 && lanes === this.#lanes) this.#line(`put_${suffix}(${place}, ${stored});`);
    else if (stride === 1 && lanes > 1) {
      this.#line(`put_part${isFloat ? '' : '_i'}(${place}, ${stored}, ${lanes});`);
    } else {
      const [to, from] = [this.#name(), this.#name()];
      this.#line(`float *const ${to} = ${place};`);
      this.#line(`const ${isFloat ? 'vf' : 'vi'} ${from} = ${stored};`);
      for (let lane = 0; lane < lanes; lane++) {
        this.#line(`put_lane_${suffix}(${to} + ${lane * stride}, ${from}, ${lane});`);
      }
    }
  }

  #name(): string {
    return `t${this.#temporaries++}`;
  }

  #pointer({ buffer, offset, terms, indirect }: Address): string {
    const parts = [this.#base(buffer), affine(offset, terms)];
    if (indirect?.uniform) parts.push(`(long)${this.#named(indirect.index)}[0] * ${indirect.stride}`);
    return parts.filter((part) => part !== '0').join(' + ');
  }

  /** A value as C; those with several uses are computed once a block. */
  #value(value: Vector): string {
    const held = this.#shared.get(value);
    if (held !== undefined) return held;
    const cheap = value.kind === 'const' || value.kind === 'register';
    if (!cheap && (this.#uses.get(value) ?? 0) > 1) return this.#named(value);
    return this.#computed(value);
  }

  /** A value that has a name of its own from here to the end of the block. */
  #named(value: Vector): string {
    const held = this.#shared.get(value);
    if (held !== undefined) return held;
    const text = this.#computed(value);
    const name = this.#name();
    this.#line(`const ${VECTOR[value.dtype]} ${name} = ${text};`);
    this.#shared.set(value, name);
    return name;
  }

  #computed(value: Vector): string {
    switch (value.kind) {
      case 'const':
        if (value.dtype === 'bool') return `truth(${value.value === 0 ? 0 : 1})`;
        return value.dtype === 'float32'
          ? `splat_f(${floatLiteral(value.value)})`
          : `splat_i(${intLiteral(value.value)})`;
      case 'register':
        return `r${value.register}`;
      case 'load':
        return this.#load(value);
      case 'index':
        return `ramp(${affine(value.offset, value.terms)}, ${value.stride})`;
      case 'unary':
        return this.#unary(value);
      case 'binary': {
        const { op, a, b } = value;
        const left = this.#value(a);
        if (op === 'shl' || op === 'shr') {
          if (b.kind !== 'const') throw new Error('render: shifts are by constants.');
          return `${op}_i(${left}, ${b.value})`;
        }
        return `${op}_${SUFFIX[a.dtype]}(${left}, ${this.#value(b)})`;
      }
      case 'fma':
        return `fma_(${this.#value(value.a)}, ${this.#value(value.b)}, ${this.#value(value.c)})`;
      case 'select': {
        const [condition, a, b] = [value.condition, value.a, value.b].map((part) => this.#value(part));
        return `select_${SUFFIX[value.dtype]}(${condition}, ${a}, ${b})`;
      }
      default:
        return value satisfies never;
    }
  }

  #unary({ op, a }: Extract<Vector, { kind: 'unary' }>): string {
    const operand = this.#value(a);
    switch (op) {
      case 'toFloat':
        return `to_float(${a.dtype === 'bool' ? `ones(${operand})` : operand})`;
      case 'toInt':
        return a.dtype === 'bool' ? `ones(${operand})` : `to_int(${operand})`;
      case 'bits':
        return `(vi)${operand}`;
      case 'fromBits':
        return `(vf)${operand}`;
      default:
        return `${op}_${SUFFIX[a.dtype]}(${operand})`;
    }
  }

  #load({ address, stride, lanes, dtype }: Extract<Vector, { kind: 'load' }>): string {
    const isFloat = dtype === 'float32';
    let words: string;
    if (address.indirect?.uniform === false || (stride !== 0 && stride !== 1)) {
      words = this.#gather(address, stride, lanes, isFloat);
    } else {
      const place = this.#pointer(address);
      if (stride === 1) words = `get_${isFloat ? 'f' : 'i'}(${place})`;
      else words = isFloat ? `splat_f(*(${place}))` : `splat_i(word(${place}))`;
    }
    return dtype === 'bool' ? `truths(${words})` : words;
  }

  /** A vector of elements that lie apart, or of which each lies where its own index says. */
  #gather(address: Address, stride: number, lanes: number, isFloat: boolean): string {
    const place = this.#pointer(address);
    const from = this.#name();
    this.#line(`const float *const ${from} = ${place};`);
    const { indirect } = address;
    const index = indirect?.uniform === false ? this.#named(indirect.index) : undefined;
    const elements = Array.from({ length: lanes }, (_, lane) => {
      const own = index === undefined ? '' : ` + (long)${index}[${lane}] * ${indirect!.stride}`;
      const element = `${from} + ${lane * stride}${own}`;
      return isFloat ? `*(${element})` : `word(${element})`;
    });
    return `((${isFloat ? 'vf' : 'vi'}){${elements.join(', ')}})`;
  }
}

function affine(offset: number, terms: Address['terms']): string {
  const parts = terms.map(({ variable, stride }) => {
    const name = variable === ITERATION ? 'iteration' : `v${variable}`;
    return stride === 1 ? name : `${name} * ${stride}`;
  });
  if (offset !== 0 || parts.length === 0) parts.push(String(offset));
  return parts.join(' + ');
}

/** A float32 constant, exactly. */
function floatLiteral(value: number): string {
  const rounded = Math.fround(value);
  if (Number.isNaN(rounded)) return '__builtin_nanf("")';
  if (!Number.isFinite(rounded)) return `${rounded < 0 ? '-' : ''}__builtin_inff()`;
  if (Object.is(rounded, -0)) return '-0.0f';
  const digits = String(rounded);
  return `${/[.e]/.test(digits) ? digits : `${digits}.0`}f`;
}

/** An int32 constant; the lowest has no literal of its own in C. */
function intLiteral(value: number): string {
  const wrapped = value | 0;
  return wrapped === -2147483648 ? '(-2147483647 - 1)' : String(wrapped);
}
