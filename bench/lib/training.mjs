// Training steps: forward, loss, backward, Adam, and the loss value read back, of every network and batch size.

import { alternate, disturbanceNote, marked, speedup } from './alternate.mjs';
import { busyWhileIdle, clear, describe, entriesFor } from './cast.mjs';
import { factor, ms } from './format.mjs';
import { takes } from './peer.mjs';
import { TARGETS, verdict, WORKS } from './works.mjs';

const TOO_SLOW_FOR_QUICK_MS = 300;

/** `rate` is the micro-kernel's, in operations per millisecond with 2 threads, or undefined. */
export async function trainingSections(cast, { works, batches, rounds, budgetMs, quick, rate, say }) {
  const sections = [];
  for (const work of works) {
    const slow = new Set();
    const { batches: own, patient } = WORKS[work];
    for (const batch of own ?? batches) {
      say(`training ${work}, batch ${batch}`);
      const setup = { kind: 'train', work, batch };
      const peers = cast.peers.filter((p) => !slow.has(p) && takes(p, setup));
      const entries = await entriesFor(peers, setup);
      const quietness = await alternate(entries, { rounds, budgetMs, patient, everyone: cast.peers });
      const busy = [...(await busyWhileIdle(peers)), ...disturbanceNote(quietness)];
      await clear(peers);
      if (quick) for (const e of entries) if (e.median > TOO_SLOW_FOR_QUICK_MS) slow.add(e.peer);
      const done = section(work, batch, entries, rate, busy);
      sections.push({ ...done, claims: marked(done.claims, quietness) });
    }
  }
  return sections;
}

function section(work, batch, entries, rate, busy) {
  const { what, flopsPerImage, againstPyTorch } = WORKS[work];
  const ours = entries.find((e) => e.peer.key === 'fathom' && e.peer.threads === 2 && !e.error);
  const native = entries.find((e) => e.peer.key === 'fathom-native' && e.peer.threads === 2 && !e.error);
  const ourSingle = entries.find((e) => e.peer.key === 'fathom' && e.peer.threads === 1 && !e.error);
  const claims = [];
  const rows = [];
  for (const entry of listed(entries)) {
    const { peer, best } = entry;
    let ratio;
    let cells = ['', '', ''];
    if (peer.key !== 'fathom' && !entry.error && !JUDGED.includes(peer.key)) ratio = speedup(ours, entry);
    else if (peer.key !== 'fathom' && best && !entry.error) {
      const target = peer.key === 'pytorch' ? againstPyTorch : TARGETS.againstJavaScript;
      ratio = speedup(ours, entry);
      const judge = (own, how) => {
        const value = speedup(own, entry);
        if (value === undefined) return;
        const claim = `training step of ${work}, batch ${batch}, against ${peer.label}: ${how}`;
        claims.push({ claim, value, unit: '×', ...target, verdict: verdict(value, target) });
      };
      judge(native, 'native');
      judge(ours, 'wasm');
      cells = [`${target.reach}×`, `${target.aim}×`, verdict(speedup(native, entry) ?? ratio, target)];
    } else if (peer.key !== 'fathom' && !entry.error) {
      ratio = speedup(ours, entry);
    } else if (JUDGED.includes(peer.key) && ours) {
      const claim = `training step of ${work}, batch ${batch}, against ${peer.label}`;
      claims.push({ claim, unit: '×', ...TARGETS.againstJavaScript, verdict: 'it cannot' });
    }
    rows.push([
      `${peer.label} ${peer.key.startsWith('fathom') ? '' : peer.version}`.trim(),
      String(peer.threads),
      [entry.variant, entry.note].filter(Boolean).join('; '),
      entry.error ? 'cannot' : ms(entry.median),
      factor(ratio),
      peer.key.startsWith('fathom') || entry.error ? '' : factor(speedup(native, entry)),
      ...cells,
    ]);
  }
  claims.push(...nativeClaims(work, batch, entries, { wasm: ours, native }));
  if (work === 'cnn' && ours && ourSingle) {
    const gain = speedup(ours, ourSingle);
    claims.push({
      claim: `2 threads against 1, training step of cnn, batch ${batch}`,
      value: gain,
      ...TARGETS.threads,
      verdict: verdict(gain, TARGETS.threads),
    });
  }
  const notes = entries
    .filter((e) => e.error)
    .map(
      (e) => `${e.peer.label} (${e.peer.threads} thread${e.peer.threads > 1 ? 's' : ''}) cannot: ${e.error}`,
    );
  const flops = flopsPerImage * batch;
  if (rate) {
    notes.push(
      `${(flops / 1e6).toFixed(0)} MFLOP a step: at the WebAssembly micro-kernel's own rate on 2 threads the ` +
        `arithmetic alone takes ${ms(flops / rate)} ms.`,
    );
  }
  return {
    title: `Training step, ${work} (${what}), batch ${batch}`,
    columns: ['', 'threads', 'setting', 'ms a step', 'wasm is', 'native is', 'reach', 'aim', ''],
    align: 'lrlrrrrrl',
    rows,
    notes: [...notes, ...busy],
    claims,
    data: { work, batch, flops, floorMs: rate ? flops / rate : null, entries: entries.map(describe) },
  };
}

/** Peers whose figures are held against WebAssembly; all of them are held against native code. */
const JUDGED = ['pytorch', 'tfjs-wasm', 'tfjs-cpu', 'jax-js'];

/** What native code is held to: the best of all peers, and how much of its speed WebAssembly has. */
function nativeClaims(work, batch, entries, { wasm, native }) {
  const [best] = entries
    .filter((e) => !e.peer.key.startsWith('fathom') && !e.error)
    .sort((a, b) => a.median - b.median);
  const claims = [];
  const add = (claim, value, target) => {
    if (value !== undefined) claims.push({ claim, value, ...target, verdict: verdict(value, target) });
  };
  const step = `training step of ${work}, batch ${batch}`;
  if (native && best)
    add(`native ${step}, against the best peer (${best.peer.label})`, speedup(native, best), {
      ...WORKS[work].native,
      better: 'more',
      unit: '×',
    });
  if (native && wasm && work === 'cnn')
    add(`wasm of native, ${step}`, speedup(wasm, native), TARGETS.wasmOfNative);
  return claims;
}

/** Fathom first; of a peer with several settings the fastest first (`best`), then the fastest of each thread count. */
function listed(entries) {
  const out = [];
  for (const key of new Set(entries.map((e) => e.peer.key))) {
    const own = entries.filter((e) => e.peer.key === key);
    const good = own.filter((e) => !e.error).sort((a, b) => a.median - b.median);
    if (key === 'fathom' || good.length === 0) {
      out.push(...(good.length ? own : own.slice(0, 1)));
      continue;
    }
    const perThreads = new Map();
    for (const entry of good)
      if (!perThreads.has(entry.peer.threads)) perThreads.set(entry.peer.threads, entry);
    [...perThreads.values()].forEach((entry, i) => {
      entry.best = i === 0;
      out.push(entry);
    });
  }
  return out;
}
