import { layers, sequential } from 'fathom';
import { describe, expect, it } from 'vitest';
import { kernelSheet, kernelSheets } from '../../src/engine/kernels.ts';

const { conv2d, dense, flatten, separableConv2d } = layers;

describe('the kernels of a network', () => {
  it('are shown of every convolution, each on the channel that is asked for', async () => {
    const model = sequential([
      conv2d({ filters: 4, kernelSize: 3, inputShape: [8, 8, 1] }),
      conv2d({ filters: 5, kernelSize: 2 }),
      separableConv2d({ filters: 3, kernelSize: 2 }),
    ]);
    const weights = await model.getWeights();
    const sheets = kernelSheets(weights, [8, 8, 1]);
    expect(sheets.map(({ layer, channel, channels, total }) => [layer, channel, channels, total])).toEqual([
      [model.layers[0]!.name, 0, 1, 4],
      [model.layers[1]!.name, 0, 4, 5],
      [model.layers[2]!.name, 0, 5, 1],
    ]);
    const { layer } = sheets[1]!;
    const { data } = weights.find(({ name }) => name === `${layer}/kernel`)!;
    for (const channel of [0, 2, 3]) {
      const { values } = kernelSheet(weights, layer, channel);
      values.forEach((kernel, map) => {
        // [rows, columns, channels, maps] = [2, 2, 4, 5].
        expect([...kernel]).toEqual([0, 1, 2, 3].map((at) => data[(at * 4 + channel) * 5 + map]));
      });
    }
    for (const channel of [4, -1, undefined])
      expect(() => kernelSheet(weights, layer, channel)).toThrow(`${layer}: there is no convolution`);
  });

  it('on pictures in colour are shown in colour, or on one of the three', async () => {
    const model = sequential([conv2d({ filters: 2, kernelSize: 3, inputShape: [8, 8, 3] })]);
    const weights = await model.getWeights();
    const [sheet] = kernelSheets(weights, [8, 8, 3]);
    expect(sheet).toMatchObject({ isColour: true, channel: undefined, channels: 3 });
    const green = kernelSheet(weights, sheet!.layer, 1);
    expect(green.isColour).toBe(false);
    expect([...green.values[1]!]).toEqual([...sheet!.values[1]!].filter((_, i) => i % 3 === 1));
  });

  it('of a dense layer that sees the picture are laid out as the picture', async () => {
    const model = sequential([flatten({ inputShape: [4, 5, 1] }), dense({ units: 3 })]);
    const [sheet, ...others] = kernelSheets(await model.getWeights(), [4, 5, 1]);
    expect(sheet).toMatchObject({ rows: 4, columns: 5, channels: 1, total: 3 });
    expect(others).toEqual([]);
  });
});
