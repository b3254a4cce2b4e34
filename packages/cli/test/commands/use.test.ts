import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syntheticDigits } from 'fathom';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fathom, jsonOf, newFolder, smallMnist } from '../command.ts';

type Trained = { test: { loss: number; accuracy: number } };
type Predicted = {
  classes: string[];
  predictions: {
    file: string;
    class: string;
    probability: number;
    probabilities: number[];
    inverted: boolean;
  }[];
};

let folder: string;
let trained: Trained;
beforeAll(async () => {
  folder = await newFolder();
  const args = [
    'train',
    'digits',
    '--model',
    'mlp',
    '--limit',
    '2000',
    '--epochs',
    '6',
    '--out',
    'run',
    '--json',
  ];
  trained = jsonOf<Trained>(await fathom(args, { cwd: folder }));
});
afterAll(() => rm(folder, { recursive: true }));

const run = (...args: string[]) => fathom(args, { cwd: folder });

describe('fathom eval', () => {
  it('finds the figures that training has found, on either backend', async () => {
    const [wasm, reference] = [
      jsonOf<Trained & { confusion: number[][] }>(
        await run('eval', 'run', 'digits', '--limit', '2000', '--json'),
      ),
      jsonOf<Trained>(
        await run('eval', 'run', 'digits', '--limit', '2000', '--backend', 'reference', '--json'),
      ),
    ];
    expect(wasm).toMatchObject({
      run: 'run',
      data: 'digits',
      backend: expect.stringMatching(/^(native|wasm)$/),
      samples: 2000,
    });
    expect(wasm.test).toEqual(trained.test);
    expect(wasm.confusion.flat().reduce((sum, n) => sum + n, 0)).toBe(2000);
    expect(reference.test.accuracy).toBeCloseTo(trained.test.accuracy, 2);
    expect(reference.test.loss).toBeCloseTo(trained.test.loss, 4);
  });

  it('tests on another data set, and prints a matrix for people', async () => {
    const env = { FATHOM_DATA: await smallMnist(folder) };
    const { code, out } = await fathom(['eval', 'run', 'mnist'], { cwd: folder, env });
    expect(code).toBe(0);
    expect(out).toMatch(
      /mlp, trained on digits; tested on MNIST[\s\S]*Test accuracy [\d.]+ %[\s\S]*recognised/,
    );
  });
});

