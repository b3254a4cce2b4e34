import { spawnSync } from 'node:child_process';
import { copyFile, cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Finished, fathom, newFolder, smallMnist } from '../command.ts';

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
  await fathom(['train', 'digits', ...SMALL, '--out', 'run'], { cwd: folder });
});
afterAll(() => rm(folder, { recursive: true }));

const SMALL = ['--model', 'perceptron', '--limit', '100', '--epochs', '1'];
const run = (...args: string[]) => fathom(args, { cwd: folder });

/** One line that says what is wrong, no stack, nothing on standard output, and status 1. */
function expectRefusal({ code, out, err }: Finished, message: RegExp): void {
  expect(err).toMatch(message);
  expect(err).toMatch(/^error: .*\n$/);
  expect(out).toBe('');
  expect(code).toBe(1);
}

describe('a run that cannot be used', () => {
  it('is missing', async () => {
    expectRefusal(
      await run('eval', 'nowhere/run', 'digits'),
      /there is no run at nowhere\/run: expected a folder/,
    );
    expectRefusal(await run('predict', 'nowhere/run', 'a.png'), /there is no run at nowhere\/run/);
    expectRefusal(await run('summary', 'nowhere/run'), /there is no run at nowhere\/run/);
  });

  it.each<[string, (path: string) => Promise<void>, RegExp]>([
    [
      'a record that is no JSON',
      (path) => writeFile(join(path, 'run.json'), '{'),
      /the run is damaged \(.*run\.json\)/,
    ],
    ['another kind of record', (path) => writeFile(join(path, 'run.json'), '[]'), /received no JSON object/],
    ['truncated weights', (path) => truncate(join(path, 'weights.safetensors'), 500), /weights\.safetensors/],
    ['no weights', (path) => rm(join(path, 'weights.safetensors')), /weights\.safetensors/],
    ['no model', (path) => rm(join(path, 'model.json')), /model\.json/],
    [
      'weights of another run',
      (path) => flipLastBit(join(path, 'weights.safetensors')),
      /damaged: expected weights with the SHA-256/,
    ],
  ])('has %s', async (_what, damage, message) => {
    const path = join(folder, 'damaged');
    await rm(path, { recursive: true, force: true });
    await cp(join(folder, 'run'), path, { recursive: true });
    await damage(path);
    expectRefusal(await run('eval', 'damaged', 'digits', '--limit', '10'), message);
  });
});

async function flipLastBit(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length - 1]! ^= 1;
  await writeFile(path, bytes);
}

describe('a picture that cannot be used', () => {
  it('is missing, a folder, or no picture', async () => {
    expectRefusal(await run('predict', 'run', 'no.png'), /there is no such file \(no\.png\)/);
    expectRefusal(await run('predict', 'run', '.'), /this is no file \(\.\)/);
    await writeFile(join(folder, 'text.png'), 'seven');
    expectRefusal(await run('predict', 'run', 'text.png'), /this is not a picture \(text\.png\)/);
  });
});

