// What the library costs before it computes anything: import, bundle, first step, memory. Fresh processes only.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { median } from './alternate.mjs';
import { significant } from './format.mjs';
import { PEERS, startPeer } from './peer.mjs';
import { TARGETS, verdict } from './works.mjs';

const execute = promisify(execFile);
const IMPORT_SCRIPT = fileURLToPath(new URL('../measure/import.mjs', import.meta.url));
const CORE_URL = new URL('../../packages/fathom/dist/index.js', import.meta.url);
const CORE_ENTRY = fileURLToPath(CORE_URL);
const MEGA = 1024 * 1024;
const MEMORY_STEPS = 10;
const COMPILE_RUNS = 3;

/** Whether the built core has what the targets are about; the size of an empty library says nothing. */
async function coreIsThere() {
  const core = existsSync(CORE_ENTRY) ? await import(CORE_URL.href) : {};
  return core.sequential !== undefined && core.layers !== undefined;
}

const INCOMPLETE = 'The built core has no sequential() and layers: not judged.';

export async function importSection({ quick, say }) {
  say('import time');
  const runs = quick ? 5 : 15;
  const specifiers = ['fathom', 'fathom/node', '@tensorflow/tfjs', '@jax-js/jax'];
  const times = new Map(specifiers.map((s) => [s, []]));
  const errors = new Map();
  for (let run = 0; run <= runs; run++) {
    for (const specifier of specifiers) {
      if (errors.has(specifier)) continue;
      try {
        const time = await importTime(specifier);
        if (run > 0) times.get(specifier).push(time); // the first one warms the file cache
      } catch (error) {
        const lines = String(error.stderr ?? error.message).split('\n');
        const reason = lines.find((l) => /Error/.test(l)) ?? lines[0];
        errors.set(specifier, /MODULE_NOT_FOUND|PATH_NOT_EXPORTED/.test(reason) ? 'not installed' : reason);
      }
    }
  }
  const judged = await coreIsThere();
  const claims = [];
  const rows = specifiers
    .filter((s) => times.get(s).length)
    .map((specifier) => {
      const value = median(times.get(specifier));
      if (specifier !== 'fathom' || !judged) return [specifier, significant(value), '', '', ''];
      const result = verdict(value, TARGETS.import);
      claims.push({ claim: 'importing the library in Node', value, ...TARGETS.import, verdict: result });
      return [specifier, significant(value), '60 ms', '30 ms', result];
    });
  return {
    title: `Import in Node, fresh process, median of ${runs}`,
    columns: ['', 'ms', 'reach', 'aim', ''],
    align: 'lrrrl',
    rows,
    notes: [...[...errors].map(([s, message]) => `${s}: ${message}`), ...(judged ? [] : [INCOMPLETE])],
    claims,
    data: Object.fromEntries([...times].filter(([, t]) => t.length)),
  };
}

async function importTime(specifier) {
  const { stdout } = await execute(process.execPath, [IMPORT_SCRIPT, specifier]);
  // tfjs greets on stdout; the time is the last line
  return Number(stdout.trim().split('\n').pop());
}

/** What a page loads that makes, trains and asks LeNet-5: a bundler leaves out what is not named. */
const CORE_PAGE = `
import { adam, conv2d, dense, flatten, maxPooling2d, sequential } from 'fathom';
const relu = { activation: 'relu' };
export const model = sequential([
  conv2d({ filters: 6, kernelSize: 5, padding: 'same', inputShape: [28, 28, 1], ...relu }),
  maxPooling2d({ poolSize: 2 }),
  conv2d({ filters: 16, kernelSize: 5, ...relu }),
  maxPooling2d({ poolSize: 2 }),
  flatten(),
  dense({ units: 120, ...relu }),
  dense({ units: 84, ...relu }),
  dense({ units: 10, activation: 'softmax' }),
]);
model.compile({ optimizer: adam(), loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
export const learn = (x, y) => model.fit(x, y, { epochs: 5 });
export const ask = (x) => model.predict(x);
`;

