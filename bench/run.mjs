// npm run bench: Fathom side by side with the peers that are installed. See README.md.

import { spawnSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { accuracySection } from './lib/accuracy.mjs';
import { startCast } from './lib/cast.mjs';
import { exportOnnx } from './lib/exportOnnx.mjs';
import { bundleSection, compileSection, importSection, memorySection } from './lib/footprint.mjs';
import { textTable } from './lib/format.mjs';
import { growthSection } from './lib/growth.mjs';
import { machine } from './lib/machine.mjs';
import { PEERS } from './lib/peer.mjs';
import { matrixSection, microkernelRate, PREDICTIONS, predictionSection } from './lib/products.mjs';
import { claimsTable, head } from './lib/report.mjs';
import { readEarlier, withEarlier, writeResults } from './lib/results.mjs';
import { trainingSections } from './lib/training.mjs';
import { BATCHES, MATRIX_SIZES, WORKS } from './lib/works.mjs';

const OTHERS = ['matmul', 'predict', 'growth', 'compile', 'memory', 'accuracy', 'import', 'bundle'];
const KNOWN = [...Object.keys(WORKS), ...OTHERS];
const BUSY_LOAD = 0.5;
/** Compiles for half a minute a network; `--quick` leaves it out unless it is asked for. */
const SLOW_TO_START = ['torch-compile'];
const HELP = `npm run bench -- [options]

  --only A,B     any of ${KNOWN.join(', ')}
  --batch 32     one batch size instead of ${BATCHES.join(' and ')}
  --peers A,B    any of ${Object.keys(PEERS).join(', ')}
  --rounds N     alternations (default 7; 3 with --quick)
  --quick        short rounds, few of them, and no hopeless cases
  --write        write results.json and RESULTS.md even of a partial run: what it has not measured stays as an
                 earlier run on the same machine left it
  --no-build     measure packages/fathom/dist as it is
`;

const options = readOptions();
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const say = (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text} ...`);

if (options.build) build();
const where = machine();
if (where.loadBefore > BUSY_LOAD) {
  console.log(`The machine is busy (load ${where.loadBefore.toFixed(2)}): expect noise.\n`);
}
if (options.only.includes('predict') && options.peers.includes('onnxruntime')) {
  say('writing ONNX files');
  await exportOnnx();
}
say('starting the peers');
const cast = await startCast(
  Object.keys(PEERS).filter((p) => p === 'microkernel' || (options.peers.includes(p) && needed(p))),
);
const sections = [];
const earlier = readEarlier();
let rate;
try {
  rate = await microkernelRate(cast);
  await measure();
} finally {
  for (const peer of cast.peers) await peer.stop();
}
console.log(`\n${head(report()).join('\n')}\n`);
console.log(textTable(claimsTable(sections)));
if (options.write) console.log('Written: bench/results.json, bench/RESULTS.md');

/** What has been measured so far. */
function report() {
  return {
    machine: { ...where, loadAfter: loadavg()[0] },
    versions: Object.fromEntries(cast.peers.map((p) => [p.label, p.version])),
    missing: cast.missing.map(({ label, install, reason }) => ({ label, install, reason })),
    microkernelGflops2Threads: rate ? rate / 1e6 : null,
    sections,
  };
}

/** Whether a section that is wanted asks for this peer. */
function needed(key) {
  const trains = options.only.some((name) => name in WORKS);
  const kinds = [
    ...(trains ? ['train'] : []),
    ...options.only.filter((name) => ['matmul', 'predict'].includes(name)),
  ];
  if (options.only.includes('growth') && key.startsWith('fathom')) return true;
  return kinds.some((kind) => PEERS[key].kinds?.includes(kind) ?? true);
}

async function measure() {
  const wants = (name) => options.only.includes(name);
  const settings = { ...options, rate, say };
  const show = (name, section) => {
    const { rounds, budgetMs } = options;
    sections.push({ name, measured: { at: new Date().toISOString(), rounds, budgetMs }, ...section });
    say('');
    console.log(`\r${textTable(section)}`);
    if (options.write) writeResults(withEarlier(report(), earlier, KNOWN));
  };
  for (const work of Object.keys(WORKS).filter(wants)) {
    for (const section of await trainingSections(cast, { ...settings, works: [work] })) show(work, section);
  }
  for (const size of wants('matmul') ? MATRIX_SIZES : []) {
    show('matmul', await matrixSection(cast, { ...settings, size }));
  }
  for (const one of wants('predict') ? PREDICTIONS : []) {
    show('predict', await predictionSection(cast, { ...settings, ...one }));
  }
  // Fathom alone from here on: others, though idle, keep memory and caches.
  for (const peer of cast.peers) if (!peer.key.startsWith('fathom')) await peer.stop();
  if (wants('growth')) show('growth', await growthSection(cast, settings));
  for (const peer of cast.peers) await peer.stop(); // what follows starts its own processes
  if (wants('compile')) show('compile', await compileSection(settings));
  if (wants('memory')) show('memory', await memorySection(options.peers, settings));
  if (wants('accuracy')) show('accuracy', await accuracySection(settings));
  if (wants('import')) show('import', await importSection(settings));
  if (wants('bundle')) show('bundle', await bundleSection(settings));
}

function build() {
  const root = here('..');
  const result = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) {
    const first = (result.stdout || result.stderr || String(result.error)).trim().split('\n')[0];
    console.log(`The build reports errors (${first}); measuring what it left in packages/fathom/dist.\n`);
  }
}

function readOptions() {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        only: { type: 'string' },
        batch: { type: 'string' },
        peers: { type: 'string' },
        rounds: { type: 'string' },
        quick: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
        'no-build': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }));
  } catch (error) {
    fail(error.message);
  }
  if (values.help) {
    console.log(HELP);
    process.exit(0);
  }
  const list = (name, known) => {
    if (values[name] === undefined) return known;
    const asked = values[name].split(',').map((s) => s.trim());
    for (const one of asked) {
      if (!known.includes(one)) fail(`--${name}: "${one}" is not one of ${known.join(', ')}`);
    }
    return asked;
  };
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 7));
  if (!Number.isInteger(rounds) || rounds < 1)
    fail(`--rounds: expected a whole number, got "${values.rounds}"`);
  const partial = values.only || values.batch || values.peers || values.quick;
  return {
    only: list('only', KNOWN),
    batches: list('batch', BATCHES.map(String)).map(Number),
    peers: list('peers', Object.keys(PEERS)).filter(
      (p) => values.peers || !values.quick || !SLOW_TO_START.includes(p),
    ),
    rounds,
    budgetMs: values.quick ? 80 : 250,
    quick: values.quick,
    write: values.write || !partial,
    build: !values['no-build'],
  };
}

function fail(message) {
  console.error(`${message}\n\n${HELP}`);
  process.exit(2);
}
