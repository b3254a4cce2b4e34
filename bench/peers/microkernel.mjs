// The yardstick for matrix products: the rate of a bare WebAssembly micro-kernel whose operands never leave the
// first-level cache. No packing, no edges, no write-back of more than one tile: nothing a real product can beat.
//
// One step runs the same work on every thread at once. The register tile is the fastest of a few; `run` reports
// the floating-point operations of a step next to its times. `setup.tile` ("6x2") pins one of them.

import { setFlagsFromString } from 'node:v8';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { serve } from './serve.mjs';

const DEPTH = 256; // contraction length of one tile: both panels fit in 16 KiB
const TILES = [
  { rows: 5, vectors: 2 },
  { rows: 8, vectors: 1 },
  { rows: 3, vectors: 3 },
  { rows: 2, vectors: 4 },
  { rows: 6, vectors: 2 },
  { rows: 4, vectors: 3 },
  { rows: 3, vectors: 4 },
  { rows: 4, vectors: 2 },
];
const REPEATS = 20_000;

async function main() {
  let pool = [];
  let flops = 0;
  await serve({
    info: () => ({
      name: 'micro-kernel',
      version: relaxedSimd() ? 'relaxed FMA' : 'plain SIMD128',
      variants: {},
    }),
    async setup({ threads = 1, tile }) {
      for (const w of pool) w.terminate();
      pool = Array.from({ length: threads - 1 }, () => new Worker(new URL(import.meta.url)));
      const candidates = tile ? TILES.filter((t) => nameOf(t) === tile) : TILES;
      const timed = candidates.map((t) => ({ t, ms: time(t, REPEATS / 4) / flopsOf(t) }));
      const best = timed.sort((a, b) => a.ms - b.ms)[0].t;
      const run = instantiate(best);
      flops = flopsOf(best) * REPEATS * threads;
      await together(pool, best, run, 1);
      const step = async () => {
        await together(pool, best, run, REPEATS);
        return flops;
      };
      return Object.assign(step, { facts: { flops, tile: nameOf(best) } });
    },
  });
}

/** Runs `repeats` tiles on this thread and on every worker, and waits for the last. */
async function together(pool, tile, run, repeats) {
  const others = pool.map((w) => {
    const done = new Promise((resolve) => w.once('message', resolve));
    w.postMessage({ tile, repeats });
    return done;
  });
  run(repeats);
  await Promise.all(others);
}

function worker() {
  const runs = new Map();
  parentPort.on('message', ({ tile, repeats }) => {
    const name = nameOf(tile);
    if (!runs.has(name)) runs.set(name, instantiate(tile));
    runs.get(name)(repeats);
    parentPort.postMessage('done');
  });
}

function nameOf({ rows, vectors }) {
  return `${rows}x${vectors}`;
}

function flopsOf({ rows, vectors }) {
  return 2 * rows * vectors * 4 * DEPTH;
}

function time(tile, repeats) {
  const run = instantiate(tile);
  run(repeats); // lets V8 reach its optimizing compiler
  const start = performance.now();
  run(repeats);
  return performance.now() - start;
}

let relaxed;
function relaxedSimd() {
  if (relaxed !== undefined) return relaxed;
  setFlagsFromString('--experimental-wasm-relaxed-simd'); // Node 20 has it behind this flag; later ones ignore it
  try {
    relaxed = WebAssembly.validate(moduleBytes({ rows: 1, vectors: 1 }, true));
  } catch {
    relaxed = false;
  }
  return relaxed;
}

function instantiate(tile) {
  const module = new WebAssembly.Module(moduleBytes(tile, relaxedSimd()));
  return new WebAssembly.Instance(module).exports.run;
}

// --- The module: (func (export "run") (param $repeats i32)), memory 1 page, A at 0, B behind it, C at 48 KiB. ---

const V128 = 0x7b;
const I32 = 0x7f;
const C_AT = 48 * 1024;

function moduleBytes({ rows, vectors }, fma) {
  const bAt = rows * DEPTH * 4;
  const accumulators = rows * vectors;
  // locals: 0 repeats, 1 pointer into A, 2 pointer into B, 3.. v128: accumulators, then B's vectors, then A's splat
  const acc = (r, v) => 3 + r * vectors + v;
  const b = (v) => 3 + accumulators + v;
  const a = 3 + accumulators + vectors;
  const get = (i) => [0x20, ...leb(i)];
  const set = (i) => [0x21, ...leb(i)];
  const simd = (op) => [0xfd, ...leb(op)];
  const i32 = (n) => [0x41, ...sleb(n)];

  const inner = [];
  for (let v = 0; v < vectors; v++) inner.push(...get(2), ...simd(0x00), 4, ...leb(v * 16), ...set(b(v)));
  for (let r = 0; r < rows; r++) {
    inner.push(...get(1), ...simd(0x09), 2, ...leb(r * 4), ...set(a)); // v128.load32_splat
    for (let v = 0; v < vectors; v++) {
      if (fma) inner.push(...get(a), ...get(b(v)), ...get(acc(r, v)), ...simd(0x105));
      else inner.push(...get(a), ...get(b(v)), ...simd(0xe6), ...get(acc(r, v)), ...simd(0xe4));
      inner.push(...set(acc(r, v)));
    }
  }
  inner.push(...get(1), ...i32(rows * 4), 0x6a, ...set(1));
  inner.push(...get(2), ...i32(vectors * 16), 0x6a, ...set(2));
  inner.push(...get(1), ...i32(bAt), 0x49, 0x0d, 0); // while A's pointer < bAt

  const store = [];
  for (let r = 0; r < rows; r++)
    for (let v = 0; v < vectors; v++)
      store.push(...i32(C_AT), ...get(acc(r, v)), ...simd(0x0b), 4, ...leb((r * vectors + v) * 16));

  const body = [
    ...leb(2), // two groups of locals
    ...leb(2),
    I32,
    ...leb(accumulators + vectors + 1),
    V128,
    ...[0x03, 0x40], // loop over the repeats
    ...[...i32(0), ...set(1), ...i32(bAt), ...set(2)],
    ...[0x03, 0x40, ...inner, 0x0b], // loop over the contraction
    ...store,
    ...[...get(0), ...i32(1), 0x6b, 0x22, 0, 0x0d, 0], // repeats -= 1; again unless zero
    ...[0x0b, 0x0b],
  ];
  return new Uint8Array([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 1, I32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [1, 3, ...new TextEncoder().encode('run'), 0, 0]),
    ...section(10, [1, ...leb(body.length), ...body]),
  ]);
}

function section(id, bytes) {
  return [id, ...leb(bytes.length), ...bytes];
}

function leb(n) {
  const out = [];
  do {
    const low = n & 0x7f;
    n >>>= 7;
    out.push(n ? low | 0x80 : low);
  } while (n);
  return out;
}

function sleb(n) {
  const out = [];
  for (;;) {
    const low = n & 0x7f;
    n >>= 7;
    if ((n === 0 && !(low & 0x40)) || (n === -1 && low & 0x40)) return [...out, low];
    out.push(low | 0x80);
  }
}

if (isMainThread) await main();
else worker();
