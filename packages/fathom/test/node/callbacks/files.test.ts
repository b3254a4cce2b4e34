import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { referenceBackend } from '../../../src/backends/reference/reference.ts';
import {
  type Callback,
  DataError,
  dense,
  dropout,
  type FitOptions,
  type History,
  loadWeights,
  type Model,
  sequential,
} from '../../../src/index.ts';
import { fillPattern } from '../../../src/node/callbacks/filePattern.ts';
import {
  backupAndRestore,
  csvLogger,
  FileWriteError,
  loadModel,
  modelCheckpoint,
  readCheckpoint,
  saveModel,
} from '../../../src/node.ts';
import { clouds } from '../../train/data.ts';

let root: string;
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'fathom-callbacks-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));
const newPath = () => join(root, `place-${made++}`);

const data = clouds(12);

function network(): Model {
  const model = sequential(
    [dense({ units: 4, activation: 'relu', inputShape: [2] }), dropout({ rate: 0.2 }), dense({ units: 3 })],
    { seed: 1 },
  );
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError', backend: referenceBackend() });
  return model;
}

const fit = (model: Model, callbacks: readonly Callback[], options: FitOptions = {}): Promise<History> =>
  model.fit(data.x, data.oneHot, { epochs: 3, batchSize: 4, callbacks, ...options });

/** Throws in the middle of epoch 1, as a process that dies. */
const dies: Callback = {
  onBatchBegin(batch, run) {
    if (batch === 1 && run.initialEpoch === 0 && died++ === 1) throw new Error('died');
  },
  onTrainBegin() {
    died = 0;
  },
};
let died = 0;

describe('csvLogger', () => {
  it('writes a header and a row for each epoch, with all digits', async () => {
    const path = join(newPath(), 'log.csv');
    const { history } = await fit(network(), [csvLogger(path)], { validationSplit: 0.25 });
    const text = await readFile(path, 'utf8');
    expect(text.endsWith('\r\n')).toBe(true);
    const rows = text.trimEnd().split('\r\n');
    expect(rows[0]).toBe('epoch,loss,valLoss');
    const expected = history.loss!.map((loss, epoch) => [epoch, loss, history.valLoss![epoch]]);
    expect(rows.slice(1).map((row) => row.split(',').map(Number))).toEqual(expected);
  });

  it('quotes names that hold the separator', async () => {
    const path = newPath();
    const callback = csvLogger(path, { separator: ';' });
    await callback.onEpochEnd!(0, { 'a;"b"': 1.5, c: Number.NaN }, {} as never);
    await callback.onEpochEnd!(1, { c: -0 }, {} as never);
    expect(await readFile(path, 'utf8')).toBe('epoch;"a;""b""";c\r\n0;1.5;NaN\r\n1;NA;0\r\n');
  });

  it('replaces a file, or adds to it', async () => {
    const path = newPath();
    await fit(network(), [csvLogger(path)], { epochs: 1 });
    const first = await readFile(path, 'utf8');
    await fit(network(), [csvLogger(path, { append: true })], { epochs: 1 });
    expect(await readFile(path, 'utf8')).toBe(first + first.slice(first.indexOf('\n') + 1));
    await fit(network(), [csvLogger(path)], { epochs: 1 });
    expect(await readFile(path, 'utf8')).toBe(first);
    await writeFile(path, 'x,y\r\n');
    await expect(fit(network(), [csvLogger(path, { append: true })])).rejects.toThrow(
      'the file has other columns',
    );
    expect(await readFile(path, 'utf8')).toBe('x,y\r\n');
  });

  it('takes rows out that are done again', async () => {
    const [path, directory, plain] = [newPath(), newPath(), newPath()];
    const callbacks = () => [csvLogger(path), backupAndRestore({ directory, saveFreq: 2 })];
    // The newest checkpoint is within epoch 0, when the row of epoch 0 has been written.
    await expect(fit(network(), [...callbacks(), dies])).rejects.toThrow('died');
    expect((await readFile(path, 'utf8')).split('\r\n')).toHaveLength(3);
    await fit(network(), callbacks());
    await fit(network(), [csvLogger(plain)]);
    expect(await readFile(path, 'utf8')).toBe(await readFile(plain, 'utf8'));
  });

  it('says when it cannot write', async () => {
    await expect(fit(network(), [csvLogger('/dev/null/log.csv')])).rejects.toThrow(FileWriteError);
    expect(() => csvLogger('x', { separator: '\n' })).toThrow('csvLogger: expected a separator');
  });
});

