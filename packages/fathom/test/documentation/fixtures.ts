import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createDataset, syntheticDigits } from '../../src/data/index.ts';
import { dense, flatten, sequential } from '../../src/index.ts';
import {
  backupAndRestore,
  csvLogger,
  loadModel,
  modelCheckpoint,
  readCheckpoint,
  SummaryWriter,
  saveModel,
  tensorBoard,
  writeFileAtomic,
} from '../../src/node.ts';
import { type Checkpoint, type Model, saveWeights } from '../../src/train/index.ts';

/**
 * What examples take for granted: data, a model that fits it, a page; and functions of the library that write files,
 * which put them in `folder`.
 */
export async function fixtures(folder: string): Promise<Fixtures> {
  const digits = syntheticDigits({ seed: 3, count: SAMPLES });
  const images = Float32Array.from(digits.images, (value) => value / 255);
  const y = Float32Array.from({ length: SAMPLES * CLASSES }, (_, i) =>
    i % CLASSES === digits.labels[Math.floor(i / CLASSES)] ? 1 : 0,
  );
  const model = sequential(
    [flatten({ inputShape: SHAPE }), dense({ units: CLASSES, activation: 'softmax' })],
    {
      seed: 0,
    },
  );
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  const at = (path: string) => join(folder, path);
  const data = {
    bytes: await saveWeights(model),
    canvas: { getImageData: (_x: number, _y: number, width: number, height: number) => inkOf(width, height) },
    checkpoint: CHECKPOINT,
    config: model.toConfig(),
    dataset: createDataset({
      name: 'digits',
      images: digits.images,
      labels: digits.labels,
      shape: SHAPE,
      classes: Array.from({ length: CLASSES }, (_, i) => `${i}`),
    }),
    image: images.subarray(0, 28 * 28),
    images,
    kernel: new Float32Array(3 * 3 * 8).fill(0.1),
    labels: digits.labels,
    model,
    network: model,
    testX: images,
    testY: y,
    x: images,
    y,
  };
  const functions = {
    console: { ...console, log: () => {} },
    fetch: async () => ({ arrayBuffer: async () => (await saveWeights(model)).slice().buffer }),
    saveModel: (saved: Model, path: string) => saveModel(saved, at(path)),
    loadModel: async (path: string) => {
      await saveModel(model, at(path));
      return loadModel(at(path));
    },
    backupAndRestore: (options: Parameters<typeof backupAndRestore>[0]) =>
      backupAndRestore({ ...options, directory: at(options.directory) }),
    csvLogger: (path: string) => csvLogger(at(path)),
    modelCheckpoint: (options: Parameters<typeof modelCheckpoint>[0]) =>
      modelCheckpoint({ ...options, filepath: at(options.filepath) }),
    readCheckpoint: (directory: string) => readCheckpoint(at(directory)),
    SummaryWriter: class extends SummaryWriter {
      constructor(directory: string) {
        super(at(directory));
      }
    },
    tensorBoard: (options: { logDir: string }) => tensorBoard({ ...options, logDir: at(options.logDir) }),
    writeFileAtomic: async (path: string, text: string) => {
      await mkdir(dirname(at(path)), { recursive: true });
      await writeFileAtomic(at(path), text);
    },
  };
  return { data, functions };
}

export interface Fixtures {
  readonly data: Readonly<Record<string, unknown>>;
  readonly functions: Readonly<Record<string, unknown>>;
}

const SHAPE = [28, 28, 1] as const;
const CLASSES = 10;
const SAMPLES = 20;

const CHECKPOINT: Checkpoint = {
  seed: 0,
  epoch: 1,
  batch: 0,
  stopped: false,
  data: { batchSize: 32, samples: SAMPLES, steps: 1 },
  weights: [],
  states: [],
  optimizer: { steps: 1, learningRate: 0.01, slots: [] },
  epochs: [0],
  history: { loss: [1] },
  figures: [],
  callbacks: [],
};

/** A black stroke on white, as `getImageData` gives it. */
function inkOf(width: number, height: number): { data: Uint8ClampedArray } {
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let row = Math.floor(height / 5); row < (4 * height) / 5; row++) {
    for (let column = Math.floor(0.45 * width); column < 0.55 * width; column++) {
      data.fill(0, 4 * (row * width + column), 4 * (row * width + column) + 3);
    }
  }
  return { data };
}
