import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend } from '../../../src/backends/reference/reference.ts';
import { dense, type History, sequential } from '../../../src/index.ts';
import { crc32c } from '../../../src/node/callbacks/tensorboard/crc32c.ts';
import { summaryEvent, versionEvent } from '../../../src/node/callbacks/tensorboard/events.ts';
import { histogram } from '../../../src/node/callbacks/tensorboard/histogram.ts';
import { toPicture, weightImage } from '../../../src/node/callbacks/tensorboard/picture.ts';
import { frameRecord } from '../../../src/node/callbacks/tensorboard/record.ts';
import { FileWriteError, SummaryWriter, tensorBoard } from '../../../src/node.ts';
import { clouds } from '../../train/data.ts';
import { type ReadValue, readEvents } from './readEvents.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fathom-board-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const data = clouds(20);

async function train(logDir: string, options = {}): Promise<{ history: History; weights: Float32Array[] }> {
  const model = sequential([dense({ units: 3, activation: 'softmax', inputShape: [2] })], { seed: 4 });
  model.compile({
    optimizer: 'sgd',
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
    backend: referenceBackend(),
  });
  const history = await model.fit(data.x, data.y, {
    epochs: 3,
    batchSize: 8,
    validationSplit: 0.2,
    callbacks: [tensorBoard({ logDir, ...options })],
  });
  return { history, weights: (await model.getWeights()).map((weight) => weight.data) };
}

const scalars = (values: readonly ReadValue[], tag: string) =>
  values.filter((value) => value.tag === tag).map(({ step, scalar }) => [step, scalar]);
const curve = (values: readonly number[]) => values.map((value, epoch) => [epoch, Math.fround(value)]);

describe('tensorBoard', () => {
  it('writes the figures of training and validation under the names that Keras gives them', async () => {
    const logDir = join(folder, 'figures');
    const { history } = await train(logDir);
    const training = readEvents(join(logDir, 'train'));
    const validation = readEvents(join(logDir, 'validation'));
    expect(scalars(training, 'epoch_loss')).toEqual(curve(history.history.loss!));
    expect(scalars(training, 'epoch_accuracy')).toEqual(curve(history.history.accuracy!));
    expect(scalars(training, 'epoch_learning_rate')).toEqual(curve([0.01, 0.01, 0.01]));
    expect(scalars(validation, 'epoch_loss')).toEqual(curve(history.history.valLoss!));
    expect(new Set(training.map(({ tag }) => tag)).size).toBe(3);
    expect(validation).toHaveLength(6);
  });

  it('writes figures of batches, histograms and images when it is asked to', async () => {
    const logDir = join(folder, 'all');
    const { weights } = await train(logDir, { updateFreq: 2, histogramFreq: 2, writeImages: true });
    const values = readEvents(join(logDir, 'train'));
    expect(scalars(values, 'batch_loss').map(([step]) => step)).toEqual([2, 4, 6]);
    const kernels = values.filter(({ tag }) => tag === 'dense/kernel/histogram');
    expect(kernels.map(({ step }) => step)).toEqual([0, 2]);
    const [kernel] = weights;
    const { numbers, counts } = kernels[1]!.histogram!;
    expect(numbers.slice(0, 3)).toEqual([Math.min(...kernel!), Math.max(...kernel!), 6]);
    expect(counts.reduce((a, b) => a + b)).toBe(6);
    const [, image] = values.filter(({ tag }) => tag === 'dense/kernel/image');
    const { width, height, png } = image!.image!;
    expect([width, height]).toEqual([3, 2]);
    const pixels = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect([pixels.info.width, pixels.info.height]).toEqual([3, 2]);
    const least = kernel!.indexOf(Math.min(...kernel!));
    expect(pixels.data[pixels.info.channels * least]).toBe(0);
  });

  it('says when its files cannot be written', async () => {
    await expect(train('/dev/null/board')).rejects.toThrow(FileWriteError);
  });

  it('checks its options', () => {
    expect(() => tensorBoard({ updateFreq: 0 })).toThrow('tensorBoard: updateFreq: expected an integer of 1');
    expect(() => tensorBoard({ histogramFreq: -1 })).toThrow('tensorBoard: histogramFreq');
  });
});

describe('SummaryWriter', () => {
  it('makes no file before there is something to write, and goes on behind a place', async () => {
    const directory = join(folder, 'places');
    const writer = new SummaryWriter(directory);
    await writer.flush();
    expect(existsSync(directory)).toBe(false);
    expect(await writer.place()).toBeUndefined();
    writer.scalar('a', 1, 1);
    const place = await writer.place();
    writer.scalar('a', 2, 2);
    await writer.flush();
    const again = new SummaryWriter(directory);
    await again.goOn(place);
    again.scalar('a', 3, 2);
    await again.flush();
    expect(await readdir(directory)).toHaveLength(1);
    expect(scalars(readEvents(directory), 'a')).toEqual([
      [1, 1],
      [2, 3],
    ]);
  });

  it('begins another file where the old one is shorter than it was, or gone', async () => {
    const directory = join(folder, 'shorter');
    const writer = new SummaryWriter(directory);
    await writer.goOn({ file: 'events.out.tfevents.gone', bytes: 3 });
    writer.scalar('a', 1, 1);
    await writer.flush();
    expect(readEvents(directory)).toEqual([{ step: 1, tag: 'a', scalar: 1 }]);
  });

  it('refuses what is no image', () => {
    const writer = new SummaryWriter(folder);
    expect(() => writer.image('x', { data: [1, 2], shape: [2] }, 0)).toThrow(
      "image 'x': expected an image [H, W], or [H, W, C] with 1, 3 or 4 channels; received [2] with 2 values.",
    );
  });
});

