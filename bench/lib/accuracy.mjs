// Time to accuracy: seconds from the start of a process to 98 % and to 99 % on MNIST's test set, everything included.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { median, sleep } from './alternate.mjs';
import { watch } from './disturbance.mjs';
import { factor, significant } from './format.mjs';
import { PEERS, processorTime } from './peer.mjs';
import { TARGETS, verdict } from './works.mjs';

const GOALS = [0.98, 0.99];
const LONGEST_MS = 300_000;
const PAUSE_MS = 500;
const script = (name) => fileURLToPath(new URL(`../accuracy/${name}`, import.meta.url));
const python = process.env.FATHOM_PYTHON || 'python3';

const SCRIPTS = [
  { key: 'fathom-native', label: 'Fathom native', command: process.execPath, args: ['fathom.mjs', 'native'] },
  { key: 'fathom', label: 'Fathom wasm', command: process.execPath, args: ['fathom.mjs', 'wasm'] },
  { key: 'keras', label: 'Keras (TensorFlow)', command: python, args: ['keras_mnist.py'] },
  { key: 'pytorch', label: 'PyTorch', command: python, args: ['pytorch_mnist.py'] },
];

/** Every script with every seed, one after the other; the median over the seeds counts. */
export async function accuracySection({ peers, quick, say }) {
  const title = "Seconds from the process's start to an accuracy on MNIST's test set, median over the seeds";
  const columns = ['', '98 %', '99 %', 'native is, to 98 %', 'to 99 %', 'steps to 99 %'];
  const section = { title, columns, align: 'lrrrrr', rows: [], notes: [], claims: [], data: {} };
  if (!process.env.FATHOM_DATA) {
    return { ...section, notes: ['FATHOM_DATA is not set: expected the folder that holds mnist/.'] };
  }
  const scripts = SCRIPTS.filter(({ key }) => peers.includes(key)).map((s) => ({ ...s, runs: [] }));
  const seeds = quick ? [0] : [0, 1, 2];
  for (const seed of seeds) {
    for (const one of scripts) {
      if (one.error) continue;
      say(`time to accuracy, ${one.label}, seed ${seed}`);
      await sleep(PAUSE_MS);
      const run = await timeOf(one, seed);
      if (run.error) one.error = run.error;
      else one.runs.push(run);
    }
  }
  const seconds = (one, goal) =>
    one && !one.error ? median(one.runs.map((run) => run.reached[goal]?.seconds ?? Infinity)) : undefined;
  const ours = scripts.find(({ key }) => key === 'fathom-native');
  for (const one of scripts.filter(({ error }) => !error)) {
    const ratios = GOALS.map((goal) => ratio(seconds(one, goal), seconds(ours, goal)));
    section.rows.push([
      one.label,
      ...GOALS.map((goal) => significant(seconds(one, goal))),
      ...(one === ours ? ['', ''] : ratios.map(factor)),
      String(median(one.runs.map((run) => run.reached[0.99]?.steps ?? Infinity))),
    ]);
  }
  for (const one of scripts.filter(({ key, error }) => !error && !key.startsWith('fathom'))) {
    for (const goal of GOALS) {
      const value = ratio(seconds(one, goal), seconds(ours, goal));
      const claim = `native, seconds to ${100 * goal} % on MNIST, against ${one.label}`;
      if (value)
        section.claims.push({ claim, value, ...TARGETS.accuracy, verdict: verdict(value, TARGETS.accuracy) });
    }
  }
  const disturbed = scripts.flatMap(({ runs }) => runs.map((run) => run.disturbance ?? 0));
  section.notes.push(
    "The same network (Keras' MNIST example), batches of 128, Adam at its default rate; tested after every 117 steps.",
    `Seeds ${seeds.join(', ')}; others kept at most ${Math.max(0, ...disturbed).toFixed(2)} cores busy.`,
    ...scripts
      .filter(({ error }) => error)
      .map(({ label, key, error }) => `${label} cannot: ${error}. Install: ${PEERS[key].install}`),
  );
  section.data = scripts.map(({ label, runs, error }) => ({ label, runs, error }));
  return section;
}

const ratio = (theirs, ours) =>
  Number.isFinite(theirs) && Number.isFinite(ours) ? theirs / ours : undefined;

/** Of a child: the last reading while it lived, since afterwards there is none. */
function processorTimeOf(pid) {
  let last = 0;
  const read = () => {
    last = processorTime(pid) ?? last;
    return last;
  };
  setInterval(read, 50).unref();
  return read;
}

/** One run of a script: when each goal was reached, seen from outside. */
function timeOf({ command, args: [file, ...rest] }, seed) {
  const start = performance.now();
  const child = spawn(command, [script(file), String(seed), ...rest], { stdio: ['ignore', 'pipe', 'pipe'] });
  const processorTime = processorTimeOf(child.pid);
  const others = watch([{ processorTime }]);
  const reached = {};
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr = (stderr + chunk).slice(-2000);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) return;
    const { goal, accuracy, steps } = JSON.parse(line);
    reached[goal] = { seconds: (performance.now() - start) / 1000, accuracy, steps };
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_MS);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ error: error.message }));
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const last = stderr.trim().split('\n').pop();
      if (code === 0) resolve({ seed, reached, disturbance: others() });
      else resolve({ error: last || `exited with ${signal ?? code}` });
    });
  });
}
