import { splitAxes } from './block.ts';
import { bytesOf } from './facts.ts';
import type { Nest } from './nest.ts';
import { dependencies } from './order.ts';
import type { Scheduled } from './schedule.ts';
import { CYCLES_A_BYTE } from './stages.ts';
import { outputAxes } from './tile.ts';

/** A nest and its launches. */
export interface Made {
  readonly nest: Nest;
  readonly launches: readonly Scheduled[];
}

/** Fewer results than this for a sample leave most lanes empty. */
const FEW_RESULTS = 32;

/** Launches of which more go sample by sample. */
export interface Bridged {
  readonly launches: readonly Scheduled[];
  /** What it takes at most that they do. */
  readonly cycles: number;
}

/** What `bridgeSamples` must know of a program. */
export interface Bridging {
  readonly samples: number;
  /** Whether a buffer is a variable or a constant. */
  readonly isSource: (buffer: number) => boolean;
  readonly schedule: (nest: Nest) => readonly Scheduled[];
}

/**
 * Forward and backward pass go sample by sample in many networks, and could be one stage, in which what a sample leaves for
 * the backward pass never leaves the cache, if there were not a little work between them that is done for all samples at
 * once: the last dense layer, softmax, the gradient of the loss. Here that goes sample by sample as well; and so do launches
 * for all threads that read what others make sample by sample, such as a mean over all places.
 *
 * @returns nothing where there is no such work
 */
export function bridgeSamples(made: readonly Made[], bridging: Bridging): Bridged | undefined {
  const launches = made.flatMap((one) => one.launches);
  const nests = made.flatMap(({ nest, launches: own }) =>
    own.map(() => (own.length === 1 ? nest : undefined)),
  );
  const goes = goingBySample(launches, bridging);
  const { isAfter, isBefore } = neighbours(launches, goes);
  const bySample = new Set(launches.flatMap(({ writes }, i) => (goes[i] ? writes : [])));
  let cycles = 0;
  const result = launches.map((launch, i) => {
    const nest = nests[i];
    const isBetween = isAfter[i] && (isBefore[i] || !launch.solo);
    const bridged = !goes[i] && isBetween && nest ? inSamples(nest, bySample, bridging) : undefined;
    if (!bridged) return launch;
    for (const buffer of bridged.launch.writes) bySample.add(buffer);
    cycles += bridged.cycles;
    return bridged.launch;
  });
  return result.some((launch, i) => launch !== launches[i]) ? { launches: result, cycles } : undefined;
}

/** Which launches have a whole number of tasks for each sample already. */
function goingBySample(launches: readonly Scheduled[], { samples, isSource }: Bridging): boolean[] {
  const ofWeights = new Set<number>();
  return launches.map(({ solo, loop, count, slices, reads, writes }) => {
    if (reads.length > 0 && reads.every((buffer) => isSource(buffer) || ofWeights.has(buffer))) {
      for (const buffer of writes) ofWeights.add(buffer);
      return false;
    }
    return !solo && !loop && count % samples === 0 && slices.size > 0;
  });
}

/** Which launches wait for one that goes by sample, directly or not, and for which of them one of those waits. */
function neighbours(launches: readonly Scheduled[], goes: readonly boolean[]) {
  const waits = dependencies(launches);
  const isAfter: boolean[] = [];
  for (const list of waits) isAfter.push(list.some((j) => goes[j] || isAfter[j]));
  const isBefore = launches.map(() => false);
  for (let i = launches.length - 1; i >= 0; i--) {
    if (goes[i] || isBefore[i]) for (const j of waits[i]!) isBefore[j] = true;
  }
  return { isAfter, isBefore };
}

/** A nest as a launch whose tasks are samples, where each of them has its own part of all that lies sample by sample. */
function inSamples(
  nest: Nest,
  bySample: ReadonlySet<number>,
  { samples, schedule }: Bridging,
): { launch: Scheduled; cycles: number } | undefined {
  if (nest.loop || nest.tasks !== undefined || nest.panels !== undefined) return undefined;
  for (const axis of outputAxes(nest)) {
    const size = nest.axes[axis]!;
    const isTied = nest.entangled.includes(axis) || nest.reduce?.colliding.includes(axis);
    if (size % samples !== 0 || isTied) continue;
    const cut = size === samples ? nest : splitAxes(nest, new Map([[axis, size / samples]]));
    const [launch, ...others] = schedule({ ...cut, tasks: axis });
    if (!launch || others.length > 0 || launch.count !== samples) continue;
    const parts = [...launch.writes, ...launch.reads.filter((buffer) => bySample.has(buffer))];
    if (!parts.every((buffer) => launch.slices.has(buffer))) continue;
    const one = { ...cut, axes: cut.axes.with(axis, 1) };
    return { launch: { ...launch, solo: false }, cycles: extraCycles(nest, one, samples, launch.flops) };
  }
  return undefined;
}

/** Cycles that it takes more, at most, if each sample reads again what is the same for all, and lanes help only with many results. */
function extraCycles(nest: Nest, one: Nest, samples: number, flops: number): number {
  const again = samples * bytesOf(one) - bytesOf(nest);
  const results = outputAxes(one).reduce((product, axis) => product * one.axes[axis]!, 1);
  return CYCLES_A_BYTE * Math.max(0, again) + (results < FEW_RESULTS ? flops : 0);
}
