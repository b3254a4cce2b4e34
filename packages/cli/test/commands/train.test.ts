import { createHash } from 'node:crypto';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fathom, jsonOf, newFolder, smallMnist } from '../command.ts';

type Result = {
  data: string;
  model: string;
  backend: string;
  threads: number;
  seed: number;
  epochs: { loss: number; accuracy: number; valLoss: number; valAccuracy: number; seconds: number }[];
  test: { loss: number; accuracy: number };
  parameters: number;
  msPerStep: number;
  compileMs: number;
  weightsSha256: string;
  out: string;
};

const SMALL = ['train', 'digits', '--limit', '300', '--epochs', '2', '--json'];

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => rm(folder, { recursive: true }));

describe('fathom train --json', () => {
  it('prints exactly the object that scripts rely on, and everything else to standard error', async () => {
    const finished = await fathom([...SMALL, '--threads', '2', '--seed', '5', '--out', 'shape'], {
      cwd: folder,
    });
    expect(finished.code).toBe(0);
    expect(finished.out.trimEnd().split('\n')).toHaveLength(1);
    expect(finished.err).toMatch(/Test accuracy [\d.]+ %[\s\S]*Confusion matrix[\s\S]*What to try next/);
    const result = jsonOf<Result>(finished);
    const epoch = {
      loss: expect.any(Number),
      accuracy: expect.any(Number),
      valLoss: expect.any(Number),
      valAccuracy: expect.any(Number),
      seconds: expect.any(Number),
    };
    expect(result).toStrictEqual({
      data: 'digits',
      model: 'lenet5',
      backend: expect.stringMatching(/^(native|wasm)$/),
      threads: 2,
      seed: 5,
      epochs: [epoch, epoch],
      test: { loss: expect.any(Number), accuracy: expect.any(Number) },
      parameters: 61706,
      msPerStep: expect.any(Number),
      compileMs: expect.any(Number),
      weightsSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      out: 'shape',
    });
    expect(result.epochs[1]!.loss).toBeLessThan(result.epochs[0]!.loss);
    expect(result.msPerStep).toBeGreaterThan(0);
    expect(result.compileMs).toBeGreaterThan(0);
  });

  it('gives the same weights for a seed, whatever the number of threads, and others for another seed', async () => {
    const train = async (threads: string, seed: string) => {
      const args = [
        ...SMALL,
        '--model',
        'cnn',
        '--threads',
        threads,
        '--seed',
        seed,
        '--out',
        `t${threads}s${seed}`,
      ];
      return jsonOf<Result>(await fathom(args, { cwd: folder }));
    };
    const [one, two, other] = [await train('1', '0'), await train('2', '0'), await train('2', '1')];
    expect(one.threads).toBe(1);
    expect(two.weightsSha256).toBe(one.weightsSha256);
    expect(two.test).toEqual(one.test);
    expect(two.epochs.map(({ loss, valLoss }) => [loss, valLoss])).toEqual(
      one.epochs.map(({ loss, valLoss }) => [loss, valLoss]),
    );
    expect(other.weightsSha256).not.toBe(one.weightsSha256);
  });

  it('states the hash of the weights that it saved, and saves the whole run', async () => {
    const { weightsSha256, out } = jsonOf<Result>(
      await fathom([...SMALL, '--model', 'perceptron', '--out', 'hash'], { cwd: folder }),
    );
    expect((await readdir(join(folder, out))).sort()).toEqual([
      'model.json',
      'run.json',
      'weights.safetensors',
    ]);
    const file = await readFile(join(folder, out, 'weights.safetensors'));
    const headerBytes = Number(file.readBigUInt64LE(0));
    expect(
      createHash('sha256')
        .update(file.subarray(8 + headerBytes))
        .digest('hex'),
    ).toBe(weightsSha256);
    const record = JSON.parse(await readFile(join(folder, out, 'run.json'), 'utf8'));
    expect(record).toMatchObject({
      data: { name: 'digits', training: 270, validation: 30, test: 300 },
      options: { optimizer: 'adam', lr: 0.001, batch: 32, epochs: 2, seed: 0, limit: 300 },
      interrupted: null,
      weightsSha256,
    });
    const images = record.confusion.flat().reduce((sum: number, n: number) => sum + n, 0);
    const right = record.confusion.reduce((sum: number, row: number[], i: number) => sum + row[i]!, 0);
    expect(images).toBe(300);
    expect(right / images).toBeCloseTo(record.test.accuracy, 12);
  });

  it('heeds --optimizer, --lr, --batch and --backend', async () => {
    const args = [...SMALL, '--model', 'perceptron', '--optimizer', 'sgd', '--lr', '0.5', '--batch', '100'];
    const result = jsonOf<Result>(
      await fathom([...args, '--backend', 'reference', '--out', 'sgd'], { cwd: folder }),
    );
    expect(result).toMatchObject({ backend: 'reference', threads: 1, parameters: 7850 });
    const record = JSON.parse(await readFile(join(folder, 'sgd', 'run.json'), 'utf8'));
    expect(record.options).toMatchObject({ optimizer: 'sgd', lr: 0.5, batch: 100, backend: 'reference' });
  });

  it('saves under runs/ unless told where', async () => {
    const { out } = jsonOf<Result>(await fathom([...SMALL, '--model', 'perceptron'], { cwd: folder }));
    expect(out).toMatch(/^runs[/\\]perceptron-digits-\d{8}-\d{6}$/);
    expect(await readdir(join(folder, out))).toContain('run.json');
  });

  it('trains on the files in FATHOM_DATA', async () => {
    const env = { FATHOM_DATA: await smallMnist(folder) };
    const args = ['train', 'mnist', '--model', 'mlp', '--epochs', '1', '--json', '--out', 'mnist'];
    const finished = await fathom(args, { cwd: folder, env });
    expect(jsonOf<Result>(finished)).toMatchObject({ data: 'mnist', model: 'mlp', parameters: 101770 });
    expect(finished.err).toContain(join(env.FATHOM_DATA, 'mnist'));
    expect(finished.err).toContain('180 images to train with, 20 to validate, 100 to test');
  });

  it('replaces the run that --out holds', async () => {
    const train = async (seed: string) =>
      jsonOf<Result>(
        await fathom([...SMALL, '--model', 'perceptron', '--seed', seed, '--out', 'again'], { cwd: folder }),
      );
    await train('1');
    const second = await train('2');
    const record = JSON.parse(await readFile(join(folder, 'again', 'run.json'), 'utf8'));
    expect(record.weightsSha256).toBe(second.weightsSha256);
    expect(await readdir(join(folder, 'again'))).toHaveLength(3);
  });
});

