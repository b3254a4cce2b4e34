// npm run setup: everything a fresh clone needs, and nothing when it has it. Also called by npm start and npm test.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const LEAST_NODE = [20, 19];
const root = fileURLToPath(new URL('..', import.meta.url));

/** Checks Node, installs the packages of package-lock.json and builds; ends the process when one of them fails. */
export function setUp() {
  checkNode();
  if (!isInstalled()) {
    console.log('Installing packages (npm ci) ...');
    run(...npm('ci', '--no-fund', '--no-audit'), 'npm ci failed; its output above says why.');
  }
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  if (!existsSync(join(root, 'packages/cli/dist/main.js'))) console.log('Building (tsc -b) ...');
  // Builds what has changed, which is nothing most times and takes a moment then.
  run(process.execPath, [compiler, '-b', 'packages/cli'], 'The build failed; its output above says where.');
  run(process.execPath, [join(root, 'scripts/bundle.mjs')], 'Bundling the library failed; see above.');
  run(process.execPath, [join(root, 'scripts/buildLab.mjs')], 'Building the lab failed; see above.');
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1])) return;
  fail(
    `Fathom needs Node ${LEAST_NODE.join('.')} or later; this is ${process.versions.node}. See nodejs.org.`,
  );
}

/** Whether node_modules holds what package-lock.json asks for; packages for other systems may be left out. */
function isInstalled() {
  const wanted = packagesOf('package-lock.json');
  const installed = packagesOf('node_modules/.package-lock.json');
  if (!wanted) fail('package-lock.json is missing: this is not a whole clone of the repository.');
  if (!installed) return false;
  return Object.entries(wanted).every(([path, { version, optional, link }]) => {
    if (!path.startsWith('node_modules/') && !path.includes('/node_modules/')) return true;
    const found = installed[path];
    if (!found) return optional === true;
    return link === true || (found.version === version && existsSync(join(root, path)));
  });
}

function packagesOf(file) {
  const path = join(root, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : undefined;
}

/** The npm that runs this script, or the one on the path. */
function npm(...args) {
  const own = process.env.npm_execpath;
  if (own && /\.c?js$/.test(own)) return [process.execPath, [own, ...args]];
  return ['npm', args];
}

function run(command, args, message) {
  // On Windows npm is a batch file, which needs the shell.
  const shell = process.platform === 'win32' && command === 'npm';
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell });
  if (status !== 0) fail(error ? `${message} (${error.message})` : message);
}

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) setUp();
