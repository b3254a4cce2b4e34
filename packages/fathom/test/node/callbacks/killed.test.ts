import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadModel, readCheckpoint } from '../../../src/node.ts';
import { seeded } from '../../support/random.ts';
import { readEvents } from './readEvents.ts';

/** Steps of the whole run: 160 samples, 16 a step, 6 epochs. */
const STEPS = 60;
const KILLS = 8;
/** Packages with machine code, which the program does not need. */
const NOT_NEEDED = ['sharp', 'koffi'];

let folder: string;
let program: string;

beforeAll(async () => {
  // Beside the sources, so that the packages that are not bundled are found.
  folder = await mkdtemp(fileURLToPath(new URL('../../../node_modules/.killed-', import.meta.url))).catch(
    () => mkdtemp(join(tmpdir(), 'fathom-killed-')),
  );
  program = join(folder, 'interrupted.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./interrupted.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: NOT_NEEDED,
    logLevel: 'silent',
  });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What the program printed at its end; undefined when it was killed. */
interface Result {
  readonly sha256: string;
  readonly history: Record<string, number[]>;
}

/** When to kill: so many milliseconds after so many steps of this process. */
interface Moment {
  readonly steps: number;
  readonly milliseconds: number;
}

/** Runs the program to its end, or until it is killed. */
function run(place: string, { kill, threads = 1 }: { kill?: Moment; threads?: number } = {}) {
  return new Promise<Result | undefined>((resolve, reject) => {
    const child = spawn(process.execPath, [program, place, String(threads)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    let killing = false;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      err += text;
    });
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
      if (killing || !kill || out.split('step').length <= kill.steps) return;
      killing = true;
      setTimeout(() => child.kill('SIGKILL'), kill.milliseconds);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (signal === 'SIGKILL') resolve(undefined);
      else if (code === 0) resolve(JSON.parse(out.trimEnd().split('\n').at(-1)!) as Result);
      else reject(new Error(`the program ended with ${code}: ${err}`));
    });
  });
}

describe('a run that is killed again and again', () => {
  it('comes to the same bits, and its files to the same content, as one that is left alone', async () => {
    const whole = join(folder, 'whole');
    const torn = join(folder, 'torn');
    const expected = (await run(whole))!;
    expect(expected.history.loss).toHaveLength(6);

    const random = seeded(2026);
    const reached: number[] = [];
    let result: Result | undefined;
    for (let i = 0; i < KILLS && !result; i++) {
      // Other numbers of threads, since a run may go on where there are fewer or more.
      const kill = { steps: 1 + Math.floor(8 * random()), milliseconds: 8 * random() };
      result = await run(torn, { kill, threads: 1 + (i % 2) });
      if (!result) reached.push((await readCheckpoint(join(torn, 'backup')))?.optimizer.steps ?? 0);
    }
    expect(reached.length, 'kills that met the run').toBeGreaterThan(3);
    expect(reached.at(-1)!, `steps after each kill: ${reached}`).toBeGreaterThan(3);
    expect(reached).toEqual([...reached].sort((a, b) => a - b));
    result ??= await run(torn, { threads: 2 });
    expect(result).toEqual(expected);

    expect(await readFile(join(torn, 'log.csv'), 'utf8')).toBe(
      await readFile(join(whole, 'log.csv'), 'utf8'),
    );
    for (const part of ['train', 'validation']) {
      expect(newest(readEvents(join(torn, 'board', part)))).toEqual(
        newest(readEvents(join(whole, 'board', part))),
      );
    }
    const [best, same] = await Promise.all([torn, whole].map((place) => loadModel(join(place, 'best'))));
    expect(await best!.getWeights()).toEqual(await same!.getWeights());
    // The run is over: its checkpoints are gone.
    expect(existsSync(join(torn, 'backup'))).toBe(false);
    expect((await readdir(torn)).sort()).toEqual(['best', 'board', 'log.csv']);
  }, 120_000);
});

/** The last value of each tag and step: a run that is killed before its first checkpoint begins another file. */
function newest(values: ReturnType<typeof readEvents>): unknown[] {
  return [...new Map(values.map((value) => [`${value.tag} ${value.step}`, value])).entries()].sort(
    ([a], [b]) => (a < b ? -1 : 1),
  );
}

it('the program has as many steps as the test believes', () => {
  expect(Math.ceil((200 * 0.8) / 16) * 6).toBe(STEPS);
});
