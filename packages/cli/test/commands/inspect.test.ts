import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  inspect,
  layers,
  losses,
  type Model,
  model,
  sequential,
  standardizeRow,
  syntheticDigits,
} from 'fathom';
import { saveModel } from 'fathom/node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { weightsSha256 } from '../../src/training.ts';
import { fathom, jsonOf, newFolder } from '../command.ts';

const REFERENCE = { backend: 'reference' } as const;

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

const colours = (name: string) =>
  sharp(RED, { raw: { width: 8, height: 8, channels: 3 } })
    .png()
    .toFile(join(folder, name));

/** A run as `fathom train` and the lab save it. */
async function saveRun(name: string, model: Model, data: Record<string, unknown>): Promise<void> {
  await saveModel(model, join(folder, name));
  const record = {
    format: 1,
    model: model.name,
    data: { name: 'examples', ...data },
    options: { seed: 0 },
    weightsSha256: await weightsSha256(model),
  };
  await writeFile(join(folder, name, 'run.json'), JSON.stringify(record));
}

/** The first cells of a table of the page, row by row. */
function cellsOf(html: string, caption: string): string[] {
  const [body] = /<tbody>.*?<\/tbody>/s.exec(html.slice(html.indexOf(`<caption>${caption}</caption>`)))!;
  return Array.from(body.matchAll(/<\/th><td>([^<]*)/g), ([, cell]) => cell!);
}

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
    await colours('red.png');
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

  it('shows the loss that each output was trained with, and where a convolution speaks for a class', async () => {
    const trained = two();
    trained.compile({
      loss: [losses.sparseCategoricalCrossentropy(), losses.logCosh()] as never,
      lossWeights: [0.25, 2],
      ...REFERENCE,
    });
    await saveModel(trained, join(folder, 'trained'));
    const files = ['trained', 'red.png', 'facts.csv', '--row', '1'];
    const page = async (...args: string[]) => {
      expect(await run(...files, ...args)).toMatchObject({ code: 0, err: '' });
      return readFile(join(folder, 'inspect.html'), 'utf8');
    };
    const lossIn = (html: string) =>
      Number(/<p class="formula">L = .*= ([^<]*)<\/p>/.exec(html)![1]!.replace('−', '-'));
    const kind = await page('--class', '2');
    expect(kind).toContain('Grad-CAM: where in picture conv2d speaks for 2');
    expect(kind).toContain('sparseCategoricalCrossentropy, times 0.25');
    const expected = await inspect.gradients(trained, x, 2, REFERENCE);
    expect(lossIn(kind)).toBeCloseTo(expected.loss, 3);
    const size = await page('--output', 'size', '--target=-1.5');
    expect(size).toContain('logCosh, times 2');
    const options = { ...REFERENCE, output: 1 };
    expect(lossIn(size)).toBeCloseTo((await inspect.gradients(trained, x, -1.5, options)).loss, 2);
    expect(await page('--output', 'size')).not.toContain('and its gradients');
  });

  it.each([
    ['by name', (columns: readonly unknown[]) => ({ facts: columns })],
    ['as a list', (columns: readonly unknown[]) => columns],
  ])('standardizes the rows of an input by what the run has stored %s', async (_how, stored) => {
    const columns = ['a', 'b', 'c'].map((name, i) => ({ name, mean: i - 1, std: 0.5 + i }));
    await saveRun('scaled', two(), { classes: [], columns: stored(columns) });
    const files = ['scaled', 'red.png', 'facts.csv', '--row', '1'];
    expect(await run(...files, '--output', 'kind')).toMatchObject({ code: 0, err: '' });
    const html = await readFile(join(folder, 'inspect.html'), 'utf8');
    expect(html).toContain('row 1 of facts.csv, each column standardized as in training');
    expect(valuesIn(html, 'facts: what goes in')).toEqual([0.5, -1, 2]);
    const row = standardizeRow([0.5, -1, 2], columns);
    valuesIn(html, 'facts: what goes in', 1).forEach((value, i) => {
      expect(value).toBeCloseTo(row[i]!, 2);
    });
    const given = [x[0]!, { data: row, shape: [1, 3] }];
    const all = await inspect.activations(two(), given, { backend: 'reference' });
    const p = inspect.answers(two(), all)[0]!.probabilities;
    expect(html).toContain(`(${(100 * Math.max(...p)).toFixed(1)} %)`);
  });

  it.each<[string, string[], RegExp, number]>([
    ['target', ['two', 'red.png', 'facts.csv', '--target', '1,x'], /--target: expected numbers .* '1,x'/, 2],
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

describe('fathom inspect of a colour picture', () => {
  const make = () =>
    sequential(
      [
        layers.conv2d({ filters: 3, kernelSize: 3, activation: 'relu', inputShape: [8, 8, 3] }),
        layers.maxPooling2d(),
        layers.flatten(),
        layers.dense({ units: 3, activation: 'softmax' }),
      ],
      { name: 'colours', seed: 4 },
    );
  beforeAll(async () => {
    await saveRun('colours', make(), { classes: ['cat', 'dog', 'fish'] });
    await colours('colours.png');
  });

  it('has the numbers of the library, from the file to the page', async () => {
    expect(await run('colours', 'colours.png', '--class', 'dog')).toMatchObject({ code: 0, err: '' });
    const html = await readFile(join(folder, 'inspect.html'), 'utf8');
    const x = { data: Float32Array.from(RED, (value) => value / 255), shape: [1, 8, 8, 3] };
    const all = await inspect.activations(make(), x, REFERENCE);
    const [{ probabilities }] = inspect.answers(make(), all) as [inspect.Answer];
    const classes = ['cat', 'dog', 'fish'];
    const ranked = [...probabilities].sort((a, b) => b - a).map((p) => `${(100 * p).toFixed(1)} %`);
    const best = classes[probabilities.indexOf(Math.max(...probabilities))];
    expect(html).toContain(`Prediction: ${best} (${ranked[0]})`);
    expect(cellsOf(html, 'What the network says')).toEqual(ranked);
    expect(html).toContain('Saliency for dog');
    expect(html).toContain('Grad-CAM: where conv2d speaks for dog');
    // The input is there in colour, pixel for pixel.
    const [, png] = /<img[^>]*alt="the picture as the network gets it[^>]*"[^>]*>/
      .exec(html)![0]
      .match(/src="data:image\/png;base64,([^"]+)"/)!;
    const { data, info } = await sharp(Buffer.from(png!, 'base64'))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 8, height: 8, channels: 3 });
    expect(Uint8Array.from(data)).toEqual(RED);
    // The strongest number of the convolution, written out.
    const maps = all.layers.find(({ id }) => id === 'conv2d')!;
    const at = maps.values.indexOf(maps.range.max);
    const place = [Math.floor(at / 18), Math.floor(at / 3) % 6, at % 3];
    expect(html).toContain(`written out: [${place.join(', ')}] = ${maps.range.max.toPrecision(3)}`);
  });

  it('brings a picture of another size, with alpha, to what the network takes', async () => {
    const wide = sharp(RED, { raw: { width: 8, height: 8, channels: 3 } }).ensureAlpha();
    await wide.resize(40, 24, { fit: 'fill' }).webp().toFile(join(folder, 'wide.webp'));
    expect(await run('colours', 'wide.webp')).toMatchObject({ code: 0, err: '' });
    expect(await run('colours', 'text.png')).toMatchObject({ code: 1, out: '' });
  });
});

