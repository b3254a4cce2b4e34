// Side by side in one run: A B C, C B A, A B C, ... Whatever disturbs the machine for a second disturbs all of
// them, and ratios are taken round by round before their median.

import { watch } from './disturbance.mjs';
import { PEERS } from './peer.mjs';

/** A first step this slow is measured alone, outside the rounds. */
const SLOW_MS = 400;
/** The same for works whose steps are long at every peer's. */
const PATIENT_MS = 4000;
/** A first step this slow is itself the measurement: start-up is nothing against it. */
const VERY_SLOW_MS = 8000;
const PAUSE_MS = 15; // lets the last peer's threads fall asleep
const MOST_STEPS = 2000;
/** A round in which other processes kept this many cores busy is disturbed, and is repeated, within limits. */
const DISTURBED_CORES = 0.15;
const EXTRA_ROUNDS = 1; // as a share of the rounds asked for

/**
 * Times every entry `{ peer, id, ... }` and adds to it `rounds` (each round's median, in ms), `median`, `steps`
 * (a round), or `error`, and `firstMs`, the first step with whatever was compiled for it. Returns how disturbed the
 * kept rounds were. `everyone` is all processes of this run, whose work does not count as a disturbance; `patient`
 * takes also slow steps in turns.
 */
export async function alternate(
  entries,
  { rounds, budgetMs, patient = false, everyone = entries.map((e) => e.peer) },
) {
  for (const entry of entries) if (!entry.error) await calibrate(entry, budgetMs, patient);
  const regular = entries.filter((e) => !e.error && !e.rounds);
  const taken = [];
  const most = rounds * (1 + EXTRA_ROUNDS);
  let quiet = 0;
  for (let round = 0; round < most && quiet < rounds && regular.some((e) => !e.error); round++) {
    const order = round % 2 ? [...regular].reverse() : regular;
    const others = watch(everyone);
    const medians = new Map();
    for (const entry of order) {
      if (entry.error) continue;
      await sleep(PAUSE_MS);
      const answer = await run(entry, entry.steps, entry.warmup);
      if (answer.error) entry.error = answer.error;
      else medians.set(entry, median(answer.ms));
    }
    const disturbed = others() ?? 0;
    if (disturbed < DISTURBED_CORES) quiet++;
    taken.push({ disturbed, medians });
  }
  // The quietest rounds count: chosen by what others did to the machine, never by the times themselves.
  const kept = taken.sort((a, b) => a.disturbed - b.disturbed).slice(0, rounds);
  for (const entry of regular) entry.rounds = kept.map(({ medians }) => medians.get(entry));
  for (const entry of entries) if (!entry.error) entry.median = median(entry.rounds);
  return {
    disturbance: kept.length ? Math.max(...kept.map((k) => k.disturbed)) : 0,
    discarded: taken.length - kept.length,
  };
}

/** How many times faster `ours` is than `theirs`: the median over rounds of the ratio within a round. */
export function speedup(ours, theirs) {
  if (ours?.median === undefined || theirs?.median === undefined) return undefined;
  if (ours.rounds.length !== theirs.rounds.length) return theirs.median / ours.median;
  return median(theirs.rounds.map((ms, round) => ms / ours.rounds[round]));
}

/** The sentence a reader needs when the machine was not quiet; nothing when it was. */
export function disturbanceNote({ disturbance, discarded }) {
  if (disturbance < DISTURBED_CORES) return [];
  return [
    `Disturbed: other processes kept up to ${disturbance.toFixed(1)} cores busy (${discarded} rounds discarded).`,
  ];
}

/** A verdict reached on a machine that others used is marked as such. */
export function marked(claims, { disturbance }) {
  if (disturbance < DISTURBED_CORES) return claims;
  return claims.map((c) => ({ ...c, verdict: `${c.verdict} (disturbed)` }));
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

async function calibrate(entry, budgetMs, patient) {
  const first = await run(entry, 1, 0);
  if (first.error) {
    entry.error = first.error;
    return;
  }
  entry.firstMs = first.ms[0];
  // What compiles for seconds is no slow peer.
  if (entry.firstMs > VERY_SLOW_MS && !PEERS[entry.peer.key].compiles) {
    Object.assign(entry, { rounds: [entry.firstMs], steps: 1, note: 'one step, its first' });
    return;
  }
  const second = await run(entry, entry.firstMs > SLOW_MS ? 2 : 3, entry.firstMs > SLOW_MS ? 0 : 5);
  const ms = median(second.ms);
  if (ms > (patient ? PATIENT_MS : SLOW_MS)) {
    Object.assign(entry, { rounds: [ms], steps: second.ms.length, note: `${second.ms.length} steps, once` });
    return;
  }
  entry.steps = Math.min(MOST_STEPS, Math.max(1, Math.round(budgetMs / ms)));
  entry.warmup = Math.min(20, Math.ceil(entry.steps / 5));
}

function run(entry, steps, warmup) {
  return entry.peer
    .ask({ cmd: 'run', id: entry.id, steps, warmup })
    .catch((error) => ({ error: error.message }));
}

export function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
