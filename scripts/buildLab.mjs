// Builds the lab into packages/lab/dist, unless what is there is newer than everything it is made from. The new lab takes
// the place of the old one when it is whole, between two renames: a lab that is being served, or tested, never finds half
// of it.

import { existsSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { lean, OP } from './leanOps.mjs';

const lab = fileURLToPath(new URL('../packages/lab/', import.meta.url));
const library = fileURLToPath(new URL('../packages/fathom/src/', import.meta.url));
const PARTS = ['src', 'public', 'index.html', 'package.json', 'svelte.config.js', 'vite.config.ts'];

/** Of a file, or of the newest below a folder; 0 when there is none. */
function changed(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found) return 0;
  // A folder changes when something in it is removed.
  if (!found.isDirectory()) return found.mtimeMs;
  return readdirSync(path).reduce(
    (latest, name) => Math.max(latest, changed(join(path, name))),
    found.mtimeMs,
  );
}

/** Descriptions and examples of ops are for documents; no page shows them. */
const leanOps = {
  name: 'lean-ops',
  enforce: 'pre',
  transform: (code, id) => (OP.test(id) ? lean(code) : undefined),
};

/** Who starts the project for the first time needs no word of what slowed its build. */
const quiet = { checks: { bundlerTimings: false } };

const built = changed(join(lab, 'dist/index.html'));
const latest = Math.max(changed(library), ...PARTS.map((part) => changed(join(lab, part))));
if (latest > built) {
  const [next, dist] = [`.cache/dist.${process.pid}`, join(lab, 'dist')];
  await build({
    root: lab,
    logLevel: 'warn',
    plugins: [leanOps],
    worker: { plugins: () => [leanOps], rolldownOptions: quiet },
    build: { outDir: next, rolldownOptions: quiet },
  });
  // To remove many files takes a while, in which a server that starts would find no lab.
  const old = join(lab, `.cache/old.${process.pid}`);
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(join(lab, next), dist);
  rmSync(old, { recursive: true, force: true });
}
