import { describe, expect, it } from 'vitest';
import { dense } from '../../src/nn/layers/index.ts';
import { selectBackend } from '../../src/runtime.ts';
import { sequential } from '../../src/train/index.ts';

describe('selectBackend', () => {
  it('gives one instance for one name and number of threads', async () => {
    expect(await selectBackend('wasm', { threads: 1 })).toBe(await selectBackend('wasm', { threads: 1 }));
  });

  it('gives a fresh one after the last was disposed of: a disposed one waits for threads that are gone', async () => {
    const first = await selectBackend('wasm', { threads: 2 });
    await first.dispose();
    const second = await selectBackend('wasm', { threads: 2 });
    expect(second).not.toBe(first);
    await second.dispose();
  });

  it('is not disposed of by one model while others use it', async () => {
    const shared = await selectBackend('wasm', { threads: 1 });
    let disposed = 0;
    const dispose = shared.dispose.bind(shared);
    shared.dispose = async () => {
      disposed++;
      await dispose();
    };
    const model = sequential([dense({ units: 1, inputShape: [1] })], { seed: 0 });
    model.compile({ loss: 'meanSquaredError', backend: 'wasm', threads: 1 });
    await model.trainOnBatch([[1]], [[2]]);
    await model.dispose();
    expect(disposed).toBe(0);
  });

  it('names what it knows', async () => {
    const name: string = 'cuda';
    await expect(selectBackend(name as 'auto')).rejects.toThrow("'auto', 'native', 'wasm' or 'reference'");
  });
});
