import { describe, expect, it } from 'vitest';
import type { Layer } from '../../../src/nn/layer.ts';
import * as layers from '../../../src/nn/layers/index.ts';
import { Trace } from '../../../src/nn/trace.ts';
import { constant } from '../../../src/ops/index.ts';
import { evaluate } from '../../../src/runtime.ts';
import { modelFromConfig, sequential } from '../../../src/train/index.ts';

const SIDE = 9;
/** A bright spot beside the centre of each of `count` pictures. */
function spots(count: number): Float32Array {
  const x = new Float32Array(count * SIDE * SIDE);
  for (let i = 0; i < count; i++) x[i * SIDE * SIDE + 4 * SIDE + 6] = 1;
  return x;
}

/** What the layer makes of a batch while training, for a key. */
async function train(layer: Layer, x: Float32Array, key: [number, number]): Promise<Float32Array> {
  const count = x.length / SIDE ** 2;
  layer.buildFor([[SIDE, SIDE, 1]]);
  const trace = new Trace({ training: true });
  const y = layer.call(constant(x, [count, SIDE, SIDE, 1]), {
    ...contextOf(trace),
    randomKey: () => constant(key, [2], 'int32'),
  });
  const [values] = await evaluate([y]);
  return values as Float32Array;
}

function contextOf(trace: Trace) {
  return {
    training: true,
    read: trace.read.bind(trace),
    update: trace.update.bind(trace),
    addLoss: trace.addLoss.bind(trace),
    maskOf: trace.maskOf.bind(trace),
    setMask: trace.setMask.bind(trace),
    trains: trace.trains.bind(trace),
  };
}

/** The centre of mass of each picture, from the middle: right and down. */
function centres(values: Float32Array): { right: number; down: number }[] {
  const size = SIDE * SIDE;
  return Array.from({ length: values.length / size }, (_, i) => {
    let [mass, right, down] = [0, 0, 0];
    for (let p = 0; p < size; p++) {
      const value = values[i * size + p]!;
      mass += value;
      right += value * ((p % SIDE) - 4);
      down += value * (Math.floor(p / SIDE) - 4);
    }
    return { right: right / mass, down: down / mass };
  });
}

describe('random changes of pictures', () => {
  const all: [string, () => Layer][] = [
    ['randomFlip', () => layers.randomFlip()],
    ['randomRotation', () => layers.randomRotation({ factor: 0.1 })],
    ['randomTranslation', () => layers.randomTranslation({ heightFactor: 0.2, widthFactor: [0, 0.1] })],
    ['randomZoom', () => layers.randomZoom({ heightFactor: 0.2 })],
    [
      'randomAffine',
      () => layers.randomAffine({ rotationFactor: 0.1, zoomFactor: 0.1, fillMode: 'constant' }),
    ],
  ];

  it.each(all)('%s does nothing after training, and is saved', async (_, make) => {
    const model = sequential([layers.input({ shape: [SIDE, SIDE, 1] }), make()], { seed: 1 });
    const x = spots(2);
    expect(Array.from((await model.predict(x)).data)).toEqual(Array.from(x));
    const config = model.toConfig();
    expect(modelFromConfig(JSON.parse(JSON.stringify(config))).toConfig()).toEqual(config);
    expect(() => sequential([layers.input({ shape: [4] }), make()])).toThrow('[height, width, channels]');
  });

  it.each(all)('%s changes each picture in its own way, decided by the key', async (_, make) => {
    const x = spots(12);
    const first = await train(make(), x, [1, 2]);
    expect(await train(make(), x, [1, 2])).toEqual(first);
    expect(await train(make(), x, [1, 3])).not.toEqual(first);
    const places = new Set(centres(first).map(({ right, down }) => `${right.toFixed(3)},${down.toFixed(3)}`));
    expect(places.size).toBeGreaterThan(1);
  });

  it('turns against the clock, downwards and to the right for positive factors', async () => {
    const [turned] = centres(await train(layers.randomRotation({ factor: [0.25, 0.25] }), spots(1), [0, 1]));
    expect(turned!.right).toBeCloseTo(0, 5);
    expect(turned!.down).toBeCloseTo(-2, 5);
    const [moved] = centres(
      await train(
        layers.randomTranslation({ heightFactor: [1 / 9, 1 / 9], widthFactor: [-2 / 9, -2 / 9] }),
        spots(1),
        [0, 1],
      ),
    );
    expect(moved!.right).toBeCloseTo(0, 4);
    expect(moved!.down).toBeCloseTo(1, 4);
    const [smaller] = centres(await train(layers.randomZoom({ heightFactor: [1, 1] }), spots(1), [0, 1]));
    expect(smaller!.right).toBeCloseTo(1, 5);
  });

  it('mirrors about half of the pictures', async () => {
    const x = spots(200);
    const mirrored = centres(await train(layers.randomFlip({ mode: 'horizontal' }), x, [3, 4]));
    const left = mirrored.filter(({ right }) => right < 0).length;
    expect(mirrored.every(({ right, down }) => Math.abs(right) === 2 && down === 0)).toBe(true);
    // 200 coins fall outside of 70 … 130 once in 40,000 keys.
    expect(left).toBeGreaterThan(70);
    expect(left).toBeLessThan(130);
  });

  it('draws factors evenly between their bounds', async () => {
    const count = 400;
    const layer = layers.randomTranslation({ heightFactor: 0, widthFactor: 2 / 9, fillMode: 'constant' });
    const rights = centres(await train(layer, spots(count), [5, 6])).map(({ right }) => right - 2);
    expect(Math.min(...rights)).toBeGreaterThanOrEqual(-2 - 1e-5);
    expect(Math.max(...rights)).toBeLessThanOrEqual(2 + 1e-5);
    // Uniform over 4 pixels: deviation 1.155, of the mean 0.058.
    expect(Math.abs(rights.reduce((a, b) => a + b) / count)).toBeLessThan(0.25);
    const spread = Math.sqrt(rights.reduce((a, b) => a + b * b, 0) / count);
    expect(spread).toBeGreaterThan(1.0);
    expect(spread).toBeLessThan(1.3);
  });

  it('refuses factors that are none', () => {
    expect(() => layers.randomRotation({ factor: -0.1 })).toThrow(
      'randomRotation: factor: expected a number of 0',
    );
    expect(() => layers.randomZoom({ heightFactor: [0.2, 0.1] })).toThrow('interval [low, high]');
    expect(() => layers.randomFlip({ mode: 'both' as 'vertical' })).toThrow(
      'randomFlip: mode: expected one of',
    );
  });
});
