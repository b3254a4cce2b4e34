import { decodeCheckpoint, encodeCheckpoint } from 'fathom';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { EpochFigures } from '../../src/engine/epochLog.ts';
import { trainingHandlers } from '../../src/engine/training.ts';
import type { OpenedRun, RunFile } from '../../src/engine/trainingTypes.ts';

beforeAll(async () => {
  vi.stubGlobal('navigator', { hardwareConcurrency: 2 });
  vi.stubGlobal('self', { postMessage: () => {} });
  await trainingHandlers['train/data']({ kind: 'digits', seed: 0, count: 400 });
});
afterAll(() => vi.unstubAllGlobals());

const settings = {
  layers: [
    { type: 'flatten' },
    { type: 'dense', units: 8, activation: 'relu' },
    { type: 'dropout', rate: 0.25 },
    { type: 'dense', units: 10, activation: 'softmax' },
  ],
  ...{ loss: 'sparseCategoricalCrossentropy', optimizer: 'adam', learningRate: 0.01, batchSize: 32 },
  ...{ seed: 5, l2: 0.001, patience: 0 },
};
/** 360 samples in batches of 32. */
const STEPS_AN_EPOCH = 12;

const bytesOf = (files: readonly RunFile[], name: string) => files.find((file) => file.name === name)!.bytes;
const textOf = (files: readonly RunFile[], name: string) => new TextDecoder().decode(bytesOf(files, name));

async function stepTo(steps: number): Promise<RunFile[]> {
  for (;;) {
    const report = await trainingHandlers['train/step'](null);
    if (report.steps === steps) return trainingHandlers['train/export']({ steps, lab: null });
  }
}

function runOf(files: readonly RunFile[], checkpoint = bytesOf(files, 'checkpoint.safetensors')): OpenedRun {
  return { config: textOf(files, 'model.json'), weights: bytesOf(files, 'weights.safetensors'), checkpoint };
}

/** Without the time, which no two runs take the same. */
function epochsOf(files: readonly RunFile[]) {
  const { epochs } = JSON.parse(textOf(files, 'run.json')) as { epochs: EpochFigures[] };
  return epochs.map(({ seconds: _, ...figures }) => figures);
}

describe('a run that is opened in the middle of an epoch', () => {
  const [left, end] = [STEPS_AN_EPOCH + 5, 2 * STEPS_AN_EPOCH];
  let saved: RunFile[];
  let whole: ReturnType<typeof epochsOf>;
  let told: { loss: number; accuracy: number };

  beforeAll(async () => {
    await trainingHandlers['train/reset'](settings);
    saved = await stepTo(left);
    told = (await trainingHandlers['train/pause'](null)).training;
    whole = epochsOf(await stepTo(end));
    expect(whole).toHaveLength(2);
  });

  it('averages over the whole epoch, to the bits of one that was not left', async () => {
    const { report, note } = await trainingHandlers['train/reset']({ ...settings, from: runOf(saved) });
    expect(note).toBe('');
    expect(report.steps).toBe(left);
    expect(report.training).toEqual(told);
    // Saved and opened once more on the way.
    const again = await stepTo(left + 3);
    await trainingHandlers['train/reset']({ ...settings, from: runOf(again) });
    expect(epochsOf(await stepTo(end))).toEqual(whole);
  });

  it('says that it covers the rest alone where what was saved does not tell', async () => {
    const state = decodeCheckpoint(bytesOf(saved, 'checkpoint.safetensors'));
    const old = encodeCheckpoint({ ...state, figures: [], callbacks: [] });
    const { report, note } = await trainingHandlers['train/reset']({ ...settings, from: runOf(saved, old) });
    expect(note).toContain('saved after 5 batches of epoch 2, without what they measured');
    expect(report.training.loss).toBeNaN();
    const [first, second] = epochsOf(await stepTo(end));
    expect(first).toEqual(whole[0]);
    expect(second!.loss).not.toBe(whole[1]!.loss);
    expect(second!.valLoss).toBe(whole[1]!.valLoss);
  });
});