describe('fathom train --model FILE.ts', () => {
  const HEAD = `import { dense, flatten, sequential } from 'fathom';\n`;
  const LAYERS = `[flatten({ inputShape: [28, 28, 1] }), dense({ units: 16, activation: 'tanh' }), dense({ units: 10, activation: 'softmax' })]`;

  async function trainFile(name: string, code: string) {
    await writeFile(join(folder, name), code);
    return fathom([...SMALL, '--model', name, '--out', `of-${name}`], { cwd: folder });
  }

  it('trains a model that the file exports', async () => {
    const finished = await trainFile('plain.ts', `${HEAD}export default sequential(${LAYERS});`);
    expect(jsonOf<Result>(finished)).toMatchObject({ model: 'plain.ts', parameters: 785 * 16 + 17 * 10 });
  });

  it('calls a function, with types, other files and the setting, and seeds what it makes', async () => {
    await writeFile(join(folder, 'size.ts'), 'export const units: number = 12;');
    const code =
      `${HEAD}import { units } from './size.ts';\n` +
      'export default async ({ inputShape, classes }: { inputShape: number[]; classes: number }) =>\n' +
      "  sequential([flatten({ inputShape }), dense({ units }), dense({ units: classes, activation: 'softmax' })]);";
    const [first, second] = [await trainFile('made.ts', code), await trainFile('made.ts', code)].map(
      (finished) => jsonOf<Result>(finished),
    );
    expect(first!.parameters).toBe(785 * 12 + 13 * 10);
    expect(second!.weightsSha256).toBe(first!.weightsSha256);
  });

  it('takes logits for what they are when the model does not end in softmax', async () => {
    const code = `${HEAD}export default sequential([flatten({ inputShape: [28, 28, 1] }), dense({ units: 10 })]);`;
    const { epochs } = jsonOf<Result>(await trainFile('logits.ts', code));
    expect(epochs[1]!.loss).toBeLessThan(epochs[0]!.loss);
    const file = join(folder, 'sheet.png');
    await fathom(['data', 'preview', 'digits', '--rows', '1', '--columns', '1', '--out', file]);
    const answer = jsonOf<{ predictions: { probabilities: number[] }[] }>(
      await fathom(['predict', 'of-logits.ts', file, '--json'], { cwd: folder }),
    );
    const sum = answer.predictions[0]!.probabilities.reduce((total, p) => total + p, 0);
    expect(sum).toBeCloseTo(1, 5);
  });

  it.each<[string, string, RegExp]>([
    ['does not parse', 'export default (;', /bad\.ts cannot be compiled: bad\.ts:1: /],
    ['throws', "throw new Error('no luck');", /bad\.ts: the file failed while it was loaded: no luck/],
    ['exports nothing', 'export const model = 1;', /bad\.ts: expected a default export/],
    [
      'exports something else',
      'export default { layers: [] };',
      /expected its default export to be a model.*received an object of class Object/,
    ],
    ['returns something else', 'export default () => 3;', /received a number/],
    [
      'takes other images',
      `${HEAD}export default sequential([dense({ units: 10, inputShape: [5] })]);`,
      /takes samples of shape \[28, 28, 1\]; received one that takes \[5\]/,
    ],
    [
      'has other outputs',
      `${HEAD}export default sequential([flatten({ inputShape: [28, 28, 1] }), dense({ units: 7 })]);`,
      /expected a model with 10 outputs.*shape \[7\]/,
    ],
    [
      'does not fit together',
      `${HEAD}export default () => sequential([dense({ units: -1 })]);`,
      /default export failed: .*units/,
    ],
  ])('says so when the file %s', async (_what, code, message) => {
    const { code: status, out, err } = await trainFile('bad.ts', code);
    expect(err).toMatch(message);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(out).toBe('');
    expect(status).toBe(1);
    expect(await readdir(folder)).not.toContain('of-bad.ts');
  });
});

describe('what a person sees without --json', () => {
  it('is plain text: a line an epoch, accuracy, matrix, where the run is, what to try next', async () => {
    const args = ['train', 'digits', '--limit', '300', '--epochs', '2', '--model', 'mlp', '--out', 'seen'];
    const { code, out, err } = await fathom(args, { cwd: folder });
    expect(code).toBe(0);
    expect(err).toBe('');
    expect([...out].filter((character) => character < ' ' && character !== '\n')).toEqual([]);
    expect(
      out.match(/^epoch [12]\/2 {2}loss [\d.]+, accuracy [\d.]+ %; validation loss .* images\/s\)$/gm),
    ).toHaveLength(2);
    expect(out).toMatch(/^Test accuracy [\d.]+ %/m);
    expect(out).toMatch(/^9( +[\d·]+){10} +[\d.]+ %$/m);
    expect(out).toMatch(/^Saved in seen$/m);
    expect(out).toContain('npx fathom predict seen photo.jpg');
  });
});
