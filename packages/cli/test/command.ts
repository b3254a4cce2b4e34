import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { encodeIdx, syntheticDigits } from 'fathom';

const FATHOM = fileURLToPath(new URL('../bin/fathom.mjs', import.meta.url));

export type Finished = { readonly code: number | null; readonly out: string; readonly err: string };
export type Running = { readonly process: ChildProcess; readonly finished: Promise<Finished> };

/** Starts the built command as a user would, without a terminal, colours, data or cache of the machine's. */
export function startFathom(
  args: readonly string[],
  {
    cwd = tmpdir(),
    env = {},
    command = FATHOM,
  }: { cwd?: string; env?: Record<string, string>; command?: string } = {},
): Running {
  const clean = { ...process.env };
  for (const name of ['FATHOM_DATA', 'FATHOM_DEBUG', 'NO_COLOR', 'FORCE_COLOR']) delete clean[name];
  const child = spawn(process.execPath, [command, ...args], {
    cwd,
    env: { ...clean, XDG_CACHE_HOME: join(tmpdir(), 'fathom-no-cache'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
  return { process: child, finished };
}

/** Runs the built command to its end. */
export function fathom(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<Finished> {
  return startFathom(args, options).finished;
}

/** The JSON object on the last line of standard output. */
export function jsonOf<T>({ code, out, err }: Finished): T {
  if (code !== 0 && code !== 130) throw new Error(`the command ended with ${code}: ${err}`);
  return JSON.parse(out.trimEnd().split('\n').at(-1)!) as T;
}

/** A new empty folder. */
export function newFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'fathom-cli-'));
}

/** A folder for FATHOM_DATA whose `mnist` holds a few drawn digits in MNIST's four files. */
export async function smallMnist(folder: string, { train = 200, test = 100 } = {}): Promise<string> {
  const data = join(folder, 'data');
  await mkdir(join(data, 'mnist'), { recursive: true });
  for (const [prefix, count, seed] of [['train', train, 1] as const, ['t10k', test, 2] as const]) {
    const { images, labels } = syntheticDigits({ count, seed });
    const write = (name: string, shape: number[], values: Uint8Array) =>
      writeFile(join(data, 'mnist', `${prefix}-${name}.gz`), gzipSync(encodeIdx('uint8', shape, values)));
    await write('images-idx3-ubyte', [count, 28, 28], images);
    await write('labels-idx1-ubyte', [count], labels);
  }
  return data;
}
