import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fathom, jsonOf, newFolder } from '../command.ts';

const SMALL = ['train', 'digits', '--limit', '200', '--epochs', '1', '--model', 'mlp', '--seed', '3'];

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => rm(folder, { recursive: true }));

type Trace = { readonly traceEvents: readonly { name: string; ph: string; ts?: number; dur?: number }[] };

const traceIn = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8')) as Trace;

describe('fathom train --profile', () => {
  it('prints a table of kernels, the slowest first, and writes a trace', async () => {
    const { code, out } = await fathom([...SMALL, '--backend', 'wasm', '--profile', 'trace.json'], {
      cwd: folder,
    });
    expect(code).toBe(0);
    expect(out).toMatch(/A training step of 32 samples on wasm: [\d.]+ ms with/);
    const lines = out.split('\n');
    const head = lines.findIndex((line) => /ms +share +GFLOP\/s +GB\/s +of peak +where +what/.test(line));
    const rows = lines.slice(head + 1, lines.indexOf('', head));
    const times = rows.map((row) => Number.parseFloat(row));
    expect(times.length).toBeGreaterThan(5);
    expect(times.slice(0, 5)).toEqual(times.slice(0, 5).sort((a, b) => b - a));
    expect(rows.join('\n')).toMatch(/gradient of dense +sums of products/);
    expect(rows.join('\n')).toMatch(/adam: dense\/kernel/);
    expect(out).toContain('Trace of some steps: trace.json\nOpen it in https://ui.perfetto.dev');
    const { traceEvents } = await traceIn('trace.json');
    const spans = traceEvents.filter(({ ph }) => ph === 'X');
    expect(spans.some(({ name }) => name === 'gradient of dense')).toBe(true);
    for (const { ts, dur } of spans) {
      expect(ts).toBeGreaterThanOrEqual(0);
      expect(dur).toBeGreaterThanOrEqual(0);
    }
  });

  it('changes nothing of the run; the name of the data behind it is the data', async () => {
    type Result = { data: string; weightsSha256: string };
    const plain = jsonOf<Result>(await fathom([...SMALL, '--json'], { cwd: folder }));
    const [, , ...rest] = SMALL;
    const finished = await fathom(['train', '--profile', 'digits', ...rest, '--json'], { cwd: folder });
    expect(jsonOf<Result>(finished)).toMatchObject({ data: 'digits', weightsSha256: plain.weightsSha256 });
    expect(finished.err).toContain('Trace of some steps: profile.json');
    expect((await traceIn('profile.json')).traceEvents.length).toBeGreaterThan(10);
  });
});
