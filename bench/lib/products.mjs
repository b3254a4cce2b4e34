// The matrix product against the bare micro-kernel, and the prediction of one image.

import { alternate, disturbanceNote, marked, speedup } from './alternate.mjs';
import { busyWhileIdle, clear, describe, entriesFor } from './cast.mjs';
import { factor, significant } from './format.mjs';
import { MATRIX_SIZE, TARGETS, verdict } from './works.mjs';

/** The micro-kernel's own rate on 2 threads, in operations per millisecond: its best round, for it is a ceiling. */
export async function microkernelRate(cast) {
  const entries = await entriesFor(
    cast.peers.filter((p) => p.threads === 2),
    {},
    ['microkernel'],
  );
  await alternate(entries, { rounds: 5, budgetMs: 30, everyone: cast.peers });
  await clear(cast.peers.filter((p) => p.key === 'microkernel'));
  return entries[0]?.rounds ? entries[0].facts.flops / Math.min(...entries[0].rounds) : undefined;
}

export async function matrixSection(cast, { rounds, budgetMs, say }) {
  say(`matrix product ${MATRIX_SIZE}³`);
  const flops = 2 * MATRIX_SIZE ** 3;
  const peers = cast.peers.filter((p) => p.key !== 'tfjs-cpu');
  const entries = await entriesFor(peers, { kind: 'matmul', size: MATRIX_SIZE });
  const quietness = await alternate(entries, { rounds, budgetMs, everyone: cast.peers });
  const busy = [...(await busyWhileIdle(peers)), ...disturbanceNote(quietness)];
  await clear(peers);
  const own = (key, threads) =>
    entries.find((e) => e.peer.key === key && e.peer.threads === threads && !e.error);
  const rates = (e) => e.rounds.map((t) => (e.peer.key === 'microkernel' ? e.facts.flops : flops) / t);
  const share = (threads) => {
    const ours = own('fathom', threads);
    const bare = own('microkernel', threads);
    if (!ours || !bare) return undefined;
    // A round is a fixed amount of work, so a ratio of rates is a ratio of times, scaled.
    return (speedup(ours, bare) * flops) / bare.facts.flops;
  };
  const claims = [];
  const rows = [];
  for (const entry of entries) {
    const { peer } = entry;
    const part = peer.key === 'fathom' && !entry.error ? share(peer.threads) : undefined;
    const judged = part !== undefined && peer.threads === 2;
    const result = judged ? verdict(part, TARGETS.matmul) : '';
    if (judged) {
      claims.push({
        claim: `${MATRIX_SIZE}³ matrix product, 2 threads, of the micro-kernel's own rate`,
        value: part,
        ...TARGETS.matmul,
        verdict: result,
      });
    }
    rows.push([
      `${peer.label} ${peer.key.startsWith('fathom') ? '' : peer.version}`.trim(),
      String(peer.threads),
      entry.facts?.tile ? `tile ${entry.facts.tile} vectors, operands in cache` : '',
      entry.error || peer.key === 'microkernel' ? '' : significant(entry.median),
      entry.error ? 'cannot' : significant(gigaflops(rates(entry))),
      part === undefined ? '' : `${(part * 100).toFixed(0)} %`,
      judged ? '75 %' : '',
      judged ? '90 %' : '',
      result,
    ]);
  }
  return {
    title: `Matrix product, ${MATRIX_SIZE}³, float32`,
    columns: ['', 'threads', 'setting', 'ms', 'GFLOP/s', 'of the micro-kernel', 'reach', 'aim', ''],
    align: 'lrlrrrrrl',
    rows,
    notes: [...failures(entries), ...busy],
    claims: marked(claims, quietness),
    data: { size: MATRIX_SIZE, entries: entries.map((e) => ({ ...describe(e), tile: e.facts?.tile })) },
  };
}

function gigaflops(perMillisecond) {
  const sorted = [...perMillisecond].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] / 1e6;
}

export async function predictionSection(cast, { rounds, budgetMs, say }) {
  say('prediction of one image');
  const peers = cast.peers.filter((p) => p.key !== 'microkernel' && p.key !== 'tfjs-cpu');
  const entries = await entriesFor(peers, { kind: 'predict', work: 'lenet5', batch: 1 });
  const quietness = await alternate(entries, { rounds, budgetMs, everyone: cast.peers });
  const busy = [...(await busyWhileIdle(peers)), ...disturbanceNote(quietness)];
  await clear(peers);
  const ours = entries
    .filter((e) => e.peer.key === 'fathom' && !e.error)
    .sort((a, b) => a.median - b.median)[0];
  const claims = [];
  const rows = entries.map((entry) => {
    const { peer } = entry;
    const micros = entry.error ? undefined : entry.median * 1000;
    let cells = ['', '', ''];
    if (entry === ours) {
      const result = verdict(micros, TARGETS.predict);
      claims.push({
        claim: 'prediction of one image, LeNet-5, batch 1',
        value: micros,
        ...TARGETS.predict,
        verdict: result,
      });
      cells = ['150 µs', '50 µs', result];
    }
    return [
      `${peer.label} ${peer.key.startsWith('fathom') ? '' : peer.version}`.trim(),
      String(peer.threads),
      entry.error ? 'cannot' : significant(micros),
      peer.key === 'fathom' ? '' : factor(speedup(ours, entry)),
      ...cells,
    ];
  });
  return {
    title: 'Prediction of one image, LeNet-5, batch 1',
    columns: ['', 'threads', 'µs', 'Fathom is', 'reach', 'aim', ''],
    align: 'lrrrrrl',
    rows,
    notes: [...failures(entries), ...busy],
    claims: marked(claims, quietness),
    data: { entries: entries.map(describe) },
  };
}

function failures(entries) {
  return entries
    .filter((e) => e.error)
    .map(
      (e) => `${e.peer.label} (${e.peer.threads} thread${e.peer.threads > 1 ? 's' : ''}) cannot: ${e.error}`,
    );
}
