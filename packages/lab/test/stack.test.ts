import { inspect } from 'fathom';
import { describe, expect, it } from 'vitest';
import { KINDS, makeLayer } from '../src/rooms/train/fields.ts';
import { decodeStack, encodeStack, PRESETS } from '../src/rooms/train/stack.ts';

describe('a stack of layers in a link', () => {
  it('comes back as it was', () => {
    const all = KINDS.map(({ type }) => makeLayer(type));
    expect(decodeStack(encodeStack(all))).toEqual(all);
    for (const { layers } of PRESETS) expect(decodeStack(encodeStack(layers(10)))).toEqual(layers(10));
  });

  it('leaves out what is no layer, and bounds what is no value', () => {
    expect(decodeStack('')).toEqual([]);
    expect(decodeStack('constructor,dens_3,__proto___1')).toEqual([]);
    expect(decodeStack('dense_-5_sigmoid')).toEqual([{ type: 'dense', units: 1, activation: 'sigmoid' }]);
    expect(decodeStack('dense_1e99_nothing')).toEqual([{ type: 'dense', units: 4096, activation: 'relu' }]);
    expect(decodeStack('dropout_x')).toEqual([{ type: 'dropout', rate: 0.25 }]);
    expect(decodeStack(Array(100).fill('flatten').join(','))).toHaveLength(40);
  });

  it.each(PRESETS.map((preset) => [preset.title, preset] as const))(
    '%s fits onto digits',
    (_, { layers }) => {
      const { problem, layers: described } = inspect.describeStack([28, 28, 1], layers(10));
      expect(problem).toBeUndefined();
      expect(described.at(-1)!.outputShape).toEqual([10]);
    },
  );

  it.each(KINDS.map(({ type }) => type))('the library has %s with these settings', (type) => {
    const { problem, layers } = inspect.describeStack(type === 'dense' ? [12] : [12, 12, 2], [
      makeLayer(type),
    ]);
    expect(problem).toBeUndefined();
    expect(layers[0]!.options).toMatchObject(
      Object.fromEntries(
        KINDS.find((kind) => kind.type === type)!.fields.map(({ name }) => [name, expect.anything()]),
      ),
    );
  });
});
