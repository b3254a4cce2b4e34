import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, fathom, newFolder, smallMnist } from './command.ts';

const START = fileURLToPath(new URL('../../../scripts/start.mjs', import.meta.url));

/** Stands in for a machine without a network. */
const OFFLINE = {
  NODE_OPTIONS: `--import data:text/javascript,globalThis.fetch=()=>Promise.reject(Error('offline'))`,
  XDG_CACHE_HOME: join(tmpdir(), 'fathom-no-cache'),
};

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => rm(folder, { recursive: true }));

/** As npm start does. */
function start(args: readonly string[], env: Record<string, string>): Promise<Finished> {
  const { FATHOM_DATA: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [START, ...args], { cwd: folder, env: { ...inherited, ...env } });
  return new Promise((resolve, reject) => {
    let [out, err] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

const QUICK = ['--epochs', '1', '--limit', '200'];

describe('npm start', () => {
  it('trains LeNet-5 on MNIST where it is at hand, saves the run and passes options on', async () => {
    const env = { ...OFFLINE, FATHOM_DATA: await smallMnist(folder) };
    const { code, out, err } = await start([...QUICK, '--out', 'mnist'], env);
    expect(err).toBe('');
    expect(out).toMatch(
      /^MNIST from [\s\S]*lenet5: 61,706 parameters[\s\S]*epoch 1\/1 [\s\S]*Saved in mnist\n/m,
    );
    expect(code).toBe(0);
  });

  it('trains on the built-in digits otherwise, and one line says so', async () => {
    const { code, out, err } = await start([...QUICK, '--out', 'digits'], OFFLINE);
    expect(err).toBe('');
    expect(out).toMatch(
      /^MNIST is neither on this machine nor could it be downloaded: training on the built-in digits\.$/m,
    );
    expect(out).toMatch(/Test accuracy [\d.]+ %[\s\S]*Saved in digits\n/);
    expect(code).toBe(0);
  });

  it('takes a data set in front of the options', async () => {
    const { code, out } = await start(['digits', ...QUICK, '--model', 'mlp', '--out', 'asked'], OFFLINE);
    expect(out).toContain('mlp: 101,770 parameters');
    expect(out).not.toContain('MNIST');
    expect(code).toBe(0);
  });
});

describe('a data set that is nowhere', () => {
  it('is an error that says where it was looked for and what to do', async () => {
    const { code, out, err } = await fathom(['train', 'mnist', '--out', 'none'], {
      cwd: folder,
      env: OFFLINE,
    });
    expect(err).toMatch(/^error: MNIST is not on this machine and could not be downloaded/);
    expect(err).toMatch(
      /use the built-in data set 'digits'[\s\S]*Tried:\n {2}- the environment variable FATHOM_DATA/,
    );
    expect(out).toBe('');
    expect(code).toBe(1);
  });
});