describe('modelCheckpoint', () => {
  it('saves the model after each epoch under a name with its figures', async () => {
    const folder = newPath();
    const { history } = await fit(network(), [
      modelCheckpoint({ filepath: join(folder, '{epoch:02d}-{loss:.3f}') }),
    ]);
    const names = history.loss!.map((loss, i) => `0${i + 1}-${loss.toFixed(3)}`);
    expect((await readdir(folder)).sort()).toEqual(names);
    const model = network();
    await fit(model, [], { epochs: 2 });
    const saved = await loadModel(join(folder, names[1]!));
    expect(await saved.getWeights()).toEqual(await model.getWeights());
  });

  it('saves the best model only, and weights alone', async () => {
    const filepath = join(newPath(), 'best.safetensors');
    const callback = modelCheckpoint({
      filepath,
      monitor: 'loss',
      saveBestOnly: true,
      saveWeightsOnly: true,
    });
    const model = network();
    const run = { model } as never;
    await callback.onEpochEnd!(0, { loss: 2 }, run);
    const best = await model.getWeights();
    model.setWeights(best.map(({ data: values }) => values.map((value) => value + 1)));
    await callback.onEpochEnd!(1, { loss: 3 }, run);
    await callback.onEpochEnd!(2, { loss: Number.NaN }, run);
    const other = network();
    await loadWeights(other, await readFile(filepath));
    expect(await other.getWeights()).toEqual(best);
    await callback.onEpochEnd!(3, { loss: 1 }, run);
    await loadWeights(other, await readFile(filepath));
    expect(await other.getWeights()).toEqual(await model.getWeights());
  });

  it('has a threshold, and goes on with the best it has seen', async () => {
    const options = { filepath: newPath(), monitor: 'loss', saveBestOnly: true };
    const callback = modelCheckpoint({ ...options, initialValueThreshold: 1 });
    const run = { model: network() } as never;
    await callback.onEpochEnd!(0, { loss: 1.5 }, run);
    await expect(loadModel(options.filepath)).rejects.toThrow('there is no saved model');
    await callback.onEpochEnd!(1, { loss: 0.5 }, run);
    const again = modelCheckpoint(options);
    await again.restore!((await callback.state!())!);
    await rm(options.filepath, { recursive: true });
    await again.onEpochEnd!(2, { loss: 0.6 }, run);
    await expect(loadModel(options.filepath)).rejects.toThrow('there is no saved model');
  });

  it('saves each time so many batches are done, across epochs', async () => {
    const folder = newPath();
    await fit(network(), [modelCheckpoint({ filepath: join(folder, '{epoch}-{batch}'), saveFreq: 2 })]);
    expect((await readdir(folder)).sort()).toEqual(['1-2', '2-1', '2-3', '3-2']);
  });

  it('says what is wrong with its options', async () => {
    expect(() => modelCheckpoint({ filepath: '' })).toThrow('modelCheckpoint: expected a filepath');
    expect(() => modelCheckpoint({ filepath: 'x', saveFreq: 0 })).toThrow('modelCheckpoint: saveFreq');
    expect(() => modelCheckpoint({ filepath: 'x', saveWeightsOnly: true })).toThrow('ends in .safetensors');
    expect(() => modelCheckpoint({ filepath: 'x', mode: 'up' as never })).toThrow(
      "expected mode 'auto', 'min' or",
    );
    await expect(
      fit(network(), [modelCheckpoint({ filepath: newPath(), saveBestOnly: true })]),
    ).rejects.toThrow(
      "modelCheckpoint: expected monitor to be one of loss; received 'valLoss'. Give fit() validationData",
    );
    await expect(fit(network(), [modelCheckpoint({ filepath: '/dev/null/x' })])).rejects.toThrow(
      FileWriteError,
    );
  });
});

