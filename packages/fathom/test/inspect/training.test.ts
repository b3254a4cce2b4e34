import { describe, expect, it } from 'vitest';
import { layers, lenet5, normalize, sequential, syntheticDigits } from '../../src/index.ts';
import {
  activations,
  compareTransformed,
  contributions,
  deadUnits,
  decisionGrid,
  featureMaps,
  filters,
  forget,
  gradientHistograms,
  histogram,
  inputPicture,
  updateRatios,
  weightHistograms,
  weightSnapshot,
  worstMistakes,
} from '../../src/inspect/index.ts';
import { randomModel, someNumbers } from './support.ts';

const digits = syntheticDigits({ seed: 4, count: 40 });
const images = normalize(digits.images);

describe('activations', () => {
  it('are what predict gives, also when nothing is compiled anew, and follow training', async () => {
    const model = lenet5({ seed: 2 });
    model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
    const one = images.slice(0, 784);
    for (let round = 0; round < 2; round++) {
      const all = await activations(model, one);
      expect(all.layers.at(-1)!.values).toEqual((await model.predict(one)).data);
      expect(all.outputs).toEqual(['dense_2']);
      expect(all.layers[0]!.values).toEqual(one);
      const { values, range } = all.layers[1]!;
      expect(range).toMatchObject({ min: Math.min(...values), max: Math.max(...values) });
      await model.trainOnBatch(images, digits.labels);
    }
    await forget(model);
    expect((await activations(model, one)).layers).toHaveLength(9);
  });

  it('refuse NaN and samples of another shape', async () => {
    await expect(activations(lenet5(), new Float32Array(784).fill(Number.NaN))).rejects.toThrow(/NaN/);
    await expect(activations(lenet5(), new Float32Array(783))).rejects.toThrow(/784/);
  });
});

describe('contributions', () => {
  it('sum to the map before its activation', async () => {
    const model = lenet5({ seed: 2 });
    const all = await activations(model, images.slice(0, 784));
    const { channels, bias, preActivation, shape } = await contributions(model, all, 'conv2d_1', 3);
    expect(shape).toEqual([10, 10]);
    expect(channels).toHaveLength(6);
    preActivation.forEach((z, i) => {
      expect(channels.reduce((sum, { values }) => sum + values[i]!, bias[i]!)).toBeCloseTo(z, 5);
    });
    await expect(contributions(model, all, 'maxPooling2d', 0)).rejects.toThrow(/a convolution or its like/);
  });
});

describe('pictures', () => {
  it('scale as they say', () => {
    const at = (values: number[], scaling?: 'range' | 'symmetric' | 'unit') =>
      featureMaps({ values: Float32Array.from(values), shape: [values.length] }, { scaling })[0]!;
    expect([...at([1, 2, 3]).pixels]).toEqual([0, 128, 255]);
    expect(at([1, 2, 3])).toMatchObject({ scaling: 'range', low: 1, high: 3 });
    expect([...at([-1, 0, 0.5]).pixels]).toEqual([0, 128, 191]);
    expect([...at([-1, 0.5, 2], 'unit').pixels]).toEqual([0, 128, 255]);
    expect([...at([5, 5]).pixels]).toEqual([0, 0]);
  });

  it('draw a map for each channel, on one scale or each on its own', () => {
    const values = Float32Array.of(0, 0, 1, 10, 2, 20, 3, 30);
    const [a, b] = featureMaps({ values, shape: [2, 2, 2] });
    expect([...a!.pixels]).toEqual([0, 9, 17, 26]);
    expect(b!.high).toBe(30);
    const [own] = featureMaps({ values, shape: [2, 2, 2] }, { scope: 'map' });
    expect([...own!.pixels]).toEqual([0, 85, 170, 255]);
    expect(() => featureMaps({ values, shape: [2, 2, 2, 1] })).toThrow(/a result of shape/);
  });

  it('draw kernels, and dense units over the picture they see', async () => {
    const model = lenet5({ seed: 0 });
    expect(await filters(model, 'conv2d')).toHaveLength(6);
    expect(await filters(model, 'conv2d_1')).toHaveLength(96);
    const [kernel] = await model.getWeights();
    const [first] = await filters(model, 'conv2d');
    const most = Math.max(...kernel!.data.map(Math.abs));
    expect(first).toMatchObject({ width: 5, height: 5, scaling: 'symmetric', high: most, low: -most });
    expect(first!.pixels[7]).toBe(Math.round((255 * (kernel!.data[7 * 6]! + most)) / (2 * most)));
    const colour = sequential([layers.conv2d({ filters: 2, kernelSize: 3, inputShape: [8, 8, 3] })], {
      seed: 0,
    });
    expect((await filters(colour, 'conv2d')).map(({ channels }) => channels)).toEqual([3, 3]);
    const flat = sequential([layers.flatten({ inputShape: [28, 28, 1] }), layers.dense({ units: 3 })], {
      seed: 0,
    });
    expect((await filters(flat, 'dense')).map(({ width, height }) => [width, height])).toEqual(
      new Array(3).fill([28, 28]),
    );
    await expect(filters(model, 'flatten')).rejects.toThrow(/with kernels/);
    expect(inputPicture(await activations(model, images.slice(0, 784)))).toMatchObject({
      width: 28,
      scaling: 'unit',
    });
  });
});

