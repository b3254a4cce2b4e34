import type { KernelProfile, StepProfile } from './profile.ts';

/**
 * An event of Chrome's trace format: `X` is a span, `M` names a process or thread; times in microseconds.
 *
 * Source: "Trace Event Format", the Chromium project.
 */
export interface TraceEvent {
  readonly name: string;
  readonly ph: 'X' | 'M';
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly dur?: number;
  readonly cat?: string;
  readonly args?: Readonly<Record<string, string | number>>;
}

/** What chrome://tracing and https://ui.perfetto.dev open, as JSON. */
export interface TraceFile {
  readonly traceEvents: readonly TraceEvent[];
  readonly displayTimeUnit: 'ms';
  readonly otherData: Readonly<Record<string, string | number>>;
}

/**
 * The spans of a profile as a trace: one row a thread, with the steps around the kernels of the first one, and waits for
 * other threads where they are.
 *
 * @example
 * const trace = JSON.stringify(traceEvents(await profile(model)));
 */
export function traceEvents(profile: StepProfile): TraceFile {
  const { backend, threads, batchSize, stepMs, ceiling, kernels, spans } = profile;
  const byLaunch = new Map(kernels.map((kernel) => [kernel.launch, kernel]));
  const rows = [...new Set(spans.map(({ thread }) => thread))].sort((a, b) => a - b);
  return {
    traceEvents: [
      named('process_name', 0, `Fathom on ${backend}`),
      ...rows.map((thread) => named('thread_name', thread, `thread ${thread}`)),
      ...stepEvents(profile),
      ...spans.map(({ thread, launch, step, startMs, endMs }) => {
        const kernel = byLaunch.get(launch);
        return span(kernel ? kernel.place || kernel.words : WAITING, thread, startMs, endMs, {
          cat: kernel ? 'kernel' : 'wait',
          args: { step, ...(kernel ? facts(kernel) : {}) },
        });
      }),
    ],
    displayTimeUnit: 'ms',
    otherData: {
      backend,
      threads,
      batchSize,
      stepMs,
      peakGigaflops: ceiling.gigaflops,
      copyGigabytes: ceiling.gigabytes,
    },
  };
}

const WAITING = 'waiting for other threads';

/** A span around all that the first thread does in a step. */
function stepEvents({ spans }: StepProfile): TraceEvent[] {
  const steps = new Map<number, { start: number; end: number }>();
  for (const { step, thread, startMs, endMs } of spans) {
    if (thread !== 0) continue;
    const known = steps.get(step) ?? { start: startMs, end: endMs };
    steps.set(step, { start: Math.min(known.start, startMs), end: Math.max(known.end, endMs) });
  }
  return [...steps].map(([step, { start, end }]) => span(`step ${step}`, 0, start, end, { cat: 'step' }));
}

function facts({ name, words, launch, flops, bytes }: KernelProfile): Record<string, string | number> {
  return { what: words, kernel: name, launch, flops, bytes };
}

function span(
  name: string,
  tid: number,
  startMs: number,
  endMs: number,
  rest: Pick<TraceEvent, 'cat' | 'args'>,
): TraceEvent {
  const [ts, end] = [microseconds(startMs), microseconds(endMs)];
  return { name, ph: 'X', pid: PROCESS, tid, ts, dur: microseconds((end - ts) / 1000), ...rest };
}

/** To the nanosecond: what lies inside of another span still does. */
function microseconds(milliseconds: number): number {
  return Math.round(milliseconds * 1e6) / 1000;
}

const PROCESS = 1;

function named(what: 'process_name' | 'thread_name', tid: number, name: string): TraceEvent {
  return { name: what, ph: 'M', pid: PROCESS, tid, args: { name } };
}
