import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fathom, jsonOf, newFolder, type Running, startFathom } from '../command.ts';

type Result = {
  weightsSha256: string;
  test: { accuracy: number };
  epochs: { loss: number; valLoss: number }[];
};

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => rm(folder, { recursive: true }));

const TRAIN = ['train', 'digits', '--limit', '400', '--model', 'mlp', '--epochs', '3', '--seed', '7'];
const figures = ({ loss, valLoss }: Result['epochs'][number]) => [loss, valLoss];

/** Waits until a run has made its first checkpoint. */
async function firstCheckpoint(run: string): Promise<void> {
  for (;;) {
    const names = await readdir(join(folder, run, 'checkpoints')).catch(() => []);
    if (names.some((name) => name.startsWith('step-'))) return;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

async function kill({ process, finished }: Running): Promise<void> {
  process.kill('SIGKILL');
  expect((await finished).code).toBe(null);
}

describe('--resume', () => {
  it('goes on with a run that was killed, to the same weights, figures and files', async () => {
    const args = (name: string) => [
      ...TRAIN,
      ...['--epochs', '40', '--out', name, '--csv', `${name}.csv`, '--tensorboard', `${name}-board`],
    ];
    const whole = jsonOf<Result>(await fathom([...args('whole'), '--json'], { cwd: folder }));
    const running = startFathom([...args('torn'), '--checkpoint-every', '2'], { cwd: folder });
    await firstCheckpoint('torn');
    await kill(running);
    expect(existsSync(join(folder, 'torn/run.json'))).toBe(false);
    const finished = await fathom(['train', '--resume', 'torn', '--threads', '1', '--json'], { cwd: folder });
    const torn = jsonOf<Result>(finished);
    expect(finished.err).toMatch(/Going on in epoch \d+.*: \d+ steps are done/);
    expect(torn.weightsSha256).toBe(whole.weightsSha256);
    expect(torn.test).toEqual(whole.test);
    expect(torn.epochs.map(figures)).toEqual(whole.epochs.map(figures));
    expect(await readFile(join(folder, 'torn.csv'), 'utf8')).toBe(
      await readFile(join(folder, 'whole.csv'), 'utf8'),
    );
    expect(await readdir(join(folder, 'torn-board/train'))).toHaveLength(1);
    expect((await readdir(join(folder, 'torn'))).sort()).toEqual([
      'model.json',
      'run.json',
      'weights.safetensors',
    ]);
  }, 120_000);

  it('goes on with a run that Ctrl-C has stopped, from the very step', async () => {
    const running = startFathom([...TRAIN.slice(0, 5), 'mlp', '--epochs', '100000', '--out', 'stopped'], {
      cwd: folder,
    });
    await firstCheckpoint('stopped');
    running.process.kill('SIGINT');
    const { code, err } = await running.finished;
    expect(code).toBe(130);
    expect(err).toMatch(/saved in stopped\nGo on with it: fathom train --resume stopped/);
    const record = JSON.parse(await readFile(join(folder, 'stopped/run.json'), 'utf8'));
    const { epoch } = record.interrupted;
    const finished = await fathom(['train', '--resume', 'stopped', '--epochs', String(epoch), '--json'], {
      cwd: folder,
    });
    const { epochs } = jsonOf<Result>(finished);
    expect(epochs).toHaveLength(epoch);
    expect(epochs.slice(0, epoch - 1)).toEqual(record.epochs);
    const { steps } = record.interrupted;
    expect(finished.err).toMatch(
      steps === 0 ? `Going on in epoch ${epoch}:` : `Going on in epoch ${epoch}, after ${steps} of its steps`,
    );
  }, 120_000);
});

describe('a run that cannot be gone on with', () => {
  it('is missing, or finished', async () => {
    const none = await fathom(['train', '--resume', 'none'], { cwd: folder });
    expect(none).toMatchObject({ code: 1, out: '' });
    expect(none.err).toBe(
      'error: --resume none: expected the folder of a run that was cut off, with checkpoints/settings.json; received none. Check the path.\n',
    );
    await fathom([...TRAIN, '--out', 'done', '--model', 'perceptron'], { cwd: folder });
    const done = await fathom(['train', '--resume', 'done'], { cwd: folder });
    expect(done).toMatchObject({ code: 1, err: expect.stringContaining('the run is finished') });
  }, 60_000);

  it('is damaged, or of other data, or was begun in another way', async () => {
    const running = startFathom([...TRAIN.slice(0, 5), 'perceptron', '--epochs', '100000', '--out', 'odd'], {
      cwd: folder,
    });
    await firstCheckpoint('odd');
    await kill(running);
    const again = await fathom([...TRAIN, '--out', 'odd'], { cwd: folder });
    expect(again).toMatchObject({
      code: 1,
      err: 'error: --out odd: a run that was cut off is there. Go on with it by --resume odd, or choose another --out.\n',
    });
    const said = await fathom(['train', '--resume', 'odd', '--batch', '3'], { cwd: folder });
    expect(said).toMatchObject({
      code: 2,
      err: 'error: --resume goes on with a run as it was begun; received --batch beside it. Leave it out. See --help.\n',
    });
    const path = join(folder, 'odd/checkpoints/settings.json');
    const settings = JSON.parse(await readFile(path, 'utf8'));
    const changed = async (change: object) => {
      await writeFile(path, JSON.stringify({ ...settings, ...change }));
      return (await fathom(['train', '--resume', 'odd', '--epochs', '1'], { cwd: folder })).err;
    };
    expect(await changed({ dataSha256: 'x' })).toContain(
      'the data set digits is not what the run was begun with',
    );
    expect(await changed({ model: 'mlp' })).toContain('the model mlp is not what the run was begun with');
    expect(await changed({ batch: 'x' })).toContain('expected its settings, received no batch');
    expect(await changed({ batch: 16 })).toContain('expected batchSize 32, received 16');
    await writeFile(path, '{');
    expect((await fathom(['train', '--resume', 'odd'], { cwd: folder })).err).toContain(
      'received no JSON object',
    );
  }, 60_000);
});

describe('files beside a run', () => {
  it('say when they cannot be written, and the run can be gone on with', async () => {
    const args = [
      ...TRAIN.slice(0, 5),
      'perceptron',
      '--epochs',
      '2',
      '--checkpoint-every',
      '3',
      '--out',
      'full',
    ];
    const failed = await fathom([...args, '--csv', '/dev/null/x.csv'], { cwd: folder });
    expect(failed).toMatchObject({
      code: 1,
      err: expect.stringContaining('error: cannot write /dev/null/x.csv:'),
    });
    const again = await fathom(['train', '--resume', 'full', '--json'], { cwd: folder });
    expect(again).toMatchObject({
      code: 1,
      err: expect.stringContaining('Going on in epoch 1, after 12 of its steps'),
    });
  }, 60_000);
});
