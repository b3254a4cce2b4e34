import { describe, expect, it } from 'vitest';
import { mean } from '../../../src/functional/index.ts';
import * as layers from '../../../src/nn/layers/index.ts';
import { Trace } from '../../../src/nn/trace.ts';
import { constant, input, multiply, sum } from '../../../src/ops/index.ts';
import { sequential } from '../../../src/train/index.ts';
import { valuesOf } from '../../support/values.ts';

describe('zero padding and cropping', () => {
  it('undo each other', async () => {
    const x = constant([1, 2, 3, 4], [1, 2, 2, 1]);
    const trace = new Trace({ training: false });
    const padded = layers
      .zeroPadding2d({
        padding: [
          [1, 0],
          [0, 2],
        ],
      })
      .call(x);
    expect(padded.shape).toEqual([1, 3, 4, 1]);
    expect(await valuesOf(padded)).toEqual([0, 0, 0, 0, 1, 2, 0, 0, 3, 4, 0, 0]);
    const cropped = layers
      .cropping2d({
        cropping: [
          [1, 0],
          [0, 2],
        ],
      })
      .callAll([padded], trace)[0]!;
    expect(await valuesOf(cropped)).toEqual([1, 2, 3, 4]);
  });

  it('take one number for all sides, and one for each end of a sequence', () => {
    expect(layers.zeroPadding2d({ padding: [1, 2] }).build([5, 5, 3])).toEqual([7, 9, 3]);
    expect(layers.zeroPadding2d().build([5, 5, 3])).toEqual([7, 7, 3]);
    expect(layers.zeroPadding1d({ padding: [3, 0] }).build([5, 2])).toEqual([8, 2]);
    expect(layers.cropping1d().build([5, 2])).toEqual([3, 2]);
    expect(layers.cropping2d().build([5, 5, 1])).toEqual([5, 5, 1]);
  });

  it('refuse what does not fit', () => {
    expect(() => layers.zeroPadding2d({ padding: -1 })).toThrow(
      'zeroPadding2d: padding: expected a non-negative integer',
    );
    expect(() => layers.zeroPadding1d({ padding: [1, 2, 3] as never })).toThrow(
      '[before, after]; received [1,2,3]',
    );
    expect(() => sequential([layers.cropping1d({ cropping: 2, inputShape: [4, 1] })])).toThrow('Crop less');
    expect(() => sequential([layers.cropping2d({ inputShape: [4, 1] })])).toThrow(
      '[height, width, channels]',
    );
  });
});

describe('permute and repeatVector', () => {
  it('move and repeat values', async () => {
    const x = constant([1, 2, 3, 4, 5, 6], [1, 2, 3]);
    expect(await valuesOf(layers.permute({ dims: [2, 1] }).call(x))).toEqual([1, 4, 2, 5, 3, 6]);
    const y = layers.repeatVector({ n: 2 }).call(constant([1, 2, 3, 4], [2, 2]));
    expect(y.shape).toEqual([2, 2, 2]);
    expect(await valuesOf(y)).toEqual([1, 2, 1, 2, 3, 4, 3, 4]);
  });

  it('refuse what does not fit', () => {
    expect(() => layers.permute({ dims: [0, 1] })).toThrow('the axes of a sample from 1 on, each once');
    expect(() => layers.permute({ dims: [1, 1] })).toThrow('received [1,1]');
    expect(() => sequential([layers.permute({ dims: [2, 1], inputShape: [2, 3, 4] })])).toThrow(
      'with 2 axes',
    );
    expect(() => layers.repeatVector({ n: 0 })).toThrow('repeatVector: n: expected a positive integer');
    expect(() => sequential([layers.repeatVector({ n: 2, inputShape: [2, 3] })])).toThrow('[features]');
  });
});

describe('lambda', () => {
  it('is any function from a batch to a batch', async () => {
    const square = layers.lambda((x) => multiply(x, x));
    const model = sequential([layers.input({ shape: [3] }), square]);
    expect(model.outputShape).toEqual([3]);
    const y = await model.predict([[1, 2, 3]]);
    expect(Array.from(y.data)).toEqual([1, 4, 9]);
    expect(layers.lambda({ name: 'middle', function: (x) => mean(x, [1]) }).buildFor([[5, 2]])).toEqual([
      [2],
    ]);
  });

  it('keeps the batch, and cannot be saved', () => {
    const total = layers.lambda((x) => sum(x));
    expect(() => total.buildFor([[3]])).toThrow(
      'lambda: expected a function that keeps axis 0, the batch; received []',
    );
    expect(() => total.config()).toThrow('a function of your own cannot be saved');
    expect(() => layers.lambda({} as never)).toThrow(
      'function: expected a function from a tensor to a tensor',
    );
  });
});

describe('activityRegularization', () => {
  it('adds its penalty by sample and hands the values on', async () => {
    const layer = layers.activityRegularization({ l1: 0.5, l2: 0.25 });
    const x = input('x', [2, 2]);
    const trace = new Trace({ training: true });
    expect(layer.call(x, trace)).toBe(x);
    const values = new Trace({ training: true });
    layer.call(constant([1, -2, 3, -4], [2, 2]), values);
    expect(await valuesOf(values.losses[0]!)).toEqual([(0.5 * 10 + 0.25 * 30) / 2]);
    expect(() => layers.activityRegularization({ l1: -1 })).toThrow('l1: expected a number of at least 0');
  });

  it('asks for nothing where both weights are 0', () => {
    const trace = new Trace({ training: true });
    layers.activityRegularization().call(input('x', [2, 2]), trace);
    expect(trace.losses).toEqual([]);
  });
});
