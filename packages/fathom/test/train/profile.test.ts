import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { bytesOf, workOf } from '../../src/compiler/facts.ts';
import { load } from '../../src/ir/expr.ts';
import { labelled, labelledPart } from '../../src/ir/tensor.ts';
import { conv2d, dense, flatten, lstm, maxPooling2d } from '../../src/nn/layers/index.ts';
import { adam } from '../../src/nn/optimizers/index.ts';
import { add, constant, gradients, multiply, sum } from '../../src/ops/index.ts';
import { loadCeiling } from '../../src/runtime.ts';
import { sequential } from '../../src/train/model.ts';
import { profile, type StepProfile } from '../../src/train/profile.ts';
import { profileText } from '../../src/train/profileText.ts';
import { type TraceEvent, traceEvents } from '../../src/train/traceEvents.ts';
import { trainStep } from '../../src/train/trainStep.ts';
import { backends } from '../support/backends.ts';

const compiled = backends.filter(({ name, missing }) => name !== 'reference' && missing === undefined);
const OPTIONS = { batchSize: 16, rounds: 2, steps: 3 };

function network() {
  return sequential(
    [
      conv2d({ filters: 16, kernelSize: 3, activation: 'relu', inputShape: [12, 12, 1] }),
      maxPooling2d({ poolSize: 2 }),
      flatten(),
      dense({ units: 10, activation: 'softmax', name: 'classes' }),
    ],
    { seed: 0 },
  );
}

describe('labels', () => {
  it('name where a node was made, parts after the whole, and gradients as what they are', () => {
    const x = constant([1, 2]);
    const square = labelled('outer', () => labelledPart('inner', () => multiply(x, x)));
    const [slope] = gradients(sum(square), [x]);
    expect(square.label).toBe('outer/inner');
    expect(slope!.label).toBe('gradient of outer/inner');
    expect(add(x, x).label).toBeUndefined();
  });

  it('end with what they are around, also when that throws', () => {
    const failing = () =>
      labelled('broken', () => {
        throw new Error('expected');
      });
    expect(failing).toThrow('expected');
    expect(add(constant([1]), 1).label).toBeUndefined();
  });
});

describe('facts of nests', () => {
  const access = (buffer: number, strides: number[]) => ({ buffer, offset: 0, strides });

  it('count what is touched once, however often it is read', () => {
    // y[4, 8] = Σ over 3 of a[4, 3]·b[3, 8]
    const product = {
      name: 'product',
      axes: [4, 8, 3],
      reduce: {
        combine: 'sum' as const,
        colliding: [],
        body: {
          kind: 'binary' as const,
          op: 'mul' as const,
          dtype: 'float32' as const,
          a: load(access(0, [3, 0, 1]), 'float32'),
          b: load(access(1, [0, 1, 8]), 'float32'),
        },
      },
      stores: [
        {
          access: access(2, [8, 1, 0]),
          value: { kind: 'acc' as const, dtype: 'float32' as const },
          accumulate: false,
        },
      ],
      entangled: [],
    };
    expect(bytesOf(product)).toBe(4 * (4 * 3 + 3 * 8 + 4 * 8));
    expect(workOf(product)).toBe('sums of products');
    // Windows that overlap: 6 places, read by windows of 3 at 4 positions.
    const windows = {
      ...product,
      axes: [4, 3],
      reduce: { ...product.reduce, body: load(access(0, [1, 1]), 'float32') },
      stores: [{ ...product.stores[0]!, access: access(2, [1, 0]) }],
    };
    expect(bytesOf(windows)).toBe(4 * (6 + 4));
    expect(workOf(windows)).toBe('sums');
  });
});

