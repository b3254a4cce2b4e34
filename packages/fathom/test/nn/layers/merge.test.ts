import { describe, expect, it } from 'vitest';
import { callLayer } from '../../../src/nn/layer.ts';
import * as layers from '../../../src/nn/layers/index.ts';
import { Trace } from '../../../src/nn/trace.ts';
import { constant } from '../../../src/ops/index.ts';
import { model } from '../../../src/train/index.ts';
import { valuesOf } from '../../support/values.ts';

describe('merge layers', () => {
  const a = constant([1, 2, 3, 4], [2, 2]);
  const b = constant([10, 20, 1, 2], [2, 2]);

  it.each([
    [layers.add(), [11, 22, 4, 6]],
    [layers.subtract(), [-9, -18, 2, 2]],
    [layers.multiply(), [10, 40, 3, 8]],
    [layers.average(), [5.5, 11, 2, 3]],
    [layers.maximum(), [10, 20, 3, 4]],
    [layers.minimum(), [1, 2, 1, 2]],
  ] as const)('%s gives %o', async (layer, expected) => {
    const [y] = callLayer(layer, [a, b], new Trace({ training: false }));
    expect(await valuesOf(y!)).toEqual(expected);
  });

  it('repeat axes of extent 1, and those that are missing between the batch and the others', () => {
    expect(
      layers.add().build([
        [4, 1, 3],
        [1, 5, 3],
      ]),
    ).toEqual([4, 5, 3]);
    expect(layers.multiply().build([[3], [4, 5, 3], [5, 1]])).toEqual([4, 5, 3]);
    const wrong = () =>
      layers.add().build([
        [4, 3],
        [4, 2],
      ]);
    expect(wrong).toThrow(
      'add: expected samples of one shape, but for axes of extent 1; received [4,3] and [4,2]',
    );
  });

  it('want two tensors or more, subtract two', () => {
    expect(() => layers.add().build([[3]])).toThrow(
      'expected two tensors or more, as in add()([a, b]); received 1',
    );
    expect(() => layers.subtract().build([[3], [3], [3]])).toThrow(
      'expected two tensors, as in subtract()([a, b]); received 3',
    );
  });

  it('make one network of two branches, which is saved and made again', async () => {
    const x = layers.input({ shape: [3] });
    const left = layers.dense({ units: 2, kernelInitializer: 'ones' })(x);
    const right = layers.dense({ units: 2, kernelInitializer: 'ones' })(x);
    const y = layers.concatenate()([layers.add()([left, right]), layers.dot({ axes: 1 })([left, right])]);
    const network = model({ inputs: x, outputs: y });
    expect(network.outputShape).toEqual([3]);
    const { data } = await network.predict([[1, 2, 3]]);
    expect(Array.from(data)).toEqual([12, 12, 72]);
  });
});

