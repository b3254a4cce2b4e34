import type { Launch, Program } from '../../compiler/program.ts';
import { assemble, atomic, FunctionBody, I32, op } from './assembler.ts';
import { renderKernel } from './kernel.ts';

export interface RenderOptions {
  readonly sharedMemory: boolean;
  readonly maximumPages: number;
  /** Whether the engine has the relaxed fused multiply-add. */
  readonly relaxed: boolean;
}

/** Names of the imported constants: `threads`, `sync` (address of the barrier's two words), and one base a buffer. */
export const THREADS = 0;
export const SYNC = 1;
export const MAY_WAIT = 2;

/** Where, from `sync` on, it stands whether what is prepared still holds. */
export const PREPARED = 8;

/** Rounds of looking at the barrier before a thread goes to sleep. */
const SPINS = 20000;

/** Name under which launch number `index` is exported, to be timed on its own. */
export function kernelName(index: number): string {
  return `kernel${index}`;
}

export function baseName(buffer: number): string {
  return `base${buffer}`;
}

/** Prints a program as a WebAssembly module: a function for each launch, and `run(thread)` that calls them. */
export function render(program: Program, options: RenderOptions): Uint8Array<ArrayBuffer> {
  const { launches, buffers, loops, prepared } = program;
  const kernels = launches.map((launch, i) => ({
    parameters: 3,
    body: renderKernel(launch, buffers, options.relaxed),
    exportName: kernelName(i),
  }));
  const barrier = launches.length;
  const run = new FunctionBody(1);
  const stages = stagesOf(launches);
  if (prepared > 0) run.emit(op.globalGet, SYNC).emit(op.i32Load, 2, PREPARED).emit(op.i32Eqz).open(op.if);
  for (let s = 0; s < stages.length; s++) {
    const members = stages[s]!;
    if (prepared > 0 && members[0] === prepared) run.end();
    const loop = loops.find(({ first }) => first === members[0]);
    const meet = ([first]: readonly number[]) => {
      if (launches[first!]!.barrier) run.emit(op.call, barrier);
    };
    const repeated = loop ? stages.filter(([i]) => loop.first <= i! && i! < loop.end) : [];
    if (!loop || repeated.length === 1) {
      meet(members);
      emitStage(run, launches, members, loop?.count);
      continue;
    }
    s += repeated.length - 1;
    const iteration = run.local(I32);
    repeat(run, iteration, loop.count, () => {
      for (const stage of repeated) {
        meet(stage);
        emitStage(run, launches, stage, undefined, iteration);
      }
    });
  }
  if (prepared > 0 && prepared === launches.length) run.end();
  // The caller reads results as soon as its own part is done.
  run.emit(op.call, barrier);
  return assemble({
    globals: ['threads', 'sync', 'mayWait', 'scratch', ...buffers.map((_, i) => baseName(i))],
    sharedMemory: options.sharedMemory,
    maximumPages: options.maximumPages,
    functions: [
      ...kernels,
      { parameters: 0, body: barrierBody(options.sharedMemory) },
      { parameters: 1, body: run, exportName: 'run' },
    ],
  });
}

/** Numbers of the launches of each stage. */
function stagesOf(launches: readonly Launch[]): number[][] {
  const stages: number[][] = [];
  launches.forEach(({ stage }, i) => {
    if (launches[i - 1]?.stage === stage) stages[stages.length - 1]!.push(i);
    else stages.push([i]);
  });
  return stages;
}

/** A loop of `count` iterations, at least one, counted in a local. */
function repeat(run: FunctionBody, iteration: number, count: number, body: () => void): void {
  run.constant(0).emit(op.localSet, iteration).open(op.loop);
  body();
  run.emit(op.localGet, iteration).constant(1).emit(op.i32Add).emit(op.localTee, iteration);
  run.constant(count).emit(op.i32LtS).emit(op.brIf, 0).end();
}

/**
 * Calls the kernels of a stage for this thread's share of its chunks, [t·chunks/T, (t+1)·chunks/T): one call for a
 * kernel by itself, a loop over chunks for several. A stage that is a loop of `repetitions` takes its share as one chunk
 * through all of them; for one within a loop, the local `iteration` counts.
 */
