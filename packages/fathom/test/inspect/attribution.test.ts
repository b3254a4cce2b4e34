import { describe, expect, it } from 'vitest';
import { layers, lenet5, model, sequential, type Tensor } from '../../src/index.ts';
import {
  explainGradient,
  gradCam,
  gradCamPlaces,
  gradients,
  maximizeActivation,
  occlusion,
  saliency,
} from '../../src/inspect/index.ts';
import { multiply } from '../../src/ops/index.ts';
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
    await expect(gradCam(network, [[1, 2, 3]], 0)).rejects.toThrow(
      /input is no picture: grad-CAM tells where/,
    );
    await expect(gradCam(network, [[1, 2, 3]], 0, { layer: 'dense' })).rejects.toThrow(/maps \[H,W,C\]/);
    const flat = await randomModel([layers.flatten({ inputShape: [3, 3, 1] }), layers.dense({ units: 2 })]);
    await expect(gradCam(flat, someNumbers(9), 0)).rejects.toThrow(
      /No convolution with maps \[H, W, C\] over input leads to dense/,
    );
  });

  it('turns round what speaks for a class into what speaks against it', async () => {
    const network = await randomModel([
      layers.conv2d({ filters: 3, kernelSize: 2, activation: 'tanh', inputShape: [4, 5, 1] }),
      layers.flatten(),
      layers.dense({ units: 1, activation: 'sigmoid' }),
    ]);
    const x = someNumbers(20).map((value) => value / 10);
    const [yes, no] = [await gradCam(network, x, 0), await gradCam(network, x, 0, { against: true })];
    expect(no.weights).toEqual(yes.weights.map((weight) => -weight));
    // What speaks for it at a place does not speak against it there.
    yes.map.forEach((value, i) => {
      expect(value * no.map[i]!).toBe(0);
    });
    expect(Math.max(...yes.map, ...no.map)).toBeGreaterThan(0);
  });
});

/** Two pictures and a row in; classes of the first and the row, a number of both, and one of the row alone. */
function severalPictures() {
  const { conv2d, dense, input } = layers;
  const [left, right, row] = [
    input({ shape: [6, 5, 3], name: 'left' }),
    input({ shape: [4, 7, 1], name: 'right' }),
    input({ shape: [4], name: 'row' }),
  ];
  const one = conv2d({ filters: 3, kernelSize: 3, activation: 'tanh', name: 'one' })(left!);
  const other = conv2d({ filters: 2, kernelSize: 2, activation: 'relu', name: 'other' })(right!);
  const deeper = conv2d({ filters: 4, kernelSize: 2, activation: 'tanh', name: 'deeper' })(other);
  const read = dense({ units: 5, activation: 'tanh', name: 'read' })(row!);
  const joined = layers.concatenate()([layers.flatten()(one), read]);
  const kind = dense({ units: 3, name: 'kind' })(joined);
  const both = dense({ units: 2, name: 'both' })(
    layers.concatenate()([layers.globalAveragePooling2d()(one), layers.flatten()(deeper)]),
  );
  const alone = dense({ units: 2, activation: 'softmax', name: 'alone' })(read);
  // Grown out of the row: maps, but of no picture that goes in.
  const drawn = conv2d({ filters: 1, kernelSize: 2, name: 'drawn' })(
    layers.reshape({ targetShape: [2, 2, 1] })(dense({ units: 4 })(layers.flatten()(one))),
  );
  const outputs = [kind, both, alone, drawn];
  return model({ inputs: [left!, right!, row!], outputs, seed: 5 });
}

describe('gradCam of several inputs and outputs', () => {
  const data = [
    { data: someNumbers(90, 2).map((value) => value / 10), shape: [1, 6, 5, 3] },
    { data: someNumbers(28, 3).map((value) => value / 10), shape: [1, 4, 7, 1] },
    { data: someNumbers(4, 4).map((value) => value / 10), shape: [1, 4] },
  ];

  it('knows which convolution goes over which picture and leads to which output', async () => {
    const network = severalPictures();
    const of = async (output: number) => (await gradCamPlaces(network, output)).map(({ layer }) => layer);
    expect(await of(0)).toEqual(['one', undefined, undefined]);
    expect(await of(1)).toEqual(['one', 'deeper', undefined]);
    expect(await of(2)).toEqual([undefined, undefined, undefined]);
    // Behind a dense layer maps are those of no picture any more.
    expect(await of(3)).toEqual(['one', undefined, undefined]);
    const [, right, row] = await gradCamPlaces(network);
    expect(right!.problem).toContain('No convolution with maps [H, W, C] over right leads to kind');
    expect(row!.problem).toContain('row is no picture');
    await expect(gradCamPlaces(network, 4)).rejects.toThrow('expected an output 0…3; received 4');
  });

  it.each([
    ['kind', 0, undefined, 'one', 'left', [6, 5]],
    ['both', 1, 0, 'one', 'left', [6, 5]],
    ['both', 1, 1, 'deeper', 'right', [4, 7]],
  ] as const)(
    'weighs maps by the slopes of %s (%i, %s)',
    async (_name, output, input, layer, over, heatShape) => {
      const network = severalPictures();
      const cam = await gradCam(network, data, 1, { output, input });
      expect(cam).toMatchObject({ layer, input: over, heatShape });
      expect(cam.heat).toHaveLength(heatShape[0] * heatShape[1]);
      // The score of a class as a loss, whose gradients a small step checks.
      const { shape } = network.network.outputs[output]!;
      const score = (t: Tensor, y: Tensor) => multiply(multiply(t, y), shape[0]!);
      const options = { output, loss: score };
      const target = [Array.from({ length: shape[0]! }, (_, i) => Number(i === 1))];
      const all = await gradients(network, data, target, options);
      const own = all.layers.find(({ id }) => id === layer)!;
      const [height, width, channels] = own.shape as [number, number, number];
      const sums = Array.from({ length: channels }, (_, c) =>
        own.gradient!.reduce((sum, slope, i) => sum + (i % channels === c ? slope : 0), 0),
      );
      sums.forEach((sum, c) => {
        expect(cam.weights[c]).toBeCloseTo(sum / (height * width), 5);
      });
      const of = { layer, place: [1, 1, 1] };
      const { value, check } = await explainGradient(network, data, target, of, options, all);
      expect(value).toBeCloseTo(check, 5);
      const map = Array.from({ length: height * width }, (_, at) =>
        Math.max(
          0,
          sums.reduce((sum, one, c) => sum + (one / (height * width)) * own.values[at * channels + c]!, 0),
        ),
      );
      map.forEach((value, i) => {
        expect(cam.map[i]).toBeCloseTo(value, 5);
      });
    },
  );

  it('refuses inputs and layers without maps for the output', async () => {
    const network = severalPictures();
    const cam = (output: number, options: Parameters<typeof gradCam>[3]) =>
      gradCam(network, data, 0, { output, ...options });
    await expect(cam(2, {})).rejects.toThrow(/No convolution .* over left leads to alone/);
    await expect(cam(0, { input: 1 })).rejects.toThrow(/over right leads to kind/);
    await expect(cam(0, { input: 3 })).rejects.toThrow('expected an input 0…2; received 3');
    await expect(cam(0, { layer: 'deeper' })).rejects.toThrow(
      'expected a layer with maps over left or right or row on which output 0 depends; received deeper',
    );
    expect((await cam(1, { layer: 'other' })).input).toBe('right');
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
