import { describe, expect, it } from 'vitest';
import { lenet5, model, ops, type Tensor } from '../../src/index.ts';
import { activations, explainCell } from '../../src/inspect/index.ts';
import { placeAt } from '../../src/inspect/wiring.ts';
import { sizeOf } from '../../src/ir/shape.ts';
import type { CallContext } from '../../src/nn/layer.ts';
import { Dense } from '../../src/nn/layers/dense.ts';
import * as layers from '../../src/nn/layers/index.ts';
import { MOVING, POINTWISE, randomModel, someNumbers, WIRED } from './support.ts';

describe.each(Object.entries({ ...WIRED, ...MOVING }))('%s', (_name, make) => {
  it('comes to what the library computes, at every place', async () => {
    const layer = make();
    const network = await randomModel([layer]);
    const x = someNumbers(sizeOf(layer.inputShape!), 3);
    const all = await activations(network, x);
    const own = all.layers[1]!;
    for (let i = 0; i < own.values.length; i++) {
      const cell = await explainCell(network, all, 1, placeAt(i, own.shape));
      expect(cell.value).toBe(own.values[i]);
      expect(cell.sum).toBeCloseTo(own.preActivation?.[i] ?? own.values[i]!, 5);
      for (const { isPadding, value, place } of cell.terms) {
        if (isPadding) expect(value).toBe(0);
        expect(place.some((at, d) => at < 0 || at >= layer.inputShape![d]!)).toBe(isPadding);
      }
      if (cell.kind === 'max') expect(cell.terms.filter(({ wins }) => wins)).toHaveLength(1);
      if (cell.channels.length > 0) {
        const sum = cell.channels.reduce((total, channel) => total + channel.sum, cell.bias?.value ?? 0);
        expect(sum).toBeCloseTo(cell.sum!, 10);
      }
      const row = cell.activation?.row;
      if (row) expect(row.powers[row.at]! / row.total).toBeCloseTo(cell.value, 5);
    }
  });
});

describe.each(Object.entries(POINTWISE))('%s', (_name, make) => {
  it('names the numbers that make the value', async () => {
    const network = await randomModel([make()]);
    const all = await activations(network, someNumbers(12, 3));
    for (let i = 0; i < 12; i++) {
      const cell = await explainCell(network, all, 1, placeAt(i, [3, 4]));
      expect(cell.kind).not.toBe('unknown');
      expect(cell.terms[0]!.value).toBe(all.layers[0]!.values[i]);
      if (cell.activation)
        expect(cell.activation).toMatchObject({ input: cell.terms[0]!.value, output: cell.value });
      else expect(cell.sum).toBeCloseTo(cell.value, 5);
    }
  });
});