describe('the format of event files', () => {
  it('has the checksums of RFC 3720', () => {
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(0xff))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i))).toBe(0x46dd794e);
  });

  it("is what TensorBoard's own code writes, byte for byte", async () => {
    const { BinaryWriter } = await import('@bufbuild/protobuf/wire');
    const message = () => new BinaryWriter();
    const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
    const golden = JSON.parse(
      await readFile(new URL('../../golden/data/eventFiles.json', import.meta.url), 'utf8'),
    ) as Record<string, string>;
    expect(hex(frameRecord(versionEvent(message, 1.5)))).toBe(golden.version);
    expect(hex(frameRecord(summaryEvent(message, 2.5, 300, [{ tag: 'loss', scalar: 0.25 }])))).toBe(
      golden.scalar,
    );
    const counted = histogram([-1, 0, 0.5, 3], 4)!;
    expect(hex(summaryEvent(message, 2.5, 1, [{ tag: 'w', histogram: counted }]))).toBe(golden.histogram);
    const png = new Uint8Array([1, 2, 3]);
    const image = { width: 200, height: 3, channels: 4, png };
    expect(hex(summaryEvent(message, 2.5, 7, [{ tag: 'i', image }]))).toBe(golden.image);
  });
});

describe('histogram', () => {
  it('counts finite values in buckets of one width', () => {
    expect(histogram([0, 1, 2, 3, 4, Number.NaN, Infinity], 2)).toEqual({
      min: 0,
      max: 4,
      count: 5,
      sum: 10,
      sumOfSquares: 30,
      limits: [2, 4],
      counts: [2, 3],
    });
  });

  it('has one bucket for values that are all the same, and nothing for none', () => {
    expect(histogram([7, 7])).toMatchObject({ limits: [7], counts: [2] });
    expect(histogram([Number.NaN])).toBeUndefined();
  });
});

describe('images', () => {
  it('are stretched from the least value to the greatest; bytes stay', () => {
    expect([...toPicture({ data: [-1, 0, 1, Number.NaN], shape: [2, 2] }, 'x').pixels]).toEqual([
      0, 128, 255, 0,
    ]);
    expect([...toPicture({ data: new Uint8Array([3, 9]), shape: [1, 2, 1] }, 'x').pixels]).toEqual([3, 9]);
  });

  it('of weights lie on their longer side, and of kernels are sheets', () => {
    expect(weightImage([1, 2], [2])).toEqual({ data: [1, 2], shape: [1, 2] });
    expect(weightImage([1, 2, 3], [3, 1])).toEqual({ data: new Float32Array([1, 2, 3]), shape: [1, 3] });
    // 1×2 pixels, 1 input and 2 output channels: two kernels side by side, a gap as dark as the least value between.
    expect(weightImage([5, 6, 7, 8], [1, 2, 1, 2])).toEqual({
      data: new Float32Array([5, 7, 5, 6, 8]),
      shape: [1, 5],
    });
    expect(weightImage([1], [1, 1, 1])).toBeUndefined();
  });
});

/** A Python that has TensorBoard; where there is none, the golden bytes above stand for it. */
const PYTHON = process.env.FATHOM_PEERS_PYTHON ?? '/opt/peers/venv/bin/python';

describe.skipIf(!existsSync(PYTHON))("TensorBoard's own reader", () => {
  it('finds what was written', async () => {
    const logDir = join(folder, 'python');
    const { history } = await train(logDir, { histogramFreq: 1, writeImages: true });
    const directory = join(logDir, 'train');
    const writer = new SummaryWriter(directory);
    writer.image('digit', { data: Float32Array.from({ length: 12 }, (_, i) => i), shape: [3, 4] }, 5);
    await writer.flush();
    const script = fileURLToPath(new URL('./readEvents.py', import.meta.url));
    const { stdout } = await promisify(execFile)(PYTHON, [script, directory, join(logDir, 'validation')]);
    const [training, validation] = JSON.parse(stdout);
    expect(training.scalars.epoch_loss).toEqual(curve(history.history.loss!));
    expect(validation.scalars.epoch_accuracy).toEqual(curve(history.history.valAccuracy!));
    const own = readEvents(directory);
    const kernels = own.filter(({ tag }) => tag === 'dense/kernel/histogram');
    expect(training.histograms['dense/kernel/histogram']).toEqual(
      kernels.map(({ step, histogram: found }) => ({ step, ...found })),
    );
    const { image } = own.find(({ tag }) => tag === 'digit')!;
    const sha256 = createHash('sha256').update(image!.png).digest('hex');
    expect(training.images.digit).toEqual([[5, 4, 3, sha256]]);
    expect(training.images['dense/kernel/image']).toHaveLength(3);
  }, 180_000);
});
