import { rm } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fathom, jsonOf, newFolder, type Running, startFathom } from '../command.ts';

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => rm(folder, { recursive: true }));

/** Waits until the command has said something on standard output or error. */
function heard({ process }: Running, what: RegExp): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = '';
    const listen = (chunk: string) => {
      text += chunk;
      if (what.test(text)) resolve();
    };
    process.stdout!.on('data', listen);
    process.stderr!.on('data', listen);
    process.on('close', () => reject(new Error(`ended before it said ${what}: ${text}`)));
  });
}

const LONG = ['train', 'digits', '--limit', '1000', '--model', 'mlp', '--epochs', '100000'];

describe('Ctrl-C', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)('saves the run so far and ends with 130 (%s)', async (signal) => {
    const running = startFathom([...LONG, '--out', signal], { cwd: folder });
    await heard(running, /epoch 2\/100000 .*\n/);
    running.process.kill(signal);
    const { code, err } = await running.finished;
    expect(err).toMatch(/Stopping; Ctrl-C again quits at once/);
    expect(err).toMatch(
      new RegExp(`Stopped in epoch \\d+ of 100000, after \\d+ of its steps\\. .*saved in ${signal}`),
    );
    expect(code).toBe(130);

    const { test } = jsonOf<{ test: { accuracy: number } }>(
      await fathom(['eval', signal, 'digits', '--limit', '200', '--json'], { cwd: folder }),
    );
    expect(test.accuracy).toBeGreaterThan(0.3);
    const { out } = await fathom(['summary', signal], { cwd: folder });
    expect(out).toMatch(/Interrupted in epoch \d+/);
  });

  it('still prints the JSON object, without a test', async () => {
    const running = startFathom([...LONG, '--json', '--out', 'json'], { cwd: folder });
    await heard(running, /epoch 2\/100000 .*\n/);
    running.process.kill('SIGINT');
    const finished = await running.finished;
    expect(finished.code).toBe(130);
    const result = jsonOf<{ test: null; epochs: unknown[]; out: string }>(finished);
    expect(result).toMatchObject({ test: null, out: 'json' });
    expect(result.epochs.length).toBeGreaterThanOrEqual(2);
  });
});
