import type { Address, Buffer, Launch, Program, Stmt, Target, Vector } from './program.ts';

/** Steps of the arithmetic loop: some milliseconds. */
const STEPS = 400_000;
/** Elements that are copied: more than any cache holds. */
const COPIED = 1 << 23;

/**
 * What a machine can do at most, as a program for that machine: launch 0 multiplies and adds in registers alone, launch
 * 1 copies memory from one place to another, launch 2 fills the source of that copy (memory that was never written is
 * not there at all). None waits for anything else, so no kernel of the same instructions is faster.
 */
export function ceilingProgram(target: Target): Program {
  return {
    graph: { inputs: [], outputs: [], updates: [] },
    buffers: [arena(target.lanes, 0), arena(COPIED, SPACING), arena(COPIED, SPACING + 4 * COPIED + SPACING)],
    inputs: [],
    outputs: [],
    launches: [multiplyAdds(target), copy(target), fill(target)],
    loops: [],
    prepared: 0,
    arenaBytes: 2 * (SPACING + 4 * COPIED),
    scratchBytes: 0,
  };
}

/** Between two buffers, so that they do not fall on the same cache lines. */
const SPACING = 4096 + 256;

function multiplyAdds({ lanes, registers, fmaPerCycle, fmaLatency }: Target): Launch {
  // As many sums side by side as it takes to never wait for one, as far as registers go.
  const chains = Math.min(registers - 4, 2 * fmaPerCycle * fmaLatency);
  const whole: Address = { buffer: 0, offset: 0, terms: [] };
  const register = (number: number): Vector => ({ kind: 'register', dtype: 'float32', register: number });
  const load: Vector = { kind: 'load', dtype: 'float32', address: whole, stride: 1, lanes };
  const sums = Array.from({ length: chains }, (_, i) => i);
  const body: Stmt[] = [
    ...[...sums, chains].map((i): Stmt => ({ kind: 'assign', register: i, value: load })),
    {
      kind: 'loop',
      variable: 0,
      count: STEPS,
      body: sums.map((i) => ({
        kind: 'assign',
        register: i,
        value: { kind: 'fma', dtype: 'float32', a: register(chains), b: register(chains), c: register(i) },
      })),
    },
    {
      kind: 'store',
      address: whole,
      stride: 1,
      lanes,
      value: sums
        .map(register)
        .reduce((a, b): Vector => ({ kind: 'binary', op: 'add', dtype: 'float32', a, b })),
    },
  ];
  return launch('multiply-add', body, { flops: 2 * lanes * chains * STEPS, bytes: 0 });
}

function copy({ lanes }: Target): Launch {
  const at = (buffer: number): Address => ({ buffer, offset: 0, terms: [{ variable: 0, stride: lanes }] });
  const value: Vector = { kind: 'load', dtype: 'float32', address: at(1), stride: 1, lanes };
  const store: Stmt = { kind: 'store', address: at(2), stride: 1, lanes, value };
  const body: Stmt[] = [{ kind: 'loop', variable: 0, count: COPIED / lanes, body: [store] }];
  return launch('copy', body, { flops: 0, bytes: 8 * COPIED });
}

function fill({ lanes }: Target): Launch {
  const address: Address = { buffer: 1, offset: 0, terms: [{ variable: 0, stride: lanes }] };
  const value: Vector = { kind: 'const', dtype: 'float32', value: 1 };
  const store: Stmt = { kind: 'store', address, stride: 1, lanes, value };
  const body: Stmt[] = [{ kind: 'loop', variable: 0, count: COPIED / lanes, body: [store] }];
  return launch('fill', body, { flops: 0, bytes: 4 * COPIED });
}

function launch(
  name: string,
  body: readonly Stmt[],
  { flops, bytes }: { readonly flops: number; readonly bytes: number },
): Launch {
  return {
    name,
    count: 1,
    body,
    solo: true,
    barrier: false,
    stage: 0,
    chunks: 1,
    reads: [],
    writes: [],
    slices: new Map(),
    flops,
    bytes,
    work: flops > 0 ? 'sums of products' : 'copy',
    origin: [],
  };
}

function arena(size: number, offset: number): Buffer {
  return { kind: 'arena', size, dtype: 'float32', offset };
}
