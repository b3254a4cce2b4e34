// Runs every op's tests and those of whole training steps on the native backend, with the address and the
// undefined-behaviour sanitizer in the generated C: an access outside of a buffer, or an operation that C leaves
// undefined, ends the run with status 1. It takes some minutes.
//
//   node scripts/sanitize.mjs [--part 2/6] [test file...]
//
// CC names the compiler and, if need be, another machine than this one: CC='gcc -march=x86-64-v2' is without AVX.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const TESTS = [
  'packages/fathom/test/backends/backends.test.ts',
  'packages/fathom/test/backends/native/networks.test.ts',
  'packages/fathom/test/backends/sameBits.test.ts',
];
const FLAGS = '-g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer';

const { values, positionals } = parseArgs({ options: { part: { type: 'string' } }, allowPositionals: true });
const files = positionals.length > 0 ? positionals : TESTS;
const cache = mkdtempSync(join(tmpdir(), 'fathom-sanitize-'));
try {
  process.exitCode = sanitize(environmentOf(process.env.CC || 'gcc'));
} finally {
  rmSync(cache, { recursive: true, force: true });
}

/** What makes Node run sanitized code, or an error where the compiler cannot make it. */
function environmentOf(compiler) {
  const [command, ...args] = compiler.split(/\s+/);
  const libraryOf = (name) => {
    const asked = spawnSync(command, [...args, `-print-file-name=${name}`], { encoding: 'utf8' });
    return asked.stdout?.trim() ?? '';
  };
  const library = libraryOf('libasan.so');
  if (!existsSync(library)) {
    fail(2, `${compiler} has no libasan.so; this needs GCC with its sanitizers (CC names it).`);
  }
  return {
    ...process.env,
    FATHOM_SANITIZE: '1',
    XDG_CACHE_HOME: cache,
    // The sanitizer must be in the process before all else; the compiler itself runs without it.
    LD_PRELOAD: `${library} ${join(dirname(library), 'libubsan.so')}`,
    CC: `env -u LD_PRELOAD ${compiler} ${FLAGS}`,
    // What Node and V8 keep to the end is theirs.
    ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1',
    UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
  };
}

/** Runs the tests and returns the exit status. */
function sanitize(env) {
  const pattern = values.part === undefined ? 'native' : patternOf(partOf(values.part));
  const report = join(cache, 'report.json');
  const reporters = ['--reporter=verbose', '--reporter=json', `--outputFile.json=${report}`];
  const args = [vitest, 'run', ...files, '-t', pattern, '--testTimeout=600000', ...reporters];
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) fail(status ?? 1, `found something, or a test failed (${signal ?? `status ${status}`}).`);
  return 0;
}

/** The names of the tests of one part of several: every n-th. */
function partOf(part) {
  const [, number, parts] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(part) ?? [];
  if (Number(number) > Number(parts) || parts === undefined) {
    fail(2, `expected --part as 2/6; received ${part}.`);
  }
  const args = [vitest, 'list', ...files, '-t', 'native', '--json'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  const names = JSON.parse(stdout.slice(stdout.indexOf('['))).map(({ name }) => name.replaceAll(' > ', ' '));
  return names.filter((_, i) => i % Number(parts) === Number(number) - 1);
}

function patternOf(names) {
  const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return `^(${escaped.join('|')})$`;
}

function fail(status, message) {
  console.error(`sanitize: ${message}`);
  rmSync(cache, { recursive: true, force: true });
  process.exit(status);
}
