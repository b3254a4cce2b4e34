// Matrix products against the bare micro-kernel and OpenBLAS, and inference against onnxruntime.

import { alternate, disturbanceNote, marked, speedup } from './alternate.mjs';
import { busyWhileIdle, clear, describe, entriesFor } from './cast.mjs';
import { factor, significant } from './format.mjs';
import { takes } from './peer.mjs';
import { TARGETS, verdict } from './works.mjs';

const SMALLEST = 1024;
/** What takes a second for one product of the larger size. */
const NOT_LARGE = ['tfjs-wasm', 'jax-js'];

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

export async function matrixSection(cast, { size, rounds, budgetMs, say }) {
  say(`matrix product ${size}³`);
  const flops = 2 * size ** 3;
  const large = size > SMALLEST;
  const setup = { kind: 'matmul', size };
  const peers = cast.peers.filter((p) => takes(p, setup) && !(large && NOT_LARGE.includes(p.key)));
  const entries = await entriesFor(peers, setup);
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
    const judged = part !== undefined && peer.threads === 2 && !large;
    const result = judged ? verdict(part, TARGETS.matmul) : '';
    if (judged) {
      claims.push({
        claim: `${size}³ matrix product, 2 threads, of the micro-kernel's own rate`,
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
  for (const threads of [2, 1]) {
    const [native, blas] = [own('fathom-native', threads), own('openblas', threads)];
    const value = native && blas && speedup(native, blas);
    const claim = `native ${size}³ matrix product, ${threads} thread${threads > 1 ? 's' : ''}, of OpenBLAS`;
    if (value) claims.push({ claim, value, ...TARGETS.openblas, verdict: verdict(value, TARGETS.openblas) });
  }
  return {
    title: `Matrix product, ${size}³, float32`,
    columns: ['', 'threads', 'setting', 'ms', 'GFLOP/s', 'of the micro-kernel', 'reach', 'aim', ''],
    align: 'lrlrrrrrl',
    rows,
    notes: [...failures(entries), ...busy],
    claims: marked(claims, quietness),
    data: { size, entries: entries.map((e) => ({ ...describe(e), tile: e.facts?.tile })) },
  };
}

function gigaflops(perMillisecond) {
  const sorted = [...perMillisecond].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] / 1e6;
}

/** Works and batch sizes of the inference sections. */
export const PREDICTIONS = ['lenet5', 'resnet18'].flatMap((work) =>
  [1, 64].map((batch) => ({ work, batch })),
);

export async function predictionSection(cast, { work, batch, rounds, budgetMs, say }) {
  const what = `${work === 'lenet5' ? 'LeNet-5' : 'ResNet-18'}, batch ${batch}`;
  say(`inference, ${what}`);
  const setup = { kind: 'predict', work, batch };
  const peers = cast.peers.filter((p) => takes(p, setup));
  const entries = await entriesFor(peers, setup);
  const quietness = await alternate(entries, { rounds, budgetMs, patient: true, everyone: cast.peers });
  const busy = [...(await busyWhileIdle(peers)), ...disturbanceNote(quietness)];
  await clear(peers);
  const ours = entries
    .filter((e) => e.peer.key === 'fathom' && !e.error)
    .sort((a, b) => a.median - b.median)[0];
  const fastest = (key) =>
    entries.filter((e) => e.peer.key === key && !e.error).sort((a, b) => a.median - b.median)[0];
  const [native, runtime] = [fastest('fathom-native'), fastest('onnxruntime')];
  const claims = [];
  if (native && runtime) {
    const value = speedup(native, runtime);
    const claim = `native inference, ${what}, against onnxruntime-node`;
    claims.push({ claim, value, ...TARGETS.inference, verdict: verdict(value, TARGETS.inference) });
  }
  const rows = entries.map((entry) => {
    const { peer } = entry;
    const micros = entry.error ? undefined : entry.median * 1000;
    let cells = ['', '', ''];
    if (entry === ours && work === 'lenet5' && batch === 1) {
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
      peer.key.startsWith('fathom') ? '' : factor(speedup(ours, entry)),
      peer.key.startsWith('fathom') ? '' : factor(speedup(native, entry)),
      ...cells,
    ];
  });
  return {
    title: `Inference, ${what}`,
    columns: ['', 'threads', 'µs', 'wasm is', 'native is', 'reach', 'aim', ''],
    align: 'lrrrrrrl',
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
