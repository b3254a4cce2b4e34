import { describe, expect, it } from 'vitest';
import { layers, losses, type Model, model, sequential } from '../../src/index.ts';
import {
  activations,
  answers,
  gradients,
  type PageOptions,
  pageHtml,
  saliency,
  type Target,
} from '../../src/inspect/index.ts';
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
    const says = yes > 0.5 ? 'yes' : 'no';
    expect(html).toContain(`Saliency of picture for ${says}`);
    expect(html).toContain(`Grad-CAM: where in picture conv2d speaks for ${says}`);
    // One number speaks for yes; what speaks against it speaks for no.
    const [against, spoken] = await Promise.all(
      [0, 1].map((classIndex) => pageHtml(network, x, { ...REFERENCE, output: 1, classIndex })),
    );
    expect(against).toContain('Grad-CAM: where in picture conv2d speaks for no');
    expect(spoken).toContain('Grad-CAM: where in picture conv2d speaks for yes');
    const heat = (page: string) => /<img[^>]*alt="[^"]*grad-CAM[^>]*>/.exec(page)![0].match(/src="[^"]*/)![0];
    expect(heat(against!)).not.toBe(heat(spoken!));
    expect(heat(html)).toBe(heat(yes > 0.5 ? spoken! : against!));
    const box = await pageHtml(network, x, { ...REFERENCE, output: 2 });
    expect(box).toContain('Input and result of box');
    expect(box).toContain('There is no grad-CAM: it shows where something speaks for a class');
    expect(box).not.toContain('and its gradients');
    await expect(pageHtml(network, x, { output: 3 })).rejects.toThrow('expected an output 0…2; received 3');
    await expect(pageHtml(network, x, { output: 2, classIndex: 1 })).rejects.toThrow('box gives numbers');
    await expect(pageHtml(network, x, { output: 1, classIndex: 2 })).rejects.toThrow(
      'expected class 0 or 1 of found; received 2.',
    );
  });

  it('have on the page the loss that each was trained with, and its gradients beside a small step', async () => {
    const network = twoByThree();
    network.compile({
      loss: [losses.sparseCategoricalCrossentropy(), null, losses.huber()] as never,
      lossWeights: [1, 1, 0.5],
      ...REFERENCE,
    });
    const number = (text: string) => Number(text.replaceAll('−', '-'));
    const pageOf = async (options: PageOptions, target: Target) => {
      const html = await pageHtml(network, x, { ...REFERENCE, ...options });
      const { output } = options;
      const all = await gradients(network, x, target, { ...REFERENCE, output });
      const [, loss] = /<p class="formula">L = .*= ([^<]*)<\/p>/.exec(html)!;
      expect(Math.abs(number(loss!) - all.loss)).toBeLessThan(2e-3 * Math.max(0.1, all.loss));
      expect(html).toContain(all.objective.words);
      const largest = all.weights.flatMap(({ gradient }) => Array.from(gradient, Math.abs));
      const [, value, check] = /is ([−\d.e]+); by trying,.*comes to ([−\d.e]+)\.<\/p>/.exec(html)!;
      expect(Math.abs(number(value!))).toBeCloseTo(Math.max(...largest), 2);
      expect(number(check!)).toBeCloseTo(number(value!), 2);
      return html;
    };
    const kind = await pageOf({ output: 0, classIndex: 2, classes: ['a', 'b', 'c'] }, 2);
    expect(kind).toContain('Loss of kind, and its gradients');
    expect(kind).toContain(
      'Here c is taken for right. L is the loss that the network is trained with: sparse',
    );
    const box = await pageOf({ output: 2, target: [1, 2, 3, 4] }, [[1, 2, 3, 4]]);
    expect(box).toContain('Here 1, 2, 3, 4 is taken for right.');
    expect(box).toContain('huber, delta 1, times 0.5, what it counts');
    const found = await pageOf({ output: 1, classIndex: 1 }, 1);
    expect(found).toContain('This output was not trained, it has no loss');
    await expect(pageHtml(network, x, { output: 2, target: [1] })).rejects.toThrow(
      'expected a target of 4 numbers, as box gives; received 1.',
    );
    await expect(pageHtml(network, x, { output: 0, target: [1, 0, 0] })).rejects.toThrow(
      'expected no target, since kind tells classes apart',
    );
  });

  it('say on the page that a large network is not tried by a small step', async () => {
    const large = sequential([
      conv2d({ filters: 256, kernelSize: 3, inputShape: [18, 18, 2] }),
      conv2d({ filters: 48, kernelSize: 3 }),
      flatten(),
      dense({ units: 2, activation: 'softmax' }),
    ]);
    const html = await pageHtml(large, { data: new Float32Array(648).fill(0.5), shape: [1, 18, 18, 2] });
    expect(html).toContain(
      'Gradients are not tried by a small step here: that runs a network of 23 million multiply-adds',
    );
    expect(html).not.toContain('by trying');
  });

  it('have a table of what was written for each row', async () => {
    const network = twoByThree();
    const written = ['a', 'b', 'c', 'd'].map((name, i) => ({ name, value: 10 * i }));
    const html = await pageHtml(network, x, { ...REFERENCE, written: [undefined, written] });
    expect(html).toMatch(/<caption>row: what goes in<\/caption>[\s\S]*As written[\s\S]*>d<\/th><td>30</);
    await expect(
      pageHtml(network, x, { ...REFERENCE, written: [undefined, written.slice(1)] }),
    ).rejects.toThrow('expected 4 written numbers, as row has; received 3.');
  });

  it('have gradients of the loss of one output', async () => {
    const network = twoByThree();
    const { layers: own, loss } = await gradients(network, x, 1, { ...REFERENCE, output: 1 });
    const [, found] = answers(network, await activations(network, x, REFERENCE));
    expect(loss).toBeCloseTo(-Math.log(found!.probabilities[1]!), 5);
    expect(own.find(({ id }) => id === 'kind')!.preActivationGradient).toBeUndefined();
  });
});
