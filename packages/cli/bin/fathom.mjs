#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const LEAST_NODE = [20, 19];
const INTERRUPTED = 130;
const [major, minor] = process.versions.node.split('.').map(Number);
const main = new URL('../dist/main.js', import.meta.url);

if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
  console.error(
    `error: fathom needs Node ${LEAST_NODE.join('.')} or later; this is ${process.versions.node}.`,
  );
  process.exitCode = 1;
} else if (!existsSync(fileURLToPath(main))) {
  console.error('error: fathom is not built yet. Run `npm run setup` in its repository first.');
  process.exitCode = 1;
} else {
  const { main: run } = await import(main.href);
  process.exitCode = await run(process.argv.slice(2));
  // What Ctrl-C has cut off, as a compiler at work, is not waited for.
  if (process.exitCode === INTERRUPTED) process.stdout.write('', () => process.exit());
}
