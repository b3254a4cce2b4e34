import { describe, expect, it } from 'vitest';
import { layers, lenet5, type Model, model } from '../../src/index.ts';
import { activations, receptiveField } from '../../src/inspect/index.ts';
import { placeAt } from '../../src/inspect/wiring.ts';
import { sizeOf } from '../../src/ir/shape.ts';
import { MOVING, POINTWISE, randomModel, someNumbers, WIRED } from './support.ts';

const one = <T>(list: readonly T[]) => (list.length === 1 ? list[0]! : list) as T;

/** The box of the input values that change a result when they are moved one by one, far enough to win every maximum. */
async function perturbed(network: Model, layer: number, index: number, at = 0) {
  const shapes = network.network.inputs.map(({ shape }) => shape);
  const x = shapes.map((shape, i) => someNumbers(sizeOf(shape), 11 + i));
  const before = (await activations(network, one(x))).layers[layer]!.values[index]!;
  const shape = shapes[at]!;
  const low = shape.map(() => Number.POSITIVE_INFINITY);
  const high = shape.map(() => Number.NEGATIVE_INFINITY);
  for (let i = 0; i < sizeOf(shape); i++) {
    let changed = false;
    for (const step of [100, -100]) {
      const other = x.map((values) => values.slice());
      other[at]![i]! += step;
      const after = (await activations(network, one(other))).layers[layer]!.values[index]!;
      changed ||= after !== before;
    }
    if (!changed) continue;
    placeAt(i, shape).forEach((place, d) => {
      low[d] = Math.min(low[d]!, place);
      high[d] = Math.max(high[d]!, place);
    });
  }
  return { low, high };
}

describe.each(Object.entries({ ...WIRED, ...MOVING, ...POINTWISE }))('%s', (_name, make) => {
  it('sees the box that perturbation finds', async () => {
    const network = await randomModel([make()]);
    const { shape } = (await activations(network, someNumbers(sizeOf(network.inputShape!)))).layers[1]!;
    const size = sizeOf(shape);
    for (const index of [0, Math.floor(size / 2), size - 1]) {
      const field = await receptiveField(network, 1, placeAt(index, shape));
      const [found] = field.inputs;
      if (!found) {
        expect((await perturbed(network, 1, index)).low[0]).toBe(Number.POSITIVE_INFINITY);
        continue;
      }
      if (!field.isExact) continue;
      expect({ low: found.low, high: found.high }).toEqual(await perturbed(network, 1, index));
      expect(field.windows).toEqual(field.inputs);
    }
  });
});

describe('receptiveField', () => {
  it('goes through a stack, where padding in the middle hides what lies outside', async () => {
    const network = await randomModel([
      layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', inputShape: [9, 9, 1] }),
      layers.averagePooling2d(),
      layers.conv2d({ filters: 2, kernelSize: 3, padding: 'same', strides: 2 }),
      layers.flatten(),
      layers.dense({ units: 2 }),
    ]);
    const shape = [2, 2, 2];
    for (const index of [0, 3, 7]) {
      const { inputs, isExact } = await receptiveField(network, 3, placeAt(index, shape));
      expect(isExact).toBe(true);
      expect({ low: inputs[0]!.low, high: inputs[0]!.high }).toEqual(await perturbed(network, 3, index));
    }
    const flat = await receptiveField(network, 'flatten', [5]);
    expect(flat.inputs[0]).toEqual((await receptiveField(network, 3, placeAt(5, shape))).inputs[0]);
    const whole = (await receptiveField(network, 'dense', [1])).inputs[0]!;
    expect({ low: whole.low, high: whole.high }).toEqual(await perturbed(network, 5, 1));
  });

  it('joins the branches of a graph', async () => {
    const x = layers.input({ shape: [8, 8, 1] });
    const wide = layers.conv2d({ filters: 2, kernelSize: 5, padding: 'same' })(x);
    const shifted = layers.zeroPadding2d({
      padding: [
        [3, 0],
        [0, 0],
      ],
    })(
      layers.cropping2d({
        cropping: [
          [0, 3],
          [0, 0],
        ],
      })(layers.conv2d({ filters: 2, kernelSize: 1 })(x)),
    );
    const network = model({ inputs: x, outputs: layers.add()([wide, shifted]) });
    const { inputs, windows } = await receptiveField(network, 'add', [7, 4, 1]);
    expect(inputs[0]).toMatchObject({ low: [4, 2, 0], high: [7, 6, 0] });
    expect(windows).toHaveLength(2);
  });

  it('states the padding of a window', async () => {
    const { windows } = await receptiveField(lenet5({ seed: 0 }), 'conv2d', [0, 27, 2]);
    expect(windows[0]).toMatchObject({
      layer: 'input',
      low: [0, 25, 0],
      high: [2, 27, 0],
      outside: { low: [2, 0, 0], high: [0, 2, 0] },
    });
  });

  it('says where it takes a layer to see everything', async () => {
    const network = await randomModel([layers.lstm({ units: 2, inputShape: [4, 3] })]);
    const field = await receptiveField(network, 'lstm', [0]);
    expect(field.isExact).toBe(false);
    expect(field.inputs[0]).toMatchObject({ low: [0, 0], high: [3, 2] });
  });

  it('refuses places that are not there', async () => {
    await expect(receptiveField(lenet5({ seed: 0 }), 'dense', [120])).rejects.toThrow(/\[0…119\]/);
  });
});
