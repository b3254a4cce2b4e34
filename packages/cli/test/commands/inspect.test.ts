import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect, layers, type Model, model, syntheticDigits } from 'fathom';
import { saveModel } from 'fathom/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fathom, jsonOf, newFolder } from '../command.ts';

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
  const limits = ['--limit', '600', '--epochs', '1'];
  jsonOf(
    await fathom(['train', 'digits', '--model', 'lenet5', ...limits, '--out', 'run', '--json'], {
      cwd: folder,
    }),
  );
  const { images } = syntheticDigits({ seed: 5, count: 1 });
  const picture = sharp(Uint8Array.from(images), { raw: { width: 28, height: 28, channels: 1 } });
  await picture.png().toFile(join(folder, 'digit.png'));
  await writeFile(join(folder, 'text.png'), 'no picture');
});
afterAll(() => rm(folder, { recursive: true }));

/** Pixels of a picture in colours. */
const RED = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i % 3 === 0 ? 250 : (7 * i) % 90));

/** The numbers of a table of the page, row by row. */
function valuesIn(html: string, caption: string, column = 0): number[] {
  const table = html.slice(html.indexOf(`<caption>${caption}</caption>`));
  const [body] = /<tbody>.*?<\/tbody>/s.exec(table)!;
  return Array.from(body.matchAll(/<tr><th[^>]*>[^<]*<\/th>(.*?)<\/tr>/g), ([, cells]) =>
    Number([...cells!.matchAll(/<td>([^<]*)/g)][column]![1]!.replace('−', '-')),
  );
}

const run = (...args: string[]) => fathom(['inspect', ...args], { cwd: folder });

describe('fathom inspect', () => {
  it('writes one page about a picture', async () => {
    const result = jsonOf<{ out: string; bytes: number }>(
      await run('run', 'digit.png', '--out', 'page.html', '--json'),
    );
    expect(result.out).toBe('page.html');
    const html = await readFile(join(folder, 'page.html'), 'utf8');
    expect(Buffer.byteLength(html)).toBe(result.bytes);
    expect(html).toContain('<title>digit.png, as lenet5 sees it</title>');
    expect(html).toMatch(/Prediction: \d \(/);
    expect(html).toContain('conv2d_1');
    expect(html).toMatch(/z = Σ x·w \+ b/);
  });

  it('shows what speaks for another class', async () => {
    const { code, out } = await run('run', 'digit.png', '--class', '7');
    expect(out).toMatch(/Wrote inspect\.html \(\d+ KB\)/);
    expect(code).toBe(0);
    expect(await readFile(join(folder, 'inspect.html'), 'utf8')).toContain('Saliency for 7');
  });

  it.each<[string, string[], RegExp, number]>([
    [
      'class',
      ['run', 'digit.png', '--class', 'seven'],
      /--class: expected one of 0, 1, .*; received 'seven'/,
      2,
    ],
    ['run', ['nowhere', 'digit.png'], /there is no run at nowhere/, 1],
    ['picture', ['run', 'text.png'], /this is not a picture/, 1],
    [
      'place to write to',
      ['run', 'digit.png', '--out', 'no/such/page.html'],
      /cannot write no\/such\/page\.html/,
      1,
    ],
    ['argument', ['run'], /missing required argument 'image'/, 2],
  ])('refuses another %s', async (_what, args, message, status) => {
    const { code, err, out } = await run(...args);
    expect(err).toMatch(message);
    expect(out).toBe('');
    expect(code).toBe(status);
  });
});

describe('fathom inspect of several inputs and outputs', () => {
  const two = () => {
    const [picture, row] = [
      layers.input({ shape: [8, 8, 3], name: 'picture' }),
      layers.input({ shape: [3], name: 'facts' }),
    ];
    const maps = layers.conv2d({ filters: 2, kernelSize: 3, activation: 'relu' })(picture!);
    const joined = layers.concatenate()([layers.flatten()(maps), row!]);
    const kind = layers.dense({ units: 3, activation: 'softmax', name: 'kind' })(joined);
    const size = layers.dense({ units: 1, name: 'size' })(joined);
    return model({ inputs: [picture!, row!], outputs: [kind, size], name: 'two', seed: 2 }) as never as Model;
  };
  const x = [
    { data: Float32Array.from(RED, (value) => value / 255), shape: [1, 8, 8, 3] },
    { data: Float32Array.of(0.5, -1, 2), shape: [1, 3] },
  ];
  beforeAll(async () => {
    await saveModel(two(), join(folder, 'two'));
    await sharp(RED, { raw: { width: 8, height: 8, channels: 3 } })
      .png()
      .toFile(join(folder, 'red.png'));
    await writeFile(join(folder, 'facts.csv'), 'a,b,c\n9,9,9\n0.5,-1,2\n');
  });

  it('takes a file for each, and explains the output that is named', async () => {
    const files = ['two', 'red.png', 'facts.csv', '--row', '1'];
    expect(await run(...files, '--output', 'kind')).toMatchObject({ code: 0, err: '' });
    const html = await readFile(join(folder, 'inspect.html'), 'utf8');
    const [kind, size] = inspect.answers(
      two(),
      await inspect.activations(two(), x, { backend: 'reference' }),
    );
    const best = kind!.probabilities.indexOf(Math.max(...kind!.probabilities));
    expect(html).toContain('<title>red.png and facts.csv, as two sees it</title>');
    expect(html).toContain(
      `Prediction of kind: ${best} (${(100 * kind!.probabilities[best]!).toFixed(1)} %)`,
    );
    expect(html).toContain('row 1 of facts.csv');
    expect(valuesIn(html, 'facts: what goes in')).toEqual([0.5, -1, 2]);
    const [, given] = /<th scope="row">size<\/th><td>([^<]*)/.exec(html)!;
    expect(Number(given!.replace('−', '-'))).toBeCloseTo(size!.values[0]!, 3);
    expect((await run(...files, '--output', '1')).code).toBe(0);
    expect(await readFile(join(folder, 'inspect.html'), 'utf8')).toContain('Input and result of size');
  });

  it.each<[string, string[], RegExp, number]>([
    [
      'number of files',
      ['two', 'red.png'],
      /expected 2 files, for picture \[8, 8, 3\], facts \[3\]; received 1/,
      2,
    ],
    [
      'output',
      ['two', 'red.png', 'facts.csv', '--output', 'kin'],
      /--output: expected one of kind, size, or a number 0…1; received 'kin'\. Did you mean 'kind'/,
      2,
    ],
    [
      'class of numbers',
      ['two', 'red.png', 'facts.csv', '--output', 'size', '--class', 'yes'],
      /size gives numbers/,
      1,
    ],
  ])('refuses another %s', async (_what, args, message, status) => {
    const { code, err } = await run(...args);
    expect(err).toMatch(message);
    expect(code).toBe(status);
  });
});