/** Bundled and minified for a browser, then gzipped at level 9; kB is 1000 bytes. */
export async function bundleSection({ say }) {
  say('bundle size');
  const empty = { title: 'Bundles', columns: [''], align: 'l', rows: [], claims: [], data: {} };
  if (!existsSync(CORE_ENTRY)) return { ...empty, notes: ['not built: npm run build'] };
  if (!(await coreIsThere())) return { ...empty, notes: [INCOMPLETE] };
  let esbuild;
  try {
    esbuild = createRequire(import.meta.url)('esbuild');
  } catch {
    return { ...empty, notes: ['esbuild is not installed: npm install in the repository root'] };
  }
  const sizes = async (contents) => {
    const { outputFiles } = await esbuild.build({
      stdin: { contents, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
      alias: { fathom: CORE_ENTRY },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      write: false,
      logLevel: 'silent',
    });
    const minified = outputFiles[0].contents;
    return { minified: minified.length / 1000, zipped: gzipSync(minified, { level: 9 }).length / 1000 };
  };
  const core = await sizes(CORE_PAGE);
  const whole = await sizes("export * from 'fathom';");
  const result = verdict(core.zipped, TARGETS.bundle);
  const row = (what, { minified, zipped }, ...judged) => [
    what,
    significant(minified),
    significant(zipped),
    ...judged,
  ];
  return {
    title: 'Bundles',
    columns: ['', 'minified kB', 'gzipped kB', 'reach', 'aim', ''],
    align: 'lrrrrl',
    rows: [
      row('the core: a page that trains LeNet-5', core, '80 kB', '60 kB', result),
      row('everything that fathom exports', whole, '', '', ''),
    ],
    notes: [],
    claims: [
      {
        claim: 'core bundled, minified and gzipped',
        value: core.zipped,
        ...TARGETS.bundle,
        verdict: result,
      },
    ],
    data: { core, whole },
  };
}

/** Peak resident memory of a fresh process that trains `cnn` at batch 128 for a few steps. */
export async function memorySection(keys, { say }) {
  say('peak memory of cnn, batch 128');
  const measured = [];
  const notes = [];
  for (const key of keys.filter((k) => k === 'fathom' || k === 'pytorch')) {
    const probe = await startPeer(key, 2);
    const variants = probe.missing ? [] : (probe.variants.cnn ?? ['']);
    if (probe.missing) notes.push(`${PEERS[key].label}: not installed (${PEERS[key].install})`);
    else await probe.stop();
    for (const variant of variants) measured.push(await peak(key, variant, notes));
  }
  const done = measured.filter((m) => m?.bytes);
  const ours = done.find((m) => m.key === 'fathom');
  const theirs = done.filter((m) => m.key === 'pytorch').sort((a, b) => a.bytes - b.bytes)[0];
  const claims = [];
  if (ours && theirs) {
    const ratio = ours.bytes / theirs.bytes;
    claims.push({
      claim: "peak memory of cnn training, batch 128, against PyTorch's process",
      value: ratio,
      ...TARGETS.memory,
      verdict: verdict(ratio, TARGETS.memory),
    });
  }
  return {
    title: 'Peak resident memory of a process that trains cnn, batch 128, 2 threads',
    columns: ['', 'setting', 'after import, MiB', 'peak, MiB', 'Fathom / this', 'reach', 'aim', ''],
    align: 'llrrrrrl',
    rows: done.map((m) => [
      m.label,
      m.variant,
      significant(m.imported / MEGA),
      significant(m.bytes / MEGA),
      m === ours || !ours ? '' : (ours.bytes / m.bytes).toFixed(2),
      ...(m === theirs && ours ? ['< 1', '0.5', claims[0].verdict] : ['', '', '']),
    ]),
    notes,
    claims,
    data: done,
  };
}

async function peak(key, variant, notes) {
  const peer = await startPeer(key, 2);
  try {
    const imported = peer.peakMemory();
    const setup = { cmd: 'setup', id: 'cnn', kind: 'train', work: 'cnn', batch: 128, threads: 2, variant };
    const ready = await peer.ask(setup);
    const answer = ready.error ? ready : await peer.ask({ cmd: 'run', id: 'cnn', steps: MEMORY_STEPS });
    if (answer.error) throw new Error(answer.error);
    return { key, label: `${peer.label} ${peer.version}`, variant, imported, bytes: peer.peakMemory() };
  } catch (error) {
    notes.push(`${peer.label} cannot: ${error.message}`);
    return undefined;
  } finally {
    await peer.stop();
  }
}

/** The first training step in a fresh process: graph, fusion, memory plan, code, threads, and the step itself. */
export async function compileSection({ say }) {
  say("compiling LeNet-5's training step");
  const times = [];
  const notes = ['Graph, gradients, fusion, memory plan, code and the first step, in a fresh process.'];
  for (let run = 0; run < COMPILE_RUNS; run++) {
    const peer = await startPeer('fathom', 2);
    if (peer.missing) break;
    const setup = { cmd: 'setup', id: 'lenet5', kind: 'train', work: 'lenet5', batch: 32, threads: 2 };
    const ready = await peer.ask(setup).catch((error) => ({ error: error.message }));
    const answer = ready.error ? ready : await peer.ask({ cmd: 'run', id: 'lenet5', steps: 1 });
    await peer.stop();
    if (answer.error) {
      notes.push(`cannot: ${answer.error}`);
      break;
    }
    times.push(answer.ms[0]);
  }
  const value = times.length ? median(times) : undefined;
  const result = verdict(value, TARGETS.compile);
  return {
    title: "LeNet-5's first training step, batch 32, 2 threads",
    columns: ['', 'ms', 'reach', ''],
    align: 'lrrl',
    rows: value === undefined ? [] : [['Fathom', significant(value), '150 ms', result]],
    notes,
    claims:
      value === undefined
        ? []
        : [{ claim: "compiling LeNet-5's training step", value, ...TARGETS.compile, verdict: result }],
    data: { firstStepMs: times },
  };
}