describe('fathom inspect of a row of a CSV file', () => {
  const make = () =>
    sequential(
      [
        layers.dense({ units: 4, activation: 'tanh', inputShape: [3] }),
        layers.dense({ units: 2, activation: 'softmax' }),
      ],
      { name: 'rows', seed: 5 },
    );
  const columns = [
    { name: 'age', mean: 40, std: 8 },
    { name: 'income, net', mean: 2500, std: 1250 },
    { name: 'visits', mean: 3, std: 0 },
  ];
  const CSV = 'id;"income, net";visits;age\n1;1000;3;52\n2;4375,5;3;41\n3;;3;30\n'.replace(
    '4375,5',
    '4375.5',
  );
  beforeAll(async () => {
    await saveRun('rows', make(), { classes: ['stays', 'leaves'], columns });
    await saveRun('plain', make(), { classes: ['stays', 'leaves'] });
    await writeFile(join(folder, 'rows.csv'), CSV);
  });

  const expected = async (row: Float32Array) => {
    const all = await inspect.activations(make(), { data: row, shape: [1, 3] }, REFERENCE);
    return inspect.answers(make(), all)[0]!.probabilities;
  };

  it('takes the columns by their names and standardizes them as training did', async () => {
    expect(await run('rows', 'rows.csv', '--row', '1')).toMatchObject({ code: 0, err: '' });
    const html = await readFile(join(folder, 'inspect.html'), 'utf8');
    const row = standardizeRow([41, 4375.5, 3], columns);
    expect([...row].map((value) => value.toFixed(4))).toEqual(['0.1250', '1.5004', '0.0000']);
    expect(html).toContain('row 1 of rows.csv, each column standardized as in training');
    expect(valuesIn(html, 'input: what goes in')).toEqual([41, 4375.5, 3]);
    expect(valuesIn(html, 'input: what goes in', 1)).toEqual([0.125, 1.5, 0]);
    const probabilities = await expected(row);
    const best = Number(probabilities[1]! > probabilities[0]!);
    expect(html).toContain(
      `Prediction: ${['stays', 'leaves'][best]} (${(100 * probabilities[best]!).toFixed(1)} %)`,
    );
  });

  it('takes numbers as they are written where the run does not say more', async () => {
    await writeFile(join(folder, 'plain.csv'), 'a,b,c,label\n0.5,-1,2,1\n');
    expect(await run('plain', 'plain.csv')).toMatchObject({ code: 0, err: '' });
    const html = await readFile(join(folder, 'inspect.html'), 'utf8');
    expect(html).toContain('nothing is known of how columns were scaled for training');
    expect(valuesIn(html, 'input: what goes in')).toEqual([0.5, -1, 2]);
    const ranked = [...(await expected(Float32Array.of(0.5, -1, 2)))].sort((a, b) => b - a);
    expect(cellsOf(html, 'What the network says')).toEqual(ranked.map((p) => `${(100 * p).toFixed(1)} %`));
  });

  it.each<[string, string[], RegExp]>([
    ['gap in the row', ['rows', 'rows.csv', '--row', '2'], /rows\.csv, row 2, column income, net\)/],
    ['row that is not there', ['rows', 'rows.csv', '--row', '3'], /rows\.csv, row 3\): .* received 3 rows/],
    ['file that is not there', ['rows', 'no.csv'], /cannot read no\.csv/],
    ['record that is damaged', ['damaged', 'rows.csv'], /data\.columns without name, mean and std of each/],
  ])('refuses a %s', async (_what, args, message) => {
    await saveRun('damaged', make(), { classes: ['stays', 'leaves'], columns: [{ name: 'age' }] });
    const { code, out, err } = await run(...args);
    expect(err).toMatch(message);
    expect([code, out]).toEqual([1, '']);
  });
});
