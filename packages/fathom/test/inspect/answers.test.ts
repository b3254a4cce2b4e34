import { describe, expect, it } from 'vitest';
import { layers, type Model, model } from '../../src/index.ts';
import { activations, answers, gradients, pageHtml, saliency } from '../../src/inspect/index.ts';
import { someNumbers } from './support.ts';

const { concatenate, conv2d, dense, flatten, input, lstm } = layers;
const REFERENCE = { backend: 'reference' } as const;

/** A picture and a row in; a class, yes or no, and a box out. */
function twoByThree(): Model {
  const picture = input({ shape: [6, 6, 3], name: 'picture' });
  const row = input({ shape: [4], name: 'row' });
  const maps = conv2d({ filters: 3, kernelSize: 3, activation: 'relu' })(picture);
  const joined = concatenate()([flatten()(maps), dense({ units: 5, activation: 'tanh' })(row)]);
  const kind = dense({ units: 3, activation: 'softmax', name: 'kind' })(joined);
  const found = dense({ units: 1, activation: 'sigmoid', name: 'found' })(joined);
  const box = dense({ units: 4, name: 'box' })(joined);
  return model({ inputs: [picture, row], outputs: [kind, found, box], seed: 3 }) as never;
}

const x = [
  { data: someNumbers(108, 2), shape: [1, 6, 6, 3] },
  { data: someNumbers(4, 3), shape: [1, 4] },
];

describe('answers', () => {
  it('says for each output what it tells', async () => {
    const network = twoByThree();
    const [kind, found, box] = answers(network, await activations(network, x, REFERENCE));
    const expected = (await network.predict(x as never)) as never as { data: Float32Array }[];
    expect(kind!.classes).toEqual(['0', '1', '2']);
    expect(kind!.probabilities).toEqual(Array.from(kind!.values));
    expect(found!.classes).toEqual(['no', 'yes']);
    expect(found!.probabilities[1]).toBe(found!.values[0]);
    expect(box).toMatchObject({ layer: 'box', classes: [], probabilities: [] });
    for (const [i, { values }] of [kind!, found!, box!].entries()) {
      values.forEach((value, at) => {
        expect(value).toBeCloseTo(expected[i]!.data[at]!, 6);
      });
    }
  });

  it('takes four numbers for logits where there are names for them', async () => {
    const network = twoByThree();
    const all = await activations(network, x, REFERENCE);
    const [, , box] = answers(network, all, ['a', 'b', 'c', 'd']);
    const powers = Array.from(box!.values, Math.exp);
    const total = powers.reduce((a, b) => a + b, 0);
    box!.probabilities.forEach((p, i) => {
      expect(p).toBeCloseTo(powers[i]! / total, 6);
    });
    expect(box!.classes).toEqual(['a', 'b', 'c', 'd']);
  });

  it('knows which result of a layer an output is', async () => {
    const steps = input({ shape: [4, 2] });
    const [y, h, c] = lstm({ units: 3, returnSequences: true, returnState: true })(steps) as never as [
      never,
      never,
      never,
    ];
    const perStep = dense({ units: 5, activation: 'softmax' })(y);
    const network = model({ inputs: steps, outputs: [c, perStep, h], seed: 1 }) as never as Model;
    const sample = { data: someNumbers(8), shape: [1, 4, 2] };
    const found = answers(network, await activations(network, sample, REFERENCE));
    expect(found.map(({ result, shape }) => [result, shape])).toEqual([
      [2, [3]],
      [0, [4, 5]],
      [1, [3]],
    ]);
    expect(found[1]).toMatchObject({ classes: ['0', '1', '2', '3', '4'], probabilities: [] });
    const expected = (await network.predict(sample)) as never as { data: Float32Array }[];
    for (const [i, { values }] of found.entries()) {
      values.forEach((value, at) => {
        expect(value).toBeCloseTo(expected[i]!.data[at]!, 6);
      });
    }
  });
});

describe('several inputs and outputs', () => {
  it('have a saliency for each input and output, that of a small step', async () => {
    const network = twoByThree();
    const { values } = await saliency(network, x, 2, { ...REFERENCE, output: 2, input: 1 });
    const box = async (at: number, step: number) => {
      const moved = [x[0]!, { ...x[1]!, data: x[1]!.data.map((v, i) => (i === at ? v + step : v)) }];
      return answers(network, await activations(network, moved, REFERENCE))[2]!.values[2]!;
    };
    for (let at = 0; at < 4; at++) {
      const slope = ((await box(at, 1e-2)) - (await box(at, -1e-2))) / 2e-2;
      expect(Math.abs(values[at]! - slope)).toBeLessThan(2e-3);
    }
    const noisy = await saliency(network, x, 0, { ...REFERENCE, method: 'smoothGrad', samples: 3 });
    expect(noisy.shape).toEqual([6, 6, 3]);
    await expect(saliency(network, x, 0, { input: 2 })).rejects.toThrow(
      'saliency: expected an input 0…1 of float32 numbers; received 2.',
    );
  });

  it('make one page about the output that is asked for', async () => {
    const network = twoByThree();
    const html = await pageHtml(network, x, { ...REFERENCE, output: 1 });
    const [, found] = answers(network, await activations(network, x, REFERENCE));
    const yes = found!.probabilities[1]!;
    const share = `${(100 * Math.max(yes, 1 - yes)).toFixed(1)} %`;
    expect(html).toContain(`Prediction of found: ${yes > 0.5 ? 'yes' : 'no'} (${share})`);
    expect(html).toContain('What all outputs give');
    expect(html).toContain('picture, as the network gets it');
    expect(html).toContain('row: what goes in');
    expect(html).toContain('Saliency of picture for yes');
    expect(await pageHtml(network, x, { ...REFERENCE, output: 2 })).toContain('Input and result of box');
    await expect(pageHtml(network, x, { output: 3 })).rejects.toThrow('expected an output 0…2; received 3');
    await expect(pageHtml(network, x, { output: 2, classIndex: 1 })).rejects.toThrow('box gives numbers');
    await expect(pageHtml(network, x, { output: 1, classIndex: 0 })).rejects.toThrow(
      'expected class 1 of found',
    );
  });

  it('have gradients of the loss of one output', async () => {
    const network = twoByThree();
    const { layers: own, loss } = await gradients(network, x, 1, { ...REFERENCE, output: 1 });
    const [, found] = answers(network, await activations(network, x, REFERENCE));
    expect(loss).toBeCloseTo(-Math.log(found!.probabilities[1]!), 5);
    expect(own.find(({ id }) => id === 'kind')!.preActivationGradient).toBeUndefined();
  });
});
