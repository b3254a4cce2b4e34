import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeBlocks } from '../../fathom/test/documentation/markdown.ts';
import { fathom, jsonOf, newFolder } from './command.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

let blocks: string[];
let folder: string;
beforeAll(async () => {
  const text = await readFile(join(ROOT, 'README.md'), 'utf8');
  blocks = codeBlocks(text);
  folder = await newFolder();
});
afterAll(() => rm(folder, { recursive: true }));

describe('README', () => {
  /** Runs a block inside the packages, so that 'fathom' is found as it is in the repository. */
  async function run(code: string): Promise<string> {
    const place = await mkdtemp(join(ROOT, 'packages/cli/dist/readme-'));
    try {
      await writeFile(join(place, 'example.mjs'), code);
      const { status, stdout, stderr } = spawnSync(process.execPath, ['example.mjs'], {
        cwd: place,
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      expect(status).toBe(0);
      return stdout;
    } finally {
      await rm(place, { recursive: true });
    }
  }

  it('has an example that runs as it stands', async () => {
    const stdout = await run(blocks[0]!);
    expect(stdout).toMatch(/Total params: 11,738[\s\S]*epoch 5: \{[\s\S]*valAccuracy/);
    expect(Number(/test accuracy (\S+)/.exec(stdout)![1])).toBeGreaterThan(0.7);
    expect(stdout).toContain('probabilities of shape [1,10]');
  });

  it('has a network of several inputs and outputs', async () => {
    expect(await run(blocks[1]!)).toMatch(/embedding[\s\S]*lstm[\s\S]*Total params: 22,662/);
  });

  it('has a model file that trains', async () => {
    await writeFile(join(folder, 'my-model.ts'), blocks[2]!);
    const args = ['train', 'digits', '--model', 'my-model.ts', '--limit', '200', '--epochs', '1', '--json'];
    const { parameters } = jsonOf<{ parameters: number }>(await fathom(args, { cwd: folder }));
    expect(parameters).toBe(785 * 64 + 65 * 10);
  });

  it('names every command', async () => {
    const text = await readFile(join(ROOT, 'README.md'), 'utf8');
    const { out } = await fathom(['--help']);
    const commands = [...out.matchAll(/^ {2}([a-z]+)(?: \[options\]| {2,})/gm)].map(([, name]) => name!);
    expect(commands).toEqual(expect.arrayContaining(['train', 'eval', 'predict', 'summary', 'data', 'info']));
    const missing = commands.filter((name) => name !== 'help' && !text.includes(`fathom ${name}`));
    expect(missing).toEqual([]);
  });
});