function emitStage(
  run: FunctionBody,
  launches: readonly Launch[],
  members: readonly number[],
  repetitions?: number,
  iteration?: number,
): void {
  const { solo, chunks } = launches[members[0]!]!;
  const call = (launch: number, counter: number | undefined) => {
    if (counter === undefined) run.constant(0);
    else run.emit(op.localGet, counter);
    run.emit(op.call, launch);
  };
  const times = (body: (counter: number | undefined) => void) => {
    if (repetitions === undefined) body(iteration);
    else {
      const counter = run.local(I32);
      repeat(run, counter, repetitions, () => body(counter));
    }
  };
  if (solo) {
    run.emit(op.localGet, 0).emit(op.i32Eqz).open(op.if);
    times((counter) => {
      for (const i of members) {
        run.constant(0).constant(launches[i]!.count);
        call(i, counter);
      }
    });
    run.end();
    return;
  }
  const bound = (plus: number) => {
    run.emit(op.localGet, 0);
    if (plus) run.constant(plus).emit(op.i32Add);
    run.constant(chunks).emit(op.i32Mul).emit(op.globalGet, THREADS).emit(op.i32DivU);
  };
  if (members.length === 1 && repetitions === undefined) {
    bound(0);
    bound(1);
    call(members[0]!, iteration);
    return;
  }
  const [chunk, end] = [run.local(I32), run.local(I32)];
  bound(0);
  run.emit(op.localSet, chunk);
  bound(1);
  run.emit(op.localSet, end);
  if (repetitions !== undefined) {
    times((counter) => {
      for (const i of members) {
        const tasks = launches[i]!.count / chunks;
        run.emit(op.localGet, chunk).constant(tasks).emit(op.i32Mul);
        run.emit(op.localGet, end).constant(tasks).emit(op.i32Mul);
        call(i, counter);
      }
    });
    return;
  }
  run.emit(op.localGet, chunk).emit(op.localGet, end).emit(op.i32LtS).open(op.if).open(op.loop);
  for (const i of members) {
    const tasks = launches[i]!.count / chunks;
    run.emit(op.localGet, chunk).constant(tasks).emit(op.i32Mul);
    run.emit(op.localGet, chunk).constant(1).emit(op.i32Add).constant(tasks).emit(op.i32Mul);
    call(i, iteration);
  }
  run.emit(op.localGet, chunk).constant(1).emit(op.i32Add).emit(op.localTee, chunk);
  run.emit(op.localGet, end).emit(op.i32LtS).emit(op.brIf, 0).end().end();
}

/**
 * All threads meet: the last to come resets the count and raises the generation; the others watch the generation,
 * and sleep on it when it takes long and they may.
 */
function barrierBody(shared: boolean): FunctionBody {
  const body = new FunctionBody(0);
  if (!shared) return body;
  const generation = body.local(I32);
  const spins = body.local(I32);
  const sync = () => body.emit(op.globalGet, SYNC);
  body.open(op.block);
  body.emit(op.globalGet, THREADS).constant(1).emit(op.i32Eq).emit(op.brIf, 0);
  sync().atomic(atomic.i32Load, 4).emit(op.localSet, generation);
  sync().constant(1).atomic(atomic.i32Add, 0).constant(1).emit(op.i32Add);
  body.emit(op.globalGet, THREADS).emit(op.i32Eq).open(op.if);
  sync().constant(0).atomic(atomic.i32Store, 0);
  sync().constant(1).atomic(atomic.i32Add, 4).emit(0x1a);
  sync().constant(0x7fffffff).atomic(atomic.notify, 4).emit(0x1a);
  body.code.byte(op.else);
  body.constant(SPINS).emit(op.localSet, spins);
  body.open(op.loop);
  // Leaves the outer block when the generation has moved on.
  sync().atomic(atomic.i32Load, 4).emit(op.localGet, generation).emit(op.i32Ne).emit(op.brIf, 2);
  body.emit(op.localGet, spins).open(op.if);
  body.emit(op.localGet, spins).constant(1).emit(op.i32Sub).emit(op.localSet, spins);
  body.code.byte(op.else);
  body.emit(op.globalGet, MAY_WAIT).open(op.if);
  sync().emit(op.localGet, generation);
  body.code.byte(0x42).byte(0x7f); // i64.const −1: without a time limit
  body.atomic(atomic.wait32, 4).emit(0x1a);
  body.end().end();
  body.emit(op.br, 0);
  body.end().end().end();
  return body;
}
