import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { syntheticDigits } from 'fathom';
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