describe('fathom predict', () => {
  /** Digits as files: small and grey, large and dark on light, coloured JPEG. */
  async function writePictures(): Promise<{ file: string; label: number }[]> {
    const { images, labels } = syntheticDigits({ seed: 77, count: 12 });
    const files: { file: string; label: number }[] = [];
    for (let i = 0; i < labels.length; i++) {
      const raw = { width: 28, height: 28, channels: 1 } as const;
      const grey = sharp(Buffer.from(images.slice(i * 784, (i + 1) * 784)), { raw });
      const file = join(folder, `picture${i}.${i % 3 === 2 ? 'jpg' : 'png'}`);
      if (i % 3 === 0) await grey.png().toFile(file);
      else if (i % 3 === 1) {
        const large = await grey.negate().resize(300, 300).png().toBuffer();
        await sharp(large).extend({ top: 40, left: 90, background: '#fff' }).png().toFile(file);
      } else await grey.resize(200, 200).tint('#ffd040').jpeg().toFile(file);
      files.push({ file, label: labels[i]! });
    }
    return files;
  }

  it('recognises pictures of any size and colour, also inverted ones', async () => {
    const pictures = await writePictures();
    const answer = jsonOf<Predicted>(
      await run('predict', 'run', ...pictures.map(({ file }) => file), '--json'),
    );
    expect(answer.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(answer.predictions.map(({ file }) => file)).toEqual(pictures.map(({ file }) => file));
    expect(answer.predictions.map(({ inverted }) => inverted)).toEqual(pictures.map((_, i) => i % 3 === 1));
    for (const { probabilities, probability, class: name } of answer.predictions) {
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 5);
      expect(Math.max(...probabilities)).toBe(probability);
      expect(probabilities[Number(name)]).toBe(probability);
    }
    const right = answer.predictions.filter((found, i) => found.class === String(pictures[i]!.label));
    expect(right.length).toBeGreaterThanOrEqual(8);
  });

  it('goes on with the other pictures when one is no picture, and ends with 1', async () => {
    const [good] = await writePictures();
    const corrupt = join(folder, 'corrupt.png');
    await writeFile(corrupt, (await readFile(good!.file)).subarray(0, 60));
    const { code, out, err } = await run('predict', 'run', corrupt, good!.file);
    expect(out).toMatch(/picture0\.png {2}\d \([\d.]+ %\) {2}or \d \(/);
    expect(err).toMatch(/error: the picture is damaged \(.*corrupt\.png\)/);
    expect(err).toMatch(/1 of 2 pictures could not be used/);
    expect(code).toBe(1);
  });
});

describe('fathom summary', () => {
  it('shows a model by name: layers, shapes, parameters', async () => {
    const { code, out } = await run('summary', 'lenet5');
    expect(out).toMatch(/conv2d_1 \(conv2d\).*\(None, 10, 10, 16\).*2,416/);
    expect(out).toContain('Total params: 61,706');
    expect(code).toBe(0);
    const { parameters, layers } = jsonOf<{ parameters: number; layers: { parameters: number }[] }>(
      await run('summary', 'cnn', '--json'),
    );
    expect(parameters).toBe(34826);
    expect(layers.reduce((sum, layer) => sum + layer.parameters, 0)).toBe(34826);
  });

  it('shows a run: how it was trained and how it went', async () => {
    const { code, out } = await run('summary', 'run');
    expect(out).toContain('Total params: 101,770');
    expect(out).toContain('mlp on digits');
    expect(out).toContain('adam, learning rate 0.001, batch 32, seed 0');
    expect(out.match(/^[1-6] +\d\.\d{4} +[\d.]+ % +\d\.\d{4} +[\d.]+ % +[\d.]+ s$/gm)).toHaveLength(6);
    expect(out).toContain(`Test accuracy ${(trained.test.accuracy * 100).toFixed(2)} %`);
    expect(code).toBe(0);
  });
});

describe('fathom data', () => {
  it('describes a data set', async () => {
    const env = { FATHOM_DATA: await smallMnist(folder) };
    const { code, out } = await fathom(['data', 'info', 'mnist'], { cwd: folder, env });
    expect(out).toMatch(/samples of shape \[28, 28, 1\], 10 classes/);
    expect(out).toMatch(/training +200 .*0 … 255/);
    expect(code).toBe(0);
    const info = jsonOf<{ train: { count: number; classes: { count: number }[] } }>(
      await run('data', 'info', 'digits', '--json'),
    );
    expect(info.train.count).toBe(30000);
    expect(info.train.classes.map(({ count }) => count)).toEqual(new Array(10).fill(3000));
  });

  it('writes a sheet of images', async () => {
    const args = [
      'data',
      'preview',
      'digits',
      '--rows',
      '2',
      '--columns',
      '6',
      '--out',
      'sheet.png',
      '--json',
    ];
    const sheet = jsonOf<{ out: string; width: number; height: number; shown: number }>(await run(...args));
    expect(sheet).toMatchObject({ out: join(folder, 'sheet.png'), shown: 12 });
    expect(await sharp(sheet.out).metadata()).toMatchObject({
      format: 'png',
      width: sheet.width,
      height: sheet.height,
    });
  });

  it('fetches nothing that is at hand', async () => {
    const env = { FATHOM_DATA: await smallMnist(folder) };
    const { code, out } = await fathom(['data', 'fetch', 'mnist'], { cwd: folder, env });
    expect(out).toMatch(/^MNIST from .*mnist: 200 training and 100 test images\.$/m);
    expect(code).toBe(0);
    expect((await run('data', 'fetch', 'digits')).out).toContain('nothing to fetch');
  });
});

describe('fathom info', () => {
  it('says what computes here', async () => {
    const facts = jsonOf<Record<string, unknown>>(await run('info', '--threads', '2', '--json'));
    const { available } = facts.native as { available: boolean };
    const backend = available ? 'native' : 'wasm';
    expect(facts).toMatchObject({ backend, threads: 2, simd: true, node: process.versions.node });
    const without = await fathom(['info', '--json'], { env: { CC: '/no/such/compiler' } });
    expect(jsonOf(without)).toMatchObject({ backend: 'wasm', native: { available: false } });
    const refused = await fathom(['info', '--backend', 'native'], { env: { CC: '/no/such/compiler' } });
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/native: .*CC names.*does not start.*wasm/);
    const { out } = await run('info', '--backend', 'reference');
    expect(out).toMatch(/^backend +reference: as asked for$/m);
    expect(out).toMatch(/^threads +1$/m);
  });
});