describe('concatenate', () => {
  it('counts axes as those of a batch', async () => {
    const [a, b] = [constant([1, 2, 3, 4], [1, 2, 2]), constant([5, 6], [1, 1, 2])];
    const [y] = callLayer(layers.concatenate({ axis: 1 }), [a, b], new Trace({ training: false }));
    expect(y!.shape).toEqual([1, 3, 2]);
    expect(await valuesOf(y!)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(
      layers.concatenate({ axis: -2 }).build([
        [2, 3],
        [5, 3],
      ]),
    ).toEqual([7, 3]);
  });

  it('refuses the batch, and shapes that differ elsewhere', () => {
    expect(() => layers.concatenate({ axis: 0 })).toThrow('other than 0, the batch');
    expect(() =>
      layers.concatenate().build([
        [2, 3],
        [3, 3],
      ]),
    ).toThrow('received [2,3] and [3,3]');
    expect(() =>
      layers.concatenate({ axis: 4 }).build([
        [2, 3],
        [2, 3],
      ]),
    ).toThrow('differ in axis 4 alone');
    expect(() => layers.concatenate().build([[2, 3]])).toThrow('two samples or more');
  });
});

describe('dot', () => {
  it('gives scalars, matrices and cosines', async () => {
    const run = async (options: layers.DotOptions, ...xs: [number[], number[]][]) => {
      const tensors = xs.map(([values, shape]) => constant(values, shape));
      const [y] = callLayer(layers.dot(options), tensors, new Trace({ training: false }));
      return [y!.shape, await valuesOf(y!)];
    };
    expect(
      await run(
        { axes: 1 },
        [
          [1, 2, 3, 4],
          [2, 2],
        ],
        [
          [1, 1, 2, 2],
          [2, 2],
        ],
      ),
    ).toEqual([
      [2, 1],
      [3, 14],
    ]);
    expect(
      await run(
        { axes: [2, 1] },
        [
          [1, 2, 3, 4],
          [1, 2, 2],
        ],
        [
          [5, 6, 7, 8],
          [1, 2, 2],
        ],
      ),
    ).toEqual([
      [1, 2, 2],
      [19, 22, 43, 50],
    ]);
    const [, [cosine]] = (await run(
      { axes: -1, normalize: true },
      [
        [3, 4],
        [1, 2],
      ],
      [
        [4, 3],
        [1, 2],
      ],
    )) as [number[], number[]];
    expect(cosine).toBeCloseTo(0.96, 6);
  });

  it('refuses axes of different extents, the batch, and other numbers of tensors', () => {
    expect(() => layers.dot({ axes: 1 }).build([[3], [4]])).toThrow('received [3] and [4]. Change axes.');
    expect(() => layers.dot({ axes: 1 }).build([[3]])).toThrow('expected two samples');
    expect(() => layers.dot({ axes: 5 }).build([[3], [3]])).toThrow('Change axes');
    expect(() => layers.dot({ axes: 0 })).toThrow('other than 0, the batch');
  });
});

describe('masks', () => {
  const [x, y] = [constant(new Float32Array(6), [1, 3, 2]), constant(new Float32Array(6), [1, 3, 2])];
  const maskOf = (...steps: number[]) => constant(steps, [1, steps.length], 'bool');

  it('of merged sequences are those of all: a step counts where it counts in each', async () => {
    const trace = new Trace({ training: false });
    trace.setMask(x, maskOf(1, 1, 0));
    trace.setMask(y, maskOf(0, 1, 1));
    const [sum] = callLayer(layers.add(), [x, y], trace);
    expect(await valuesOf(trace.maskOf(sum!)!)).toEqual([0, 1, 0]);
    const [wide] = callLayer(layers.concatenate(), [x, y], trace);
    expect(await valuesOf(trace.maskOf(wide!)!)).toEqual([0, 1, 0]);
  });

  it('of sequences one after another are one after another', async () => {
    const trace = new Trace({ training: false });
    trace.setMask(x, maskOf(1, 1, 0));
    const [long] = callLayer(layers.concatenate({ axis: 1 }), [x, y], trace);
    expect(await valuesOf(trace.maskOf(long!)!)).toEqual([1, 1, 0, 1, 1, 1]);
  });

  it('are not there where no tensor has one', () => {
    const trace = new Trace({ training: false });
    const [sum] = callLayer(layers.add(), [x, y], trace);
    expect(trace.maskOf(sum!)).toBeUndefined();
  });

  it('say over which steps the mean of a sequence goes', async () => {
    const sequence = constant([1, 10, 3, 30, 100, 100], [1, 3, 2]);
    const trace = new Trace({ training: false });
    trace.setMask(sequence, maskOf(1, 1, 0));
    const [flat] = callLayer(layers.globalAveragePooling1d(), [sequence], trace);
    expect(flat!.shape).toEqual([1, 2]);
    expect(await valuesOf(flat!)).toEqual([2, 20]);
    const [kept] = callLayer(layers.globalAveragePooling1d({ keepDims: true }), [sequence], trace);
    expect(kept!.shape).toEqual([1, 1, 2]);
    expect(await valuesOf(kept!)).toEqual([2, 20]);
    expect(trace.maskOf(flat!)).toBeUndefined();
  });
});