describe('fillPattern', () => {
  it.each([
    ['{epoch:03d}', '007'],
    ['{epoch}', '7'],
    ['{loss:.2f}', '-0.13'],
    ['{loss:08.3f}', '-000.128'],
    ['{loss:8.1e}', ' -1.3e-1'],
    ['{loss:.2}', '-0.13'],
    ['{f1[0]:.0f}', '1'],
    ['{{{epoch}}}', '{7}'],
  ])('%s becomes %s', (pattern, text) => {
    expect(fillPattern(pattern, { epoch: 7, loss: -0.1279, 'f1[0]': 0.9 }, 'x')).toBe(text);
  });

  it.each([
    ['{valLoss}', "expected the fields of '{valLoss}' to be among epoch; received 'valLoss'"],
    ['{epoch', "expected pairs of braces in '{epoch'; received a single '{'"],
    ['{epoch:x}', "expected fields as {epoch:03d} or {valLoss:.2f} in '{epoch:x}'; received {epoch:x}"],
    ['{}', 'received {}'],
  ])('%s is refused', (pattern, message) => {
    expect(() => fillPattern(pattern, { epoch: 7 }, 'x')).toThrow(message);
  });
});

describe('backupAndRestore', () => {
  it('goes on from the newest whole checkpoint, keeps two, and removes them at the end', async () => {
    const directory = newPath();
    const plain = network();
    const expected = await fit(plain, []);
    await expect(fit(network(), [backupAndRestore({ directory, saveFreq: 1 }), dies])).rejects.toThrow(
      'died',
    );
    const names = await readdir(directory);
    expect(names).toHaveLength(2);
    const [older, newest] = names.sort();
    expect((await readCheckpoint(directory))!.optimizer.steps).toBe(4);
    // A torn disk: the newest has changed.
    const bytes = await readFile(join(directory, newest!));
    bytes[bytes.length - 5]! ^= 1;
    await writeFile(join(directory, newest!), bytes);
    expect((await readCheckpoint(directory))!.optimizer.steps).toBe(3);
    await writeFile(join(directory, `.${older}.1-abc.tmp`), 'left by a process that was killed');
    const model = network();
    expect(await fit(model, [backupAndRestore({ directory, saveFreq: 1 })])).toEqual(expected);
    expect(await model.getWeights()).toEqual(await plain.getWeights());
    await expect(readdir(directory)).rejects.toThrow('ENOENT');
  });

  it('keeps the last checkpoint when it is asked to, and a finished run is not done again', async () => {
    const directory = newPath();
    const callback = () => backupAndRestore({ directory, deleteCheckpoint: false });
    const model = network();
    const expected = await fit(model, [callback()]);
    const again = network();
    let epochs = 0;
    const counts: Callback = { onEpochBegin: () => void epochs++ };
    expect(await fit(again, [callback(), counts])).toEqual(expected);
    expect(epochs).toBe(0);
    expect(await again.getWeights()).toEqual(await model.getWeights());
    expect((await fit(network(), [callback(), counts], { epochs: 5 })).epoch).toEqual([0, 1, 2, 3, 4]);
    expect(epochs).toBe(2);
  });

  it('says that all checkpoints are damaged, and leaves files of others alone', async () => {
    const directory = newPath();
    await saveModel(network(), directory);
    expect(await readCheckpoint(directory)).toBeUndefined();
    await writeFile(join(directory, 'step-000000000003-0123456789abcdef.safetensors'), 'x');
    await expect(readCheckpoint(directory)).rejects.toThrow(DataError);
    await expect(readCheckpoint(directory)).rejects.toThrow('the checkpoint is damaged');
    await rm(join(directory, 'step-000000000003-0123456789abcdef.safetensors'));
    await fit(network(), [backupAndRestore({ directory })]);
    expect((await readdir(directory)).sort()).toEqual(['model.json', 'weights.safetensors']);
  });

  it('says when it cannot write', async () => {
    await expect(fit(network(), [backupAndRestore({ directory: '/dev/null/x' })])).rejects.toThrow(
      FileWriteError,
    );
    expect(() => backupAndRestore({ directory: 'x', saveFreq: 0.5 })).toThrow('backupAndRestore: saveFreq');
  });
});
