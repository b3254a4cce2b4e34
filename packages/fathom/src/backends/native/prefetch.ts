import {
  type Address,
  type Buffer,
  type Stmt,
  type Vector,
  valuesOf,
  vectorOperands,
} from '../../compiler/program.ts';

type Loop = Extract<Stmt, { kind: 'loop' }>;
type Counted = Pick<Loop, 'variable' | 'count'>;

/** Where a launch is, to judge what a processor would have to wait for. */
export interface Surroundings {
  readonly buffers: readonly Buffer[];
  readonly lanes: number;
  /** Buffers that the launch before has touched. */
  readonly recent: ReadonlySet<number>;
  /** The loops around, the innermost first. */
  readonly around: readonly Counted[];
}

/** What a processor fetches at once. */
const LINE_ELEMENTS = 16;
/** Smaller buffers are in a cache near by anyway, and asking for them costs more than it brings. */
const NEAR_BYTES = 256 * 1024;
/** What the launch before has not touched is in the nearest cache only if it is smaller than this. */
const NEAREST_BYTES = 32 * 1024;
const AHEAD_ELEMENTS = 1024;
/** What is read more often than that comes from near by most of the time. */
const OFTEN = 8;
/** Sums that take about as long as memory does to answer. */
const LONG_SUMS = 100;

/**
 * What the statements behind a loop of sums read, so that it is there when the loop is done: what is added to a tile's sums
 * lies in lines far apart, which the processor does not foresee. Nothing where the loop is too short for that.
 */
export function behindLoop(loop: Loop, statements: readonly Stmt[], { buffers }: Surroundings): Address[] {
  if (sumsOf(loop) <= LONG_SUMS) return [];
  const next = statements.findIndex(({ kind }) => kind === 'loop');
  const lines = new Map<string, Address>();
  for (const { address } of loadsOf(next < 0 ? statements : statements.slice(0, next))) {
    if (!isFar(address, buffers)) continue;
    const key = `${streamOf(address)} ${Math.floor(address.offset / LINE_ELEMENTS)}`;
    if (!lines.has(key)) lines.set(key, address);
  }
  return [...lines.values()];
}

/**
 * In a loop that adds up, what it reads in one piece some way ahead, be it the next panel: weights that are read for a
 * few rows only come from far away, and the processor looks ahead no further than a page of 4096 bytes. Where the loops
 * around it read the same piece several times, each time asks for its part of the piece that is next.
 */
export function aheadInLoop(
  { variable, count, body }: Loop,
  { buffers, lanes, around }: Surroundings,
): Address[] {
  if (body.some(({ kind }) => kind !== 'assign')) return [];
  const streams = new Map<string, { address: Address; stride: number; offsets: Set<number> }>();
  for (const { address, stride } of loadsOf(body)) {
    const step = strideAlong(address, variable);
    if (stride !== 1 || step <= 0 || !isFar(address, buffers)) continue;
    const key = streamOf(address);
    const stream = streams.get(key) ?? { address, stride: step, offsets: new Set() };
    streams.set(key, stream);
    stream.offsets.add(address.offset);
  }
  return [...streams.values()].flatMap(({ address, stride, offsets }) => {
    // Only what is read without a gap.
    if (offsets.size * lanes !== stride) return [];
    const again = repeating(address, around);
    const times = again.reduce((product, loop) => product * loop.count, 1);
    if (times > OFTEN) return [];
    const first = { ...address, offset: Math.min(...offsets) };
    if (times === 1 || stride % times !== 0) return linesOf(first, AHEAD_ELEMENTS, stride);
    // Of the next piece, the part that belongs to this time, as far as this iteration has come in it.
    const piece = stride * count;
    const terms = first.terms.filter((term) => term.variable !== variable);
    terms.push({ variable, stride: stride / times });
    let size = piece / times;
    for (const loop of again) {
      terms.push({ variable: loop.variable, stride: size });
      size *= loop.count;
    }
    return linesOf({ ...first, terms }, piece, stride / times);
  });
}