describe('explainCell', () => {
  it('marks padding, and lists kernel places in row-major order', async () => {
    const cell = await explainCell(lenet5({ seed: 0 }), someNumbers(784), 'conv2d', [0, 27, 5]);
    expect(cell.terms).toHaveLength(25);
    expect(cell.terms.map(({ weight }) => weight!.place)).toEqual(
      Array.from({ length: 25 }, (_, i) => [Math.floor(i / 5), i % 5, 0, 5]),
    );
    expect(cell.terms.filter(({ isPadding }) => isPadding).map(({ place }) => place)).toContainEqual([
      -2, 29, 0,
    ]);
    expect(cell.formula).toBe('z = Σ x·w + b, y = max(0, z)');
  });

  it('takes merges apart, with extents of 1 that repeat', async () => {
    const [a, b] = [layers.input({ shape: [2, 3] }), layers.input({ shape: [1, 3] })];
    const y = layers.multiply()([a, b]);
    const network = model({ inputs: [a, b], outputs: y });
    const all = await activations(network, [someNumbers(6, 1), someNumbers(3, 2)]);
    const cell = await explainCell(network, all, 'multiply', [1, 2]);
    expect(cell.terms.map(({ place }) => place)).toEqual([
      [1, 2],
      [0, 2],
    ]);
    expect(cell.sum).toBeCloseTo(cell.value, 6);
  });

  it('finds where concatenated values come from', async () => {
    const [a, b] = [layers.input({ shape: [2] }), layers.input({ shape: [3] })];
    const network = model({ inputs: [a, b], outputs: layers.concatenate()([a, b]) });
    const all = await activations(network, [someNumbers(2, 1), someNumbers(3, 2)]);
    const cell = await explainCell(network, all, 'concatenate', [3]);
    expect(cell).toMatchObject({ kind: 'move', terms: [{ from: 'input_1', place: [1], value: cell.value }] });
  });

  it('looks words up', async () => {
    const network = await randomModel([layers.embedding({ inputDim: 5, outputDim: 3, inputShape: [4] })]);
    const cell = await explainCell(network, [[1, 0, 4, 2]], 'embedding', [2, 1]);
    expect(cell.kind).toBe('lookup');
    expect(cell.numbers[0]!.name).toContain('[4,1]');
    expect(cell.sum).toBe(cell.value);
  });

  it('says what it cannot take apart', async () => {
    const network = await randomModel([
      layers.lambda({ function: (x) => ops.multiply(x, x), inputShape: [3], name: 'square' }),
    ]);
    const cell = await explainCell(network, someNumbers(3), 'square', [1]);
    expect(cell).toMatchObject({ kind: 'unknown', terms: [], sum: undefined });
    expect(cell.note).toContain('a function of your own');
    expect(Number.isFinite(cell.value)).toBe(true);
  });

  it('never shows a sum that is not the library’s number', async () => {
    // A dense layer that does something else than its kind.
    class Doubled extends Dense {
      override call(x: Tensor, context: CallContext) {
        return ops.multiply(super.call(x, context), 2);
      }
    }
    const network = await randomModel([new Doubled({ units: 2, useBias: false, inputShape: [3] })]);
    const all = await activations(network, someNumbers(3));
    const cell = await explainCell(network, all, 1, [1]);
    expect(cell.value).toBe(all.layers[1]!.values[1]);
    expect(cell).toMatchObject({ kind: 'unknown', terms: [] });
    expect(cell.note).toContain('cannot be written out');
  });

  it('writes an LSTM out: gates, state and result of the step', async () => {
    const network = await randomModel([layers.lstm({ units: 3, inputShape: [4, 2] })]);
    const { parts, numbers, sum, value } = await explainCell(network, someNumbers(8), 'lstm', [1]);
    expect(parts.map(({ name }) => name)).toEqual([
      'input gate i',
      'forget gate f',
      'candidate c̃',
      'output gate o',
    ]);
    const [i, f, candidate, o] = parts.map((part) => part.value) as [number, number, number, number];
    const [before, now, squashed] = numbers.map((one) => one.value) as [number, number, number];
    expect(now).toBeCloseTo(f * before + i * candidate, 10);
    expect(squashed).toBeCloseTo(Math.tanh(now), 10);
    expect(sum).toBeCloseTo(o * Math.tanh(now), 10);
    expect(sum).toBeCloseTo(value, 5);
    expect(parts[0]!.terms).toHaveLength(2 + 3);
  });

  it('says that dropout does more while training', async () => {
    const network = await randomModel([layers.dropout({ rate: 0.5, inputShape: [3] })]);
    expect((await explainCell(network, someNumbers(3), 'dropout', [1])).note).toContain('While training');
  });

  it('refuses layers and places that are not there', async () => {
    const network = lenet5({ seed: 0 });
    const x = someNumbers(784);
    await expect(explainCell(network, x, 'conv3d', [0])).rejects.toThrow(
      /expected one of the layers input, conv2d/,
    );
    await expect(explainCell(network, x, 'conv2d', [28, 0, 0])).rejects.toThrow(/\[0…27, 0…27, 0…5\]/);
    await expect(explainCell(network, x, 'conv2d', [0, 0])).rejects.toThrow(RangeError);
    await expect(explainCell(network, someNumbers(2 * 784), 'conv2d', [0, 0, 0])).rejects.toThrow(
      /one sample/,
    );
  });
});
