import { PLANE_EXTENT, type PlanePoint, planePoints } from 'fathom';
import { describe, expect, it } from 'vitest';
import { PICTURE, type Plan } from '../../src/engine/neuronTypes.ts';
import { PlaneNetwork } from '../../src/engine/plane.ts';

const base: Plan = {
  hidden: [],
  activation: 'tanh',
  output: 'sigmoid',
  loss: 'crossentropy',
  start: 'glorot',
  rate: 0.5,
  batch: 0,
  seed: 1,
};

async function trained(plan: Partial<Plan>, points: readonly PlanePoint[], steps: number) {
  const network = await PlaneNetwork.create({ ...base, ...plan }, points);
  await network.train(steps, plan.rate ?? base.rate);
  return network;
}

async function accuracy(plan: Partial<Plan>, points: readonly PlanePoint[], steps: number) {
  const network = await trained(plan, points, steps);
  const measure = await network.state();
  await network.dispose();
  return measure;
}

describe('a single neuron', () => {
  it('learns AND, as a perceptron and by logistic regression', async () => {
    const points = planePoints('and', { noise: 0 });
    expect((await accuracy({ output: 'step', start: 'zeros', rate: 0.5 }, points, 60)).accuracy).toBe(1);
    expect((await accuracy({}, points, 400)).accuracy).toBe(1);
  });

  it('cannot learn XOR; one hidden layer can', async () => {
    const points = planePoints('corners');
    expect((await accuracy({}, points, 3000)).accuracy).toBeLessThanOrEqual(0.75);
    const { accuracy: right, loss } = await accuracy({ hidden: [4] }, points, 3000);
    expect(right).toBe(1);
    expect(loss).toBeLessThan(0.1);
  });
});

describe('failures on purpose', () => {
  const points = planePoints('xor', { count: 100, noise: 0 });

  it('weights of 0 get no gradient in the first layer', async () => {
    const network = await trained({ hidden: [4], start: 'zeros' }, points, 50);
    expect((await network.state()).gradients[0]).toBe(0);
    expect((await network.state()).weights[0]!.kernel.flat().every((w) => w === 0)).toBe(true);
    await network.dispose();
  });

  it('weights of 1 keep all units of a layer alike', async () => {
    const network = await trained({ hidden: [4], start: 'ones' }, points, 50);
    const [first] = (await network.state()).weights;
    for (const row of first!.kernel) expect(new Set(row).size).toBe(1);
    await network.dispose();
  });

  it('sigmoids in a row make the gradient vanish', async () => {
    const { gradients } = await accuracy({ hidden: [4, 4, 4, 4, 4], activation: 'sigmoid' }, points, 0);
    expect(gradients[0]!).toBeLessThan(gradients.at(-1)! / 100);
  });
});

it('pictures and weights are those of the network', async () => {
  const points = planePoints('clouds', { count: 20 });
  const network = await trained({ hidden: [3], activation: 'linear', seed: 4 }, points, 0);
  await network.setWeight(0, 1, 2, 2);
  await network.setWeight(0, undefined, 2, 0.5);
  await network.setWeight(0, 0, 2, -1);
  const [first] = (await network.state()).weights;
  expect(first!.kernel.map((row) => row[2])).toEqual([-1, 2]);
  expect(first!.bias[2]).toBe(0.5);
  const pictures = (await network.state()).pictures;
  expect(pictures.map((units) => units.length)).toEqual([3, 1]);
  // The first pixel is the upper left one: x = −3.5 and y = 3.5, but for half a pixel.
  const edge = PLANE_EXTENT - PLANE_EXTENT / PICTURE;
  expect(pictures[0]![2]![0]).toBeCloseTo(edge + 2 * edge + 0.5, 4);
  await network.dispose();
});

it('the same seed gives the same weights', async () => {
  const points = planePoints('spiral', { count: 40 });
  const weights = async (seed: number) => {
    const network = await trained({ hidden: [4], seed, batch: 5 }, points, 20);
    const values = (await network.state()).weights;
    await network.dispose();
    return values;
  };
  expect(await weights(3)).toEqual(await weights(3));
  expect(await weights(3)).not.toEqual(await weights(4));
});

it('a perceptron learns by its own rule, w ← w + α·(t − o)·x', async () => {
  const points: PlanePoint[] = [
    { x: 1, y: -2, label: 1 },
    { x: 0.5, y: 3, label: 0 },
  ];
  const network = await trained({ output: 'step', start: 'zeros', rate: 0.5 }, points, 1);
  const [only] = (await network.state()).weights;
  // Both answers are 0 at first: only the first point is wrong, and a step takes the mean over both.
  expect(only!.kernel.flat()).toEqual([0.25, -0.5]);
  expect(only!.bias).toEqual([0.25]);
  await network.dispose();
});