describe.each(compiled)('profile on $name', ({ make }) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await make(2);
  });
  afterAll(() => backend.dispose());

  const measure = async (): Promise<StepProfile> => {
    const model = network();
    model.compile({
      optimizer: adam(),
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy'],
      backend,
    });
    return profile(model, OPTIONS);
  };

  it('names the layers, the loss and the optimizer, and counts their work', async () => {
    const { kernels, kernelMs, ceiling, stepMs, threads, ...rest } = await measure();
    expect(rest).toMatchObject({ backend: backend.name, batchSize: 16 });
    // A small step may be faster on one.
    expect(backend.name === 'native' ? [1, backend.threads] : [backend.threads]).toContain(threads);
    const places = kernels.map(({ place }) => place);
    for (const part of ['conv2d', 'maxPooling2d', 'classes', 'loss', 'accuracy', 'gradient of conv2d']) {
      expect(
        places.some((place) => place.split(' → ').some((one) => one === part)),
        part,
      ).toBe(true);
    }
    expect(places).toContain('adam: classes/kernel');
    const forward = kernels.find(({ place, words }) => place === 'conv2d' && words.startsWith('sums of'))!;
    // 9 multiply-adds a place, a sum for the bias, a comparison for relu.
    const points = 16 * 10 * 10 * 16;
    expect(forward.flops / points).toBeGreaterThanOrEqual(18);
    expect(forward.flops / points).toBeLessThanOrEqual(18 + 4);
    expect(forward.words).toContain('[16,10,10,16]');
    const bytes = 4 * (16 * 12 * 12 + 9 * 16 + 16 + points);
    expect(forward.bytes).toBe(bytes);
    expect(kernels.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 6);
    expect(kernelMs).toBeCloseTo(
      kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0),
      6,
    );
    expect(kernels.map(({ milliseconds }) => milliseconds)).toEqual(
      kernels.map(({ milliseconds }) => milliseconds).sort((a, b) => b - a),
    );
    expect(Math.min(stepMs, ceiling.gigaflops, ceiling.gigabytes)).toBeGreaterThan(0);
  });

  it('leaves weights, optimizer and random numbers as they were', async () => {
    const steps = async (between: boolean) => {
      const model = network();
      model.compile({ optimizer: adam(), loss: 'sparseCategoricalCrossentropy', backend });
      const x = Float32Array.from({ length: 16 * 144 }, (_, i) => (i % 7) / 7);
      const y = Int32Array.from({ length: 16 }, (_, i) => i % 10);
      await model.trainOnBatch(x, y);
      if (between) await profile(model, OPTIONS);
      await model.trainOnBatch(x, y);
      return model.getWeights();
    };
    expect(await steps(true)).toEqual(await steps(false));
  });

  it('gives traces that viewers open: spans that do not cross, kernels in every step, all threads named', async () => {
    const measured = await measure();
    const file = traceEvents(measured);
    const events: readonly TraceEvent[] = JSON.parse(JSON.stringify(file)).traceEvents;
    const spans = events.filter(({ ph }) => ph === 'X');
    expect(file.displayTimeUnit).toBe('ms');
    expect(spans.length).toBeGreaterThan(OPTIONS.steps * measured.kernels.length);
    for (const { name, ts, dur, pid, tid } of spans) {
      expect(name.length).toBeGreaterThan(0);
      expect(ts).toBeGreaterThanOrEqual(0);
      expect(dur).toBeGreaterThanOrEqual(0);
      expect([pid, Number.isInteger(tid)]).toEqual([1, true]);
    }
    const threads = [...new Set(spans.map(({ tid }) => tid))];
    const named = events.filter(({ name }) => name === 'thread_name').map(({ tid }) => tid);
    expect(named.sort()).toEqual(threads.sort());
    for (const thread of threads) {
      const own = spans.filter(({ tid, cat }) => tid === thread && cat !== 'step');
      const inOrder = own.toSorted((a, b) => a.ts! - b.ts!);
      inOrder.slice(1).forEach((span, i) => {
        expect(span.ts! + 0.002).toBeGreaterThanOrEqual(inOrder[i]!.ts! + inOrder[i]!.dur!);
      });
    }
    const steps = spans.filter(({ cat }) => cat === 'step');
    expect(steps.map(({ name }) => name)).toEqual(['step 0', 'step 1', 'step 2']);
    for (const [step, outer] of steps.entries()) {
      const inner = spans.filter(({ tid, cat, args }) => tid === 0 && cat !== 'step' && args!.step === step);
      for (const { ts, dur } of inner) {
        expect(ts! + 0.002).toBeGreaterThanOrEqual(outer.ts!);
        expect(ts! + dur!).toBeLessThanOrEqual(outer.ts! + outer.dur! + 0.002);
      }
      const launches = new Set(
        spans
          .filter(({ args }) => args?.step === step && args.launch !== undefined)
          .map(({ args }) => args!.launch),
      );
      expect(launches.size).toBe(measured.kernels.length);
    }
  });

  it('computes in a traced step what a step computes, loops over time included', async () => {
    const results = async (traced: boolean) => {
      const model = sequential(
        [lstm({ units: 8, inputShape: [6, 4] }), dense({ units: 3, activation: 'softmax' })],
        { seed: 0 },
      );
      model.compile({ optimizer: adam(), loss: 'sparseCategoricalCrossentropy', backend });
      await model.measureStep(16, async ({ executable }) => {
        if (traced) await executable.trace!(2);
        else for (let step = 0; step < 2; step++) await executable.run();
        loss = await executable.read(0);
      });
      return loss;
    };
    let loss: unknown;
    expect(await results(true)).toEqual(await results(false));
  });

  it('measures steps of one’s own', async () => {
    const model = network();
    const step = trainStep({
      inputs: { x: [12, 12, 1] },
      backend,
      build(scope, { x }) {
        const loss = sum(scope.call(model, x));
        scope.minimize(loss, model, adam());
        return { loss };
      },
    });
    const { kernels } = await profile(step, OPTIONS);
    expect(kernels.map(({ place }) => place).join()).toContain(`${model.name}/conv2d`);
  });

  it('shows a table of the slowest kernels, and the others as one line', async () => {
    const measured = await measure();
    const lines = profileText(measured, { most: 4 }).split('\n');
    const head = lines.findIndex((line) => /^ *ms +share +GFLOP\/s +GB\/s +of peak +where +what$/.test(line));
    expect(head).toBeGreaterThan(0);
    const rows = lines.slice(head + 1, head + 5);
    for (const row of rows)
      expect(row).toMatch(/^ *[\d.]+ +[\d.]+ % +[\d.]+ +[\d.]+ +[\d.]+ % +\S.* \(\S+\)$/);
    expect(lines[head + 5]).toContain(`${measured.kernels.length - 4} more kernels`);
    expect(lines.join('\n')).toMatch(/Peak of one thread, measured just now: \d+ GFLOP\/s .* \d+ GB\/s/);
    for (const width of [80, 120]) {
      const narrow = profileText(measured, { width }).split('\n');
      expect(Math.max(...narrow.map(({ length }) => length))).toBeLessThanOrEqual(width);
      expect(narrow.filter((line) => /^ *ms +share/.test(line))).toHaveLength(1);
    }
  });

  it('has a ceiling that does the arithmetic it counts', async () => {
    const executable = await loadCeiling(backend);
    const { launches } = executable.program;
    expect(launches[0]!.flops).toBeGreaterThan(1e6);
    expect(launches[1]!.bytes).toBe(64 << 20);
    await executable.run();
    executable.dispose();
  });
});

describe('profile', () => {
  it('refuses a backend without kernels', async () => {
    const model = network();
    model.compile({ loss: 'sparseCategoricalCrossentropy', backend: 'reference' });
    await expect(profile(model, OPTIONS)).rejects.toThrow("received 'reference'. Compile the model with");
    await expect(profile(model, { rounds: 0 })).rejects.toThrow('profile: rounds');
  });
});