describe('data that cannot be used', () => {
  const IMAGES = 'train-images-idx3-ubyte.gz';
  const LABELS = 'train-labels-idx1-ubyte.gz';

  it.each<[string, (mnist: string) => Promise<void>, RegExp]>([
    ['is cut off', (mnist) => truncate(join(mnist, IMAGES), 3000), /train-images-idx3-ubyte\.gz/],
    [
      'unpacks to far more than it may',
      (mnist) => writeFile(join(mnist, LABELS), gzipSync(Buffer.alloc(1 << 25))),
      /unpacks to more than it may .*gzip bomb/,
    ],
    [
      'lies about its length',
      (mnist) => writeFile(join(mnist, LABELS), lyingLabels()),
      /train-labels-idx1-ubyte\.gz/,
    ],
    [
      'mixes up images and labels',
      (mnist) => copyFile(join(mnist, LABELS), join(mnist, IMAGES)),
      /images and labels are not mixed up/,
    ],
    [
      'has a label out of range',
      (mnist) => writeFile(join(mnist, LABELS), labels(200, 10)),
      /a label is out of range .*expected an integer in \[0, 10\), received 10/,
    ],
    ['is empty', (mnist) => writeFile(join(mnist, LABELS), labels(0, 0)), /empty/],
    [
      'lacks a file',
      (mnist) => rm(join(mnist, LABELS)),
      /MNIST is incomplete .*without train-labels-idx1-ubyte/,
    ],
  ])('%s', async (_what, damage, message) => {
    const home = await newFolder();
    try {
      const env = { FATHOM_DATA: await smallMnist(home, { train: 200, test: 20 }) };
      await damage(join(env.FATHOM_DATA, 'mnist'));
      expectRefusal(await fathom(['train', 'mnist', ...SMALL, '--out', 'out'], { cwd: home, env }), message);
      expect(await readdir(home)).toEqual(['data']);
    } finally {
      await rm(home, { recursive: true });
    }
  });

  function labels(count: number, value: number): Buffer {
    const header = Buffer.from([0, 0, 8, 1, 0, 0, 0, 0]);
    header.writeUInt32BE(count, 4);
    return gzipSync(Buffer.concat([header, Buffer.alloc(count, value)]));
  }

  function lyingLabels(): Buffer {
    return gzipSync(Buffer.concat([Buffer.from([0, 0, 8, 1, 0, 0, 0xff, 0xff]), Buffer.alloc(200)]));
  }
});

describe('training that cannot go on', () => {
  it('stops when the loss is no number, and leaves nothing', async () => {
    const args = [
      'train',
      'digits',
      '--model',
      'nan.ts',
      '--optimizer',
      'sgd',
      '--lr',
      '1e30',
      '--limit',
      '100',
    ];
    await writeFile(
      join(folder, 'nan.ts'),
      `import { dense, flatten, sequential } from 'fathom';
       export default sequential([flatten({ inputShape: [28, 28, 1] }), dense({ units: 9 }), dense({ units: 10 })]);`,
    );
    const { code, err } = await run(...args, '--out', 'nan');
    expect(err).toMatch(
      /error: training failed in epoch 1, step \d+: expected a finite loss; received (NaN|Infinity)/,
    );
    expect(code).toBe(1);
    expect(await readdir(folder)).not.toContain('nan');
  });
});

describe('--out', () => {
  it('is refused before training when it is a file, lies in one, or holds something else', async () => {
    await writeFile(join(folder, 'file'), '');
    await mkdir(join(folder, 'full'), { recursive: true });
    await writeFile(join(folder, 'full', 'thesis.tex'), '');
    const train = (out: string) => run('train', 'digits', ...SMALL, '--out', out);
    expectRefusal(await train('file'), /--out file: expected a folder.*Choose another --out/);
    expectRefusal(await train('file/run'), /Choose another/);
    expectRefusal(await train('full'), /--out full: .*received one with other files \(thesis\.tex\)/);
    expect(await readdir(join(folder, 'full'))).toEqual(['thesis.tex']);
  });

  // Only root may mount a disk that is too small; everybody else is shown the same by the tests of runFolder.
  it.runIf(process.getuid?.() === 0 && canMount())(
    'is refused before training when the disk is too small, and nothing is left on it',
    async () => {
      const disk = join(folder, 'disk');
      await mkdir(disk);
      expect(mount('-t', 'tmpfs', '-o', 'size=64k', 'none', disk)).toBe(true);
      try {
        expectRefusal(
          await run('train', 'digits', ...SMALL, '--model', 'mlp', '--out', 'disk/run'),
          /the disk is full/,
        );
        expect(await readdir(disk)).toEqual([]);
      } finally {
        spawnSync('umount', [disk]);
      }
    },
  );
});

function mount(...args: string[]): boolean {
  return spawnSync('mount', args).status === 0;
}

/** Containers often forbid it even to root. */
function canMount(): boolean {
  const probe = spawnSync('sh', [
    '-c',
    'd=$(mktemp -d) && mount -t tmpfs -o size=64k none "$d" && umount "$d"; rmdir "$d"',
  ]);
  return probe.status === 0;
}
