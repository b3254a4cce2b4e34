// npm run learn: trains networks on real data and states what they reach. See README.md.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from './lib/machine.mjs';

const TASKS = ['lenet5', 'cnn', 'digits', 'fashion', 'shakespeare'];
const HELP = `npm run learn -- [options] [${TASKS.join(' | ')} ...]

  --epochs N     instead of the task's own number
  --seed N       default 0
  --backend B    default auto
  --write        keep the results in learned.json and LEARNED.md
  --report       write LEARNED.md anew from learned.json, and learn nothing

The data must be in the folder that the environment variable FATHOM_DATA names.
`;
const RESULTS = fileURLToPath(new URL('learned.json', import.meta.url));
const REPORT = fileURLToPath(new URL('LEARNED.md', import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    epochs: { type: 'string' },
    seed: { type: 'string', default: '0' },
    backend: { type: 'string', default: 'auto' },
    write: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const unknown = positionals.filter((name) => !TASKS.includes(name));
if (values.help || unknown.length > 0) {
  console.log(unknown.length > 0 ? `unknown: ${unknown.join(', ')}\n\n${HELP}` : HELP);
  process.exit(values.help ? 0 : 2);
}
if (values.report) {
  writeFileSync(REPORT, report(JSON.parse(readFileSync(RESULTS, 'utf8'))));
  process.exit(0);
}
if (!process.env.FATHOM_DATA) {
  console.log('FATHOM_DATA is not set: expected the folder that holds mnist/, fashion-mnist/ and text/.');
  process.exit(2);
}

const results = existsSync(RESULTS) ? JSON.parse(readFileSync(RESULTS, 'utf8')) : {};
for (const name of positionals.length > 0 ? positionals : TASKS) {
  const task = await import(`./learn/${name}.mjs`);
  const epochs = values.epochs === undefined ? task.EPOCHS : Number(values.epochs);
  console.log(`\n${name}: ${task.WHAT}; asked ${task.ASKED}`);
  const start = performance.now();
  const { reached, details, parameters } = await task.learn({
    epochs,
    seed: Number(values.seed),
    backend: values.backend,
    say: (line) => console.log(`  ${((performance.now() - start) / 1000).toFixed(0).padStart(5)} s  ${line}`),
  });
  const seconds = (performance.now() - start) / 1000;
  console.log(`  reached ${reached} (${details}) in ${seconds.toFixed(0)} s`);
  results[name] = {
    what: task.WHAT,
    asked: task.ASKED,
    reached,
    details,
    parameters,
    epochs,
    seconds: Math.round(seconds),
    seed: Number(values.seed),
    machine: `${machine().cpu}, ${machine().cpuDetails}`,
    cores: availableParallelism(),
  };
  if (!values.write) continue;
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`);
  writeFileSync(REPORT, report(results));
}

function report(all) {
  const rows = Object.values(all).map(
    (r) =>
      `| ${r.what} | ${r.asked} | ${r.reached} | ${r.details} | ${r.parameters.toLocaleString('en')} | ${r.epochs} | ${r.seconds} s on ${r.cores} cores |`,
  );
  const machines = [...new Set(Object.values(all).map((r) => r.machine))];
  return `# What networks learn from real data

Written by \`npm run learn -- --write\`, seed ${[...new Set(Object.values(all).map(({ seed }) => seed))].join(', ')}, on ${machines.join(' and on ')}.

| network | asked | reached | measured how | parameters | epochs | time, everything included |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}
`;
}