describe('histograms', () => {
  it('count every value, and name the bad ones', () => {
    const one = histogram('w', [6], [0, 1, 2, 3, 4, Number.NaN], 4);
    expect([...one.counts]).toEqual([1, 1, 1, 2]);
    expect([...one.edges]).toEqual([0, 1, 2, 3, 4]);
    expect(one).toMatchObject({ min: 0, max: 4, mean: 2, zeros: 1 / 6, bad: 1 / 6 });
    expect(one.std).toBeCloseTo(Math.SQRT2, 6);
  });

  it('are those of all weights, and of the gradients that training uses', async () => {
    const model = sequential([layers.dense({ units: 10, activation: 'softmax', inputShape: [784] })], {
      seed: 0,
    });
    model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
    const [kernel, bias] = await weightHistograms(model);
    expect(kernel!.counts.reduce((a, b) => a + b)).toBe(7840);
    expect(bias).toMatchObject({ name: 'dense/bias', zeros: 1 });
    const { loss, gradients } = await gradientHistograms(model, images, digits.labels);
    const before = await weightSnapshot(model);
    const logs = await model.trainOnBatch(images, digits.labels);
    expect(loss).toBeCloseTo(logs.loss!, 5);
    const [ratio] = await updateRatios(model, before);
    // Plain gradient descent moves by the rate times the gradient.
    expect(ratio!.update).toBeCloseTo(0.01 * gradients[0]!.norm, 6);
    expect(ratio!.ratio).toBeCloseTo(ratio!.update / ratio!.weight, 10);
  });

  it('follow dropout and the statistics of the batch', async () => {
    const model = sequential(
      [
        layers.dense({ units: 8, inputShape: [784] }),
        layers.batchNormalization(),
        layers.dropout({ rate: 0.5 }),
        layers.dense({ units: 10, activation: 'softmax' }),
      ],
      { seed: 0 },
    );
    const losses = [];
    for (const options of [{ seed: 1 }, { seed: 1 }, { seed: 2 }, { training: false }]) {
      losses.push((await gradientHistograms(model, images, digits.labels, options)).loss);
    }
    expect(losses[0]).toBe(losses[1]);
    expect(new Set(losses).size).toBe(3);
    expect(await model.getWeights()).toEqual(await model.getWeights());
  });
});

describe('deadUnits', () => {
  it('finds those that always say the same', async () => {
    const model = sequential(
      [layers.dense({ units: 3, activation: 'relu', inputShape: [1] }), layers.dense({ units: 1 })],
      { seed: 0 },
    );
    model.setWeights([[1, -1, 1], [0, -5, 5], [1, 1, 1], [0]]);
    const [report] = await deadUnits(model, [[-1], [1], [2], [3]]);
    expect(report).toMatchObject({ layer: 'dense', units: 3, dead: [1] });
    expect([...report!.zeros]).toEqual([0.25, 1, 0]);
    expect([...report!.max]).toEqual([3, 0, 8]);
  });
});

