import type { Backend, Executable, LaunchSpan, LaunchTime } from '../backends/backend.ts';
import type { Launch, Program } from '../compiler/program.ts';
import { loadCeiling } from '../runtime.ts';
import { describeLaunch, placeOf } from './launchWords.ts';
import type { Measurable } from './measure.ts';
import { checkInteger, DEFAULT_BATCH_SIZE } from './options.ts';

export interface ProfileOptions {
  /** Samples in the step's batch. Default 32. */
  readonly batchSize?: number | undefined;
  /** Steps in the trace, all threads at work. Default 5. */
  readonly steps?: number | undefined;
  /** How often each kernel is timed by itself; the shortest time counts. Default 20. */
  readonly rounds?: number | undefined;
}

/** One kernel of a step. */
export interface KernelProfile {
  /** Its number in the order of the step. */
  readonly launch: number;
  /** The compiler's name for it: the ops it is made of. */
  readonly name: string;
  /** The layers that it is a part of, and what it does there, in words. */
  readonly place: string;
  readonly words: string;
  /** By itself, on one thread. */
  readonly milliseconds: number;
  /** Of the sum over all kernels. */
  readonly share: number;
  readonly flops: number;
  readonly gigaflops: number;
  /** Bytes that it touches at least, and their rate: from the caches, where they fit. */
  readonly bytes: number;
  readonly gigabytes: number;
  /** Its arithmetic as part of what a thread can do at most. */
  readonly peakShare: number;
}

/** What one thread of a machine can do at most, measured just before. */
export interface Ceiling {
  /** 10⁹ multiplications and additions a second, without a single load. */
  readonly gigaflops: number;
  /** 10⁹ bytes a second that a copy of 32 MiB reads and writes. */
  readonly gigabytes: number;
}

/** Where the time of a training step goes. */
export interface StepProfile {
  readonly backend: string;
  readonly threads: number;
  readonly batchSize: number;
  /** Milliseconds of a whole step on `threads`: the median. */
  readonly stepMs: number;
  /** Milliseconds of all kernels one after the other on one thread. */
  readonly kernelMs: number;
  readonly ceiling: Ceiling;
  /** The slowest first. */
  readonly kernels: readonly KernelProfile[];
  /** When each thread was in which kernel (`launch`), or waited (−1), over some steps. */
  readonly spans: readonly LaunchSpan[];
}

/**
 * Measures the training step of a compiled model, or of a `trainStep`, kernel by kernel: with made-up data of the batch
 * size, at which weights, optimizer and random numbers are afterwards what they were before.
 *
 * Each kernel is timed by itself on one thread, with its data in the cache where they fit. `profileText` shows the
 * result as a table, `traceEvents` as a file for chrome://tracing or Perfetto.
 *
 * @throws Error on the reference backend, which has no kernels
 * @example
 * const network = sequential([dense({ units: 10, inputShape: [64], activation: 'softmax' })], { seed: 0 });
 * network.compile({ loss: 'sparseCategoricalCrossentropy' });
 * const measured = await profile(network, { batchSize: 32, rounds: 2, steps: 2 });
 * measured.kernels[0].place;
 */
export async function profile(
  model: Measurable,
  { batchSize = DEFAULT_BATCH_SIZE, steps = 5, rounds = 20 }: ProfileOptions = {},
): Promise<StepProfile> {
  checkInteger(batchSize, 1, 'profile: batchSize');
  checkInteger(steps, 1, 'profile: steps');
  checkInteger(rounds, 1, 'profile: rounds');
  return model.measureStep(batchSize, async ({ executable, backend }) => {
    const { program } = executable;
    if (!executable.profile || !executable.trace) {
      throw new Error(
        `profile: expected a backend that runs kernels; received '${backend.name}'. Compile the model with backend 'native' or 'wasm'.`,
      );
    }
    const stepMs = await medianStep(executable, rounds);
    const threads = executable.sharing?.threads ?? backend.threads;
    const spans = await executable.trace(steps);
    const times = executable.profile(rounds);
    const ceiling = await measureCeiling(backend);
    const kernelMs = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    const kernels = program.launches
      .map((launch, i) => kernelProfile(i, launch, times[i]!, { kernelMs, ceiling, program }))
      .sort((a, b) => b.milliseconds - a.milliseconds);
    const { name } = backend;
    return { backend: name, threads, batchSize, stepMs, kernelMs, ceiling, kernels, spans };
  });
}

function kernelProfile(
  number: number,
  launch: Launch,
  { milliseconds }: LaunchTime,
  { kernelMs, ceiling, program }: { kernelMs: number; ceiling: Ceiling; program: Program },
): KernelProfile {
  const { name, flops, bytes } = launch;
  // A clock that did not move on says nothing of a rate.
  const rate = (amount: number) => (milliseconds > 0 ? amount / milliseconds / 1e6 : 0);
  return {
    launch: number,
    name,
    place: placeOf(launch, program),
    words: describeLaunch(launch),
    milliseconds,
    share: kernelMs > 0 ? milliseconds / kernelMs : 0,
    flops,
    gigaflops: rate(flops),
    bytes,
    gigabytes: rate(bytes),
    peakShare: rate(flops) / ceiling.gigaflops,
  };
}

/** Longest wait for a choice of threads. */
const CHOOSING_MS = 250;

async function medianStep(executable: Executable, rounds: number): Promise<number> {
  // The first one warms the caches up; a short program has chosen its threads in this time.
  const begin = performance.now();
  do await executable.run();
  while (executable.sharing?.isChosen === false && performance.now() - begin < CHOOSING_MS);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const running = executable.run();
    if (running) await running;
    times.push(performance.now() - start);
  }
  times.sort((a, b) => a - b);
  return times[times.length >> 1]!;
}

/** Rounds of the ceiling's programs: the best counts. */
const CEILING_ROUNDS = 5;

async function measureCeiling(backend: Backend): Promise<Ceiling> {
  const executable = await loadCeiling(backend);
  try {
    const { launches } = executable.program;
    const times = executable.profile!(CEILING_ROUNDS);
    const [arithmetic, copy] = launches.map(({ flops, bytes }, i) => {
      const { milliseconds } = times[i]!;
      return { gigaflops: flops / milliseconds / 1e6, gigabytes: bytes / milliseconds / 1e6 };
    });
    return { gigaflops: arithmetic!.gigaflops, gigabytes: copy!.gigabytes };
  } finally {
    executable.dispose();
  }
}
