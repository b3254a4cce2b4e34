import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Usage } from './memoryRun.ts';

const MIB = 2 ** 20;
let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fathom-memory-'));
  program = join(folder, 'memoryRun.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./memoryRun.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'silent',
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Bytes in use after each tenth of the work, in a process of its own. */
function run(what: 'steps' | 'models', count: number): Promise<Usage[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', program, what, String(count)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(JSON.parse(out) as Usage[]);
      else reject(new Error(`the program ended with ${code}: ${err}`));
    });
  });
}

/** How much more is in use at the end than after some first rounds, in which caches and code settle. */
function growth(used: readonly Usage[], of: keyof Usage): number {
  return used.at(-1)![of] - used[2]![of];
}

describe('memory', () => {
  it('does not grow over 10,000 steps of one model', async () => {
    const used = await run('steps', 10_000);
    expect(used).toHaveLength(10);
    expect(growth(used, 'heapUsed')).toBeLessThan(0.5 * MIB);
    expect(growth(used, 'external')).toBeLessThan(0.1 * MIB);
  }, 120_000);

  it('comes back from 1,000 models that nobody holds', async () => {
    const used = await run('models', 1_000);
    // Kept, 700 models would be 175 MiB of weights.
    expect(growth(used, 'heapUsed')).toBeLessThan(4 * MIB);
    expect(growth(used, 'external')).toBeLessThan(8 * MIB);
  }, 240_000);
});
