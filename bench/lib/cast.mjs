// The peers of one run, started once and asked again and again.

import { sleep } from './alternate.mjs';
import { PEERS, startPeer, takes } from './peer.mjs';

const IDLE_MS = 150;
const IDLE_SHARE = 0.2; // of one core

/** Starts every peer in `keys`; those that cannot start end up in `missing` with the reason and the install line. */
export async function startCast(keys) {
  const started = [];
  const missing = [];
  for (const key of keys) {
    for (const threads of PEERS[key].threads) {
      const peer = await startPeer(key, threads);
      if (!peer.missing) started.push(peer);
      else {
        const { label, install } = PEERS[key];
        missing.push({ key, label, reason: peer.missing, install });
        break;
      }
    }
  }
  return { peers: started, missing };
}

/** One entry for `alternate` per peer, thread count and variant; a peer that refuses carries its `error`. */
export async function entriesFor(peers, setup, keys = peers.map((p) => p.key)) {
  const entries = [];
  for (const peer of peers) {
    if (!keys.includes(peer.key) || (setup.kind && !takes(peer, setup))) continue;
    const variants = (setup.kind === 'train' && peer.variants[setup.work]) || [''];
    for (const variant of variants) {
      const id = JSON.stringify([setup, variant]);
      const request = { cmd: 'setup', id, ...setup, threads: peer.threads, variant };
      const answer = await peer.ask(request).catch((error) => ({ error: error.message }));
      entries.push({ peer, id, variant, error: answer.error, facts: answer });
    }
  }
  return entries;
}

/** Frees what a section set up, so that no peer carries it into the next one. */
export async function clear(peers) {
  for (const peer of peers) await peer.ask({ cmd: 'clear' }).catch(() => {});
}

/** Names the peers that burn processor time while nobody asks them anything: they would disturb the others. */
export async function busyWhileIdle(peers) {
  const before = peers.map((p) => p.processorTime());
  await sleep(IDLE_MS);
  return peers
    .map((p, i) => ({ peer: p, used: (p.processorTime() ?? 0) - (before[i] ?? 0) }))
    .filter(({ used }) => used > IDLE_MS * IDLE_SHARE)
    .map(
      ({ peer, used }) =>
        `${peer.label} (${peer.threads} threads) used ${used} ms in ${IDLE_MS} ms of idleness`,
    );
}

/** What a reader needs to know of an entry. */
export function describe({ peer, variant, median, rounds, steps, firstMs, error, note }) {
  return {
    peer: peer.label,
    version: peer.version,
    threads: peer.threads,
    variant,
    ...(error ? { error } : { medianMs: median, roundsMs: rounds, stepsARound: steps, firstStepMs: firstMs }),
    ...(note ? { note } : {}),
  };
}
