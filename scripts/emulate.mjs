// Runs every op's tests on the C of the native backend for arm64, which a cross compiler makes into programs and QEMU
// runs: what there is of an arm64 machine on an x86-64 one. It takes some minutes.
//
//   node scripts/emulate.mjs [--part 2/6] [test file...]
//
// Debian has what it needs in the packages gcc-aarch64-linux-gnu, libc6-dev-arm64-cross and qemu-user-static. CC and
// EMULATOR name others.

import { spawnSync } from 'node:child_process';
import { fail, runTests } from './lib/testParts.mjs';

const TESTS = [
  'packages/fathom/test/backends/backends.test.ts',
  'packages/fathom/test/backends/native/emulated.test.ts',
];
const compiler = process.env.CC || 'aarch64-linux-gnu-gcc -mcpu=cortex-a72';
const emulator = process.env.EMULATOR || 'qemu-aarch64-static';
for (const command of [compiler.split(' ')[0], emulator]) {
  if (spawnSync(command, ['--version']).status !== 0)
    fail(2, `${command} does not run; see the top of this file.`);
}
const env = { ...process.env, FATHOM_CROSS_COMPILER: compiler, FATHOM_EMULATOR: emulator };
process.exitCode = runTests(TESTS, 'emulated', env);
