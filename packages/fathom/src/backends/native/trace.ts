import type { Program } from '../../compiler/program.ts';
import type { LaunchSpan } from '../backend.ts';
import { allocate, type Block } from './memory.ts';

/**
 * A program's schedule once more, in C: the same stages, chunks and barriers as its own `run`, but every call of a
 * kernel, and every wait for other threads, leaves an event with its times behind. Compiled once for all programs.
 */
export const TRACE_SOURCE = `
#define _GNU_SOURCE
#include <time.h>
#define EXPORT __attribute__((visibility("default")))

struct event { long launch, start, end; };
struct trace {
  long threads;
  void (*const *kernels)(void *, char *, long, long, long);
  void *base;
  char *scratch;
  long scratchBytes;
  void (*meet)(void *);
  void *pool;
  /* Of each thread: its events, and how many there are. */
  struct event *events;
  long *counts;
  long capacity;
  const long *plan;
};

static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void keep(const struct trace *t, long thread, long launch, long start) {
  long at = t->counts[thread]++;
  if (at < t->capacity) t->events[thread * t->capacity + at] = (struct event){launch, start, now()};
}

static void call(const struct trace *t, long thread, long launch, long first, long end, long iteration) {
  if (first >= end) return;
  long start = now();
  t->kernels[launch](t->base, t->scratch + thread * t->scratchBytes, first, end, iteration);
  keep(t, thread, launch, start);
}

static void meet(const struct trace *t, long thread) {
  if (t->threads < 2) return;
  long start = now();
  t->meet(t->pool);
  keep(t, thread, -1, start);
}

/* Plan: regions [iterations, stages, together?]; stages [barrier, solo, chunks, members]; members [launch, tasks]. */
EXPORT void trace_run(const struct trace *t, long thread) {
  /* As in run(): results too small to be normal become 0. */
#if defined(__x86_64__)
  const unsigned mode = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(mode | 0x8000);
#endif
  const long *p = t->plan;
  for (long regions = *p++; regions > 0; regions--) {
    const long iterations = p[0], stages = p[1], alone = p[2];
    const long *begin = p += 3;
    for (long iteration = 0; iteration < iterations; iteration++) {
      p = begin;
      for (long stage = 0; stage < stages; stage++) {
        const long barrier = p[0], solo = p[1], chunks = p[2], members = p[3];
        const long *list = p + 4;
        p = list + 2 * members;
        const long from = solo ? 0 : thread * chunks / t->threads;
        const long to = solo ? (thread == 0 ? chunks : 0) : (thread + 1) * chunks / t->threads;
        if (barrier && (!alone || iteration == 0)) meet(t, thread);
        if (alone || members == 1) {
          for (long m = 0; m < members; m++)
            call(t, thread, list[2 * m], from * list[2 * m + 1], to * list[2 * m + 1], iteration);
          continue;
        }
        for (long chunk = from; chunk < to; chunk++)
          for (long m = 0; m < members; m++)
            call(t, thread, list[2 * m], chunk * list[2 * m + 1], (chunk + 1) * list[2 * m + 1], iteration);
      }
    }
  }
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(mode);
#endif
}

EXPORT unsigned long trace_entry(void) { return (unsigned long)trace_run; }
`;

/** Words of one event. */
const EVENT_WORDS = 3;
/** Events that are kept of a thread in one step. */
const MOST_EVENTS = 1 << 15;

/** The schedule of a program as the words that `trace_run` reads. */
export function tracePlan({ launches, loops }: Program): number[] {
  const words: number[] = [];
  let regions = 0;
  for (let at = 0; at < launches.length; ) {
    const loop = loops.find(({ first }) => first === at);
    const next = loops.find(({ first }) => first > at)?.first ?? launches.length;
    const end = loop ? loop.end : next;
    const stages = new Map<number, number[]>();
    for (let i = at; i < end; i++) {
      const { stage } = launches[i]!;
      stages.set(stage, [...(stages.get(stage) ?? []), i]);
    }
    regions++;
    // A loop of one stage: each thread goes through all iterations of its range by itself.
    words.push(loop?.count ?? 1, stages.size, loop && stages.size === 1 ? 1 : 0);
    for (const members of stages.values()) {
      const { barrier, solo, chunks } = launches[members[0]!]!;
      words.push(barrier ? 1 : 0, solo ? 1 : 0, solo ? 1 : chunks, members.length);
      for (const i of members) words.push(i, solo ? launches[i]!.count : launches[i]!.count / chunks);
    }
    at = end;
  }
  return [regions, ...words];
}

/** What a program is traced with: the threads that run it, its kernels, and where its memory is. */
export interface Traced {
  readonly program: Program;
  readonly threads: number;
  readonly kernelAt: (launch: number) => number;
  readonly base: number;
  readonly scratch: number;
  readonly meet: number;
  readonly pool: number;
}

/** The memory that a trace needs; `run` is given its address and runs one step. */
export class Tracer {
  readonly #blocks: readonly Block[];
  readonly #context: Block;
  readonly #events: BigInt64Array;
  readonly #counts: BigInt64Array;

  constructor(traced: Traced, addressOf: (memory: ArrayBuffer) => number) {
    const { program, threads, kernelAt, base, scratch, meet, pool } = traced;
    const words = (values: readonly number[]) => {
      const block = allocate(8 * values.length, addressOf);
      const view = new BigInt64Array(block.memory, block.offset, values.length);
      view.set(values.map(BigInt));
      return { block, view };
    };
    const kernels = words(program.launches.map((_, i) => kernelAt(i)));
    const events = words(new Array<number>(EVENT_WORDS * MOST_EVENTS * threads).fill(0));
    const counts = words(new Array<number>(threads).fill(0));
    const plan = words(tracePlan(program));
    const context = words([
      threads,
      kernels.block.address,
      base,
      scratch,
      program.scratchBytes,
      meet,
      pool,
      events.block.address,
      counts.block.address,
      MOST_EVENTS,
      plan.block.address,
    ]);
    // Compiled code knows addresses alone; this keeps what lies there.
    this.#blocks = [kernels, events, counts, plan].map(({ block }) => block);
    this.#context = context.block;
    this.#events = events.view;
    this.#counts = counts.view;
  }

  /** Runs steps by `run`, which is given the address of the trace. */
  steps(count: number, run: (trace: number) => void): LaunchSpan[] {
    const spans: LaunchSpan[] = [];
    let origin: bigint | undefined;
    for (let step = 0; step < count; step++) {
      this.#counts.fill(0n);
      run(this.#context.address);
      origin ??= this.#earliest();
      spans.push(...this.#spans(step, origin));
    }
    return this.#blocks.length > 0 ? spans : [];
  }

  #earliest(): bigint {
    let earliest = this.#events[1] ?? 0n;
    for (let thread = 1; thread < this.#counts.length; thread++) {
      const start = this.#events[EVENT_WORDS * MOST_EVENTS * thread + 1]!;
      if (this.#counts[thread]! > 0n && start < earliest) earliest = start;
    }
    return earliest;
  }

  #spans(step: number, origin: bigint): LaunchSpan[] {
    const milliseconds = (time: bigint) => Number(time - origin) / 1e6;
    return [...this.#counts].flatMap((given, thread) =>
      Array.from({ length: Math.min(Number(given), MOST_EVENTS) }, (_, i): LaunchSpan => {
        const at = EVENT_WORDS * (thread * MOST_EVENTS + i);
        return {
          step,
          thread,
          launch: Number(this.#events[at]),
          startMs: milliseconds(this.#events[at + 1]!),
          endMs: milliseconds(this.#events[at + 2]!),
        };
      }),
    );
  }
}
