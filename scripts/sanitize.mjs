// Runs every op's tests and the networks' on the native backend with address and undefined-behaviour sanitizers in the
// generated C: an access outside of a buffer, or an operation that C leaves undefined, ends the run.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const vitest = join(root, 'node_modules/vitest/vitest.mjs');
const TESTS = [
  'packages/fathom/test/backends/backends.test.ts',
  'packages/fathom/test/backends/native/networks.test.ts',
];
const FLAGS = '-g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer';

const compiler = process.env.CC || 'gcc';
const printed = spawnSync(compiler, ['-print-file-name=libasan.so'], { encoding: 'utf8' }).stdout?.trim();
if (!printed || !existsSync(printed)) {
  console.error(`sanitize: ${compiler} has no libasan.so; this needs GCC with its sanitizers (CC names it).`);
  process.exit(2);
}

const cache = mkdtempSync(join(tmpdir(), 'fathom-sanitize-'));
const { status } = spawnSync(
  process.execPath,
  [vitest, 'run', ...TESTS, '-t', 'native', '--testTimeout=600000'],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      FATHOM_SANITIZE: '1',
      XDG_CACHE_HOME: cache,
      // The sanitizer must be in the process before all else; the compiler itself runs without it.
      LD_PRELOAD: `${printed} ${join(dirname(printed), 'libubsan.so')}`,
      CC: `env -u LD_PRELOAD ${compiler} ${FLAGS}`,
      // What Node and V8 keep to the end is theirs.
      ASAN_OPTIONS: 'detect_leaks=0:halt_on_error=1',
      UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
    },
  },
);
rmSync(cache, { recursive: true, force: true });
process.exit(status ?? 1);
