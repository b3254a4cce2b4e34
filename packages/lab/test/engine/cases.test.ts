import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EpochFigures } from '../../src/engine/epochLog.ts';
import type { FromEngine } from '../../src/engine/protocol.ts';
import { trainingHandlers } from '../../src/engine/training.ts';
import type { TrainingProgress, TrainingSettings } from '../../src/engine/trainingTypes.ts';
import { CASES, isSet } from '../../src/rooms/train/cases.ts';
import { decodeStack } from '../../src/rooms/train/stack.ts';

let listen: (progress: TrainingProgress) => void = () => {};

beforeAll(() => {
  vi.stubGlobal('navigator', { hardwareConcurrency: 2 });
  vi.stubGlobal('self', {
    postMessage: (message: FromEngine) => {
      if ('event' in message && message.event === 'train/progress')
        listen(message.detail as TrainingProgress);
    },
  });
});
afterAll(() => {
  vi.unstubAllGlobals();
});

const [overfitting, underfitting] = [CASES[0]!, CASES[1]!];
type Change = Readonly<Record<string, string | null>>;

/** Plays as the page does, with the settings of its URL, until so many epochs are done or it stops by itself. */
async function learned(url: Change, epochs: number) {
  const count = Number(url.samples);
  await trainingHandlers['train/data']({ kind: 'digits', seed: 0, count });
  const settings: TrainingSettings = {
    layers: decodeStack(url.layers!),
    loss: 'sparseCategoricalCrossentropy',
    optimizer: 'adam',
    learningRate: 0.001,
    batchSize: 32,
    seed: 0,
    l2: Number(url.l2 ?? 0),
    patience: Number(url.patience ?? 0),
  };
  await trainingHandlers['train/reset'](settings);
  const last = await new Promise<TrainingProgress>((resolve) => {
    listen = (progress) => {
      if (progress.epochs >= epochs || progress.stopped) resolve(progress);
    };
    void trainingHandlers['train/play'](null);
  });
  listen = () => {};
  await trainingHandlers['train/pause'](null);
  // Also where no step has been done since the report before.
  const { steps, training } = await trainingHandlers['train/pause'](null);
  expect(training.loss).toBeGreaterThan(0);
  const files = await trainingHandlers['train/export']({ steps, lab: null });
  const { bytes } = files.find(({ name }) => name === 'run.json')!;
  const record = JSON.parse(new TextDecoder().decode(bytes)) as { epochs: EpochFigures[] };
  return { stopped: last.stopped, epochs: record.epochs };
}

/** Validation − training, in loss, after an epoch. */
const gapOf = ({ loss, valLoss }: EpochFigures) => valLoss - loss;

describe('the case of overfitting', () => {
  const EPOCHS = 40;
  let plain: readonly EpochFigures[];
  beforeAll(async () => {
    plain = (await learned(overfitting.settings, EPOCHS)).epochs;
  });

  it('shows a gap between training and validation that grows', () => {
    const [early, late] = [plain[2]!, plain[EPOCHS - 1]!];
    expect(late.accuracy).toBe(1);
    expect(late.loss).toBeLessThan(0.05);
    expect(late.valLoss).toBeGreaterThan(5 * late.loss);
    expect(gapOf(late)).toBeGreaterThan(gapOf(early));
  });

  it.each(['data', 'dropout', 'l2'])('is less with the remedy %s', async (id) => {
    const { on } = overfitting.remedies.find((one) => one.id === id)!;
    const epochs = id === 'data' ? EPOCHS / 4 : EPOCHS;
    const helped = await learned({ ...overfitting.settings, ...on }, epochs);
    expect(gapOf(helped.epochs[epochs - 1]!)).toBeLessThan(0.8 * gapOf(plain[EPOCHS - 1]!));
  });
});

describe('early stopping', () => {
  it('stops when the validation loss has not fallen for so many epochs, and names the best step', async () => {
    const settings = { ...overfitting.settings, patience: '1' };
    const { stopped, epochs } = await learned(settings, 400);
    expect(epochs.length).toBeLessThan(400);
    const losses = epochs.map(({ valLoss }) => valLoss);
    const best = losses.indexOf(Math.min(...losses));
    expect(best).toBe(epochs.length - 2);
    // 450 pictures in batches of 32.
    expect(stopped!.best).toBe(15 * (best + 1));
    expect(stopped!.why).toContain(`after epoch ${best + 1}`);
  });
});

describe('the case of underfitting', () => {
  it('leaves both losses high and near each other; a larger network does not', async () => {
    const poor = (await learned(underfitting.settings, 8)).epochs[7]!;
    expect(poor.accuracy).toBeLessThan(0.75);
    expect(Math.abs(gapOf(poor))).toBeLessThan(0.2 * poor.loss);
    const { on } = underfitting.remedies[0]!;
    const good = (await learned({ ...underfitting.settings, ...on }, 8)).epochs[7]!;
    expect(good.valLoss).toBeLessThan(0.5 * poor.valLoss);
    expect(good.valAccuracy).toBeGreaterThan(poor.valAccuracy + 0.15);
  });
});

it('a remedy can be seen to be on or off', () => {
  for (const { settings, remedies } of CASES) {
    for (const { on, off } of remedies) {
      const get = (change: Change) => (name: string) => ({ ...settings, ...change })[name] ?? null;
      expect(isSet(get(on), on)).toBe(true);
      expect(isSet(get(off), on)).toBe(false);
      expect(isSet(get({}), off)).toBe(true);
    }
  }
});
