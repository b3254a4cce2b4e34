// Runs every op's tests and those of whole training steps on the native backend, with the address and the
// undefined-behaviour sanitizer in the generated C: an access outside of a buffer, or an operation that C leaves
// undefined, ends the run with status 1. It takes some minutes.
//
//   node scripts/sanitize.mjs [--part 2/6] [test file...]
//
// CC names the compiler, a GCC, and if need be another machine: CC='gcc -march=x86-64-v2' is without AVX.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fail, runTests } from './lib/testParts.mjs';

const TESTS = [
  'packages/fathom/test/backends/backends.test.ts',
  'packages/fathom/test/backends/finite.test.ts',
  'packages/fathom/test/backends/native/networks.test.ts',
  'packages/fathom/test/backends/sameBits.test.ts',
  'packages/fathom/test/compiler/recompute.test.ts',
];
const FLAGS = '-g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer';

const compiler = process.env.CC || 'gcc';
const [command, ...args] = compiler.split(/\s+/);
const library = spawnSync(command, [...args, '-print-file-name=libasan.so'], {
  encoding: 'utf8',
}).stdout?.trim();
if (!library || !existsSync(library)) {
  fail(2, `${compiler} has no libasan.so; this needs GCC with its sanitizers (CC names it).`);
}
const cache = mkdtempSync(join(tmpdir(), 'fathom-sanitize-'));
process.once('exit', () => rmSync(cache, { recursive: true, force: true }));
process.exitCode = runTests(TESTS, 'native', {
  ...process.env,
  FATHOM_SANITIZE: '1',
  XDG_CACHE_HOME: cache,
  // The sanitizer must be in the process before all else; the compiler itself runs without it.
  LD_PRELOAD: `${library} ${join(dirname(library), 'libubsan.so')}`,
  CC: `env -u LD_PRELOAD ${compiler} ${FLAGS}`,
  // What Node and V8 keep to the end is theirs.
  ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1',
  UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
});
