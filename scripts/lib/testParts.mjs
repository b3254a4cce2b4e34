// What the scripts that run tests on a special machine share: `--part 2/6` and a name in what they say.

import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));
const vitest = join(root, 'node_modules/vitest/vitest.mjs');

/**
 * Runs the tests whose names hold `word`, or with `--part i/n` every n-th of them from the i-th on. Other arguments of
 * the command line are test files that take the place of `tests`.
 *
 * @returns the exit status: 0, 1 where something was found
 */
export function runTests(tests, word, env) {
  const { values, positionals } = parseArgs({
    options: { part: { type: 'string' } },
    allowPositionals: true,
  });
  const files = positionals.length > 0 ? positionals : tests;
  const pattern = values.part === undefined ? word : patternOf(partOf(values.part, files, word, env));
  const args = [vitest, 'run', ...files, '-t', pattern, '--testTimeout=600000', '--reporter=verbose'];
  const { status, signal } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  if (status !== 0) complain(`found something, or a test failed (${signal ?? `status ${status}`}).`);
  return status ?? 1;
}

function partOf(part, files, word, env) {
  const [, number, parts] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(part) ?? [];
  if (parts === undefined || Number(number) > Number(parts)) {
    fail(2, `expected --part as 2/6; received ${part}.`);
  }
  const args = [vitest, 'list', ...files, '-t', word, '--json'];
  const { stdout } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8', env });
  const names = JSON.parse(stdout.slice(stdout.indexOf('['))).map(({ name }) => name.replaceAll(' > ', ' '));
  return names.filter((_, i) => i % Number(parts) === Number(number) - 1);
}

function patternOf(names) {
  const escaped = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return `^(${escaped.join('|')})$`;
}

export function fail(status, message) {
  complain(message);
  process.exit(status);
}

function complain(message) {
  console.error(`${basename(process.argv[1], '.mjs')}: ${message}`);
}
