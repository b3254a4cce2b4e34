import { describe, expect, it } from 'vitest';
import { layers, lenet5, sequential } from '../../src/index.ts';
import { gradCam, maximizeActivation, occlusion, saliency } from '../../src/inspect/index.ts';
import { randomModel, someNumbers } from './support.ts';

describe('saliency', () => {
  it('is the weights, of a linear model', async () => {
    const network = await randomModel([layers.dense({ units: 3, activation: 'softmax', inputShape: [4] })]);
    const x = Float32Array.of(1, -2, 3, 0);
    const [kernel] = await network.getWeights();
    const row = Array.from({ length: 4 }, (_, i) => kernel!.data[3 * i + 1]!);
    const plain = await saliency(network, x, 1);
    row.forEach((weight, i) => {
      expect(plain.values[i]).toBeCloseTo(weight, 6);
    });
    const times = await saliency(network, x, 1, { method: 'gradientTimesInput' });
    row.forEach((weight, i) => {
      expect(times.values[i]).toBeCloseTo(weight * x[i]!, 6);
    });
    const smooth = await saliency(network, x, 1, { method: 'smoothGrad', samples: 4 });
    row.forEach((weight, i) => {
      expect(smooth.values[i]).toBeCloseTo(weight, 6);
    });
  });

  it('is what a small step shows, and takes the largest channel', async () => {
    const network = await randomModel([
      layers.conv2d({ filters: 2, kernelSize: 3, activation: 'tanh', inputShape: [5, 5, 2] }),
      layers.flatten(),
      layers.dense({ units: 2 }),
    ]);
    const x = someNumbers(50).map((value) => value / 10);
    const { values, magnitude } = await saliency(network, x, 0);
    const at = async (step: number) => {
      const moved = x.slice();
      moved[24]! += step;
      return (await network.predict(moved)).data[0]!;
    };
    expect(values[24]).toBeCloseTo(((await at(1e-2)) - (await at(-1e-2))) / 2e-2, 2);
    expect(magnitude).toHaveLength(25);
    expect(magnitude[12]).toBe(Math.max(Math.abs(values[24]!), Math.abs(values[25]!)));
  });

  it('has one result for one seed', async () => {
    const options = { method: 'smoothGrad', samples: 3, seed: 5 } as const;
    const maps = [];
    for (const seed of [5, 5, 6]) {
      maps.push((await saliency(lenet5({ seed: 0 }), someNumbers(784), 3, { ...options, seed })).values);
    }
    expect(maps[0]).toEqual(maps[1]);
    expect(maps[0]).not.toEqual(maps[2]);
  });

  it('refuses classes that are not there', async () => {
    await expect(saliency(lenet5({ seed: 0 }), someNumbers(784), 10)).rejects.toThrow(
      /class 0…9; received 10/,
    );
  });
});

describe('occlusion', () => {
  it('drops where the network looks', async () => {
    const network = sequential([layers.flatten({ inputShape: [4, 4, 1] }), layers.dense({ units: 2 })], {
      seed: 0,
    });
    const kernel = new Float32Array(32);
    // The second unit sees the pixel in row 2, column 3 alone.
    kernel[2 * (2 * 4 + 3) + 1] = 5;
    network.setWeights([kernel, [0, 0]]);
    const map = await occlusion(network, new Float32Array(16).fill(1), 1, { size: 2, stride: 2 });
    expect(map).toMatchObject({ rows: 2, columns: 2, full: 5 });
    expect([...map.drop]).toEqual([0, 0, 0, 5]);
    expect([...map.covered]).toEqual([5, 5, 5, 0]);
  });

  it('refuses patches that do not fit', async () => {
    await expect(occlusion(lenet5({ seed: 0 }), someNumbers(784), 1, { size: 29 })).rejects.toThrow(
      /fits 28×28/,
    );
  });
});

describe('gradCam', () => {
  it('weighs maps by their mean gradients', async () => {
    const network = await randomModel([
      layers.conv2d({ filters: 2, kernelSize: 1, activation: 'relu', inputShape: [3, 3, 1] }),
      layers.globalAveragePooling2d(),
      layers.dense({ units: 2 }),
    ]);
    const [, , dense] = await network.getWeights();
    const x = someNumbers(9).map(Math.abs);
    const { layer, weights, map, heat, heatShape } = await gradCam(network, x, 1);
    expect(layer).toBe('conv2d');
    expect(weights[0]).toBeCloseTo(dense!.data[1]! / 9, 6);
    expect(weights[1]).toBeCloseTo(dense!.data[3]! / 9, 6);
    expect(map).toHaveLength(9);
    expect(heatShape).toEqual([3, 3]);
    expect(Math.max(...heat)).toBeCloseTo(1, 6);
  });

  it('refuses networks without maps', async () => {
    const network = await randomModel([layers.dense({ units: 2, inputShape: [3] })]);
    await expect(gradCam(network, [[1, 2, 3]], 0)).rejects.toThrow(/with a convolution/);
    await expect(gradCam(network, [[1, 2, 3]], 0, { layer: 'dense' })).rejects.toThrow(/maps \[H,W,C\]/);
  });
});

describe('maximizeActivation', () => {
  it('climbs, stays in range, and follows its seed', async () => {
    const network = lenet5({ seed: 1 });
    const run = (seed: number) => maximizeActivation(network, 'conv2d_1', 4, { steps: 12, seed });
    const [a, b, c] = [await run(0), await run(0), await run(1)];
    expect(a.scores).toHaveLength(13);
    expect(a.scores[12]!).toBeGreaterThan(a.scores[0]! + 0.1);
    expect(Math.min(...a.values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...a.values)).toBeLessThanOrEqual(1);
    expect(a.values).toEqual(b.values);
    expect(a.values).not.toEqual(c.values);
  });

  it('finds the pattern of a linear unit', async () => {
    const network = sequential([layers.dense({ units: 2, inputShape: [4] })], { seed: 0 });
    network.setWeights([
      [1, 0, -1, 0, 1, 0, -1, 0],
      [0, 0],
    ]);
    const { values } = await maximizeActivation(network, 'dense', 0, { steps: 40 });
    [1, 0, 1, 0].forEach((want, i) => {
      expect(Math.abs(values[i]! - want)).toBeLessThan(0.1);
    });
  });

  it('can be ended', async () => {
    const network = lenet5({ seed: 1 });
    const { scores } = await maximizeActivation(network, 'dense', 0, { onStep: (step) => step < 2 });
    expect(scores).toHaveLength(3);
  });
});