describe('worstMistakes', () => {
  it('puts the surest errors first', async () => {
    const model = sequential([layers.dense({ units: 2, useBias: false, inputShape: [1] })], { seed: 0 });
    model.setWeights([[0, 1]]);
    const { worst, wrong, accuracy } = await worstMistakes(model, [[1], [4], [-2], [3]], [0, 0, 0, 1]);
    expect(worst.map(({ index }) => index)).toEqual([1, 0]);
    expect(worst[0]).toMatchObject({ label: 0, predicted: 1 });
    expect(worst[0]!.loss).toBeCloseTo(Math.log(1 + Math.exp(4)), 5);
    expect(worst[0]!.probability + worst[0]!.confidence).toBeCloseTo(1, 6);
    expect({ wrong, accuracy }).toEqual({ wrong: 2, accuracy: 0.5 });
    await expect(worstMistakes(model, [[1]], [0, 1])).rejects.toThrow(/a label for each of 1/);
  });
});

describe('decisionGrid', () => {
  it('asks in the middle of each cell, the top row first', async () => {
    const model = sequential(
      [
        layers.dense({ units: 2, activation: 'relu', inputShape: [2] }),
        layers.dense({ units: 1, activation: 'sigmoid' }),
      ],
      { seed: 0 },
    );
    model.setWeights([[1, 0, 0, 1], [0, 0], [1, -1], [0]]);
    const grid = await decisionGrid(model, { x: [0, 4], y: [0, 2] }, 2);
    expect([...grid.layers[0]!.neurons[0]!]).toEqual([1, 3, 1, 3]);
    expect([...grid.layers[0]!.neurons[1]!]).toEqual([1.5, 1.5, 0.5, 0.5]);
    expect(grid.layers[0]!.ranges).toEqual([
      [1, 3],
      [0.5, 1.5],
    ]);
    expect([...grid.classes]).toEqual([0, 1, 1, 1]);
  });

  it('gives each point to the largest of several', async () => {
    const model = sequential([layers.dense({ units: 3, activation: 'softmax', inputShape: [2] })], {
      seed: 0,
    });
    model.setWeights([
      [1, -1, 0, 0, 0, 0],
      [0, 0, 0.6],
    ]);
    const { classes, outputs } = await decisionGrid(model, { x: [-1.5, 1.5], y: [0, 1] }, 3);
    expect([...classes.slice(0, 3)]).toEqual([1, 2, 0]);
    expect(outputs).toHaveLength(3);
    await expect(decisionGrid(lenet5({ seed: 0 }), { x: [0, 1], y: [0, 1] }, 3)).rejects.toThrow(
      /samples \[2\]/,
    );
  });
});

describe('compareTransformed', () => {
  it('finds convolutions equivariant inside, and pooling where the move is a multiple of its stride', async () => {
    const model = await randomModel([
      layers.conv2d({ filters: 2, kernelSize: 3, activation: 'relu', inputShape: [12, 12, 1] }),
      layers.maxPooling2d(),
      layers.globalAveragePooling2d(),
    ]);
    const even = await compareTransformed(model, someNumbers(144), [0, 2]);
    expect(even.layers.map(({ shift }) => shift)).toEqual([[0, 2], [0, 2], [0, 1], undefined]);
    expect(even.layers.map(({ compares }) => compares).at(-1)).toBe('invariance');
    expect(even.layers[0]!.relative).toBe(0);
    expect(even.layers[1]!.interior!.relative).toBeLessThan(1e-6);
    expect(even.layers[2]!.interior!.relative).toBeLessThan(1e-6);
    expect(even.layers[1]!.interior!.places).toBe(10 * 8);
    const odd = await compareTransformed(model, someNumbers(144), [1, 0]);
    expect(odd.layers[2]).toMatchObject({ isWhole: false });
    expect(odd.layers[2]!.relative).toBeGreaterThan(0.05);
    expect([...odd.moved.slice(0, 12)]).toEqual(new Array(12).fill(0));
  });

  it('finds locally connected layers not equivariant', async () => {
    const model = sequential(
      [layers.locallyConnected2d({ filters: 2, kernelSize: 3, inputShape: [8, 8, 1] })],
      {
        seed: 0,
      },
    );
    const { layers: compared } = await compareTransformed(model, someNumbers(64), [-1, 0]);
    expect(compared[1]!.interior!.relative).toBeGreaterThan(0.5);
  });
});