/**
 * Where windows are read that overlap with those below: the rows that those below have beyond these, more streams than the
 * processor follows by itself. An iteration of the innermost loop asks for its part of what the one around it moves on by.
 */
export function rowsBelow(
  statements: readonly Stmt[],
  { buffers, recent, around: [inner, columns, rows] }: Surroundings,
): Address[] {
  if (!inner || !columns || !rows) return [];
  const written = statements.flatMap((one) => (one.kind === 'store' ? one.address.buffer : []));
  const windows = new Map<string, { address: Address; offsets: Set<number> }>();
  for (const { address, stride } of loadsOf(statements)) {
    const near = recent.has(address.buffer) ? NEAR_BYTES : NEAREST_BYTES;
    if (stride !== 1 || !isFar(address, buffers, near) || written.includes(address.buffer)) continue;
    const key = streamOf(address);
    const window = windows.get(key) ?? { address, offsets: new Set() };
    windows.set(key, window);
    window.offsets.add(address.offset);
  }
  return [...windows.values()].flatMap(({ address, offsets }) => {
    const [along, across, down] = [inner, columns, rows].map((loop) =>
      strideAlong(address, loop.variable),
    ) as [number, number, number];
    const share = across / inner.count;
    const isInRows = along > 0 && across >= along * inner.count && down >= across * columns.count;
    if (!isInRows || !Number.isInteger(share)) return [];
    // A row begins where the window is further from the place before than it moves on by.
    const places = [...offsets].sort((a, b) => a - b);
    const starts = places.filter((place, i) => i === 0 || place - places[i - 1]! > across);
    const below = starts.filter((place) => !offsets.has(place + down));
    if (below.length === starts.length) return [];
    const terms = address.terms.filter(({ variable }) => variable !== inner.variable);
    terms.push({ variable: inner.variable, stride: share });
    return below.flatMap((offset) => linesOf({ ...address, offset, terms }, down, share));
  });
}

/** The loops, the innermost first, in which the same is read again and again before a loop moves on. */
function repeating({ terms }: Address, around: readonly Counted[]): readonly Counted[] {
  const moving = around.findIndex(({ variable }) => terms.some((term) => term.variable === variable));
  return moving < 0 ? around : around.slice(0, moving);
}

function isFar({ buffer, indirect }: Address, buffers: readonly Buffer[], near = NEAR_BYTES): boolean {
  return indirect === undefined && 4 * buffers[buffer]!.size > near;
}

/** So many elements from some elements behind an address on, one address for each line of them. */
function linesOf(address: Address, ahead: number, count: number): Address[] {
  const lines = Math.ceil(count / LINE_ELEMENTS);
  return Array.from({ length: lines }, (_, i) => ({
    ...address,
    offset: address.offset + ahead + i * LINE_ELEMENTS,
  }));
}

/** What addresses have in common that move on together. */
function streamOf({ buffer, terms }: Address): string {
  return `${buffer} ${terms.map(({ variable, stride }) => `${variable}*${stride}`).join('+')}`;
}

function strideAlong({ terms }: Address, variable: number): number {
  return terms.find((term) => term.variable === variable)?.stride ?? 0;
}

/** How many sums a loop does, if it does nothing else. */
function sumsOf(statement: Stmt): number {
  if (statement.kind === 'assign') return 1;
  if (statement.kind !== 'loop') return Number.NEGATIVE_INFINITY;
  return statement.count * statement.body.reduce((total, each) => total + sumsOf(each), 0);
}

/** All loads of straight statements, each once. */
function loadsOf(statements: readonly Stmt[]): Extract<Vector, { kind: 'load' }>[] {
  const seen = new Set<Vector>();
  const visit = (value: Vector) => {
    if (seen.has(value)) return;
    seen.add(value);
    for (const operand of vectorOperands(value)) visit(operand);
  };
  for (const statement of statements) if (statement.kind !== 'loop') valuesOf(statement).forEach(visit);
  return [...seen].filter((value) => value.kind === 'load');
}
