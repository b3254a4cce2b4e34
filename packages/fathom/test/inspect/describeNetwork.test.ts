import { describe, expect, it } from 'vitest';
import { cnn, layers, lenet5, model, sequential } from '../../src/index.ts';
import { describeNetwork, describeStack } from '../../src/inspect/index.ts';

describe('describeNetwork', () => {
  it('counts LeNet-5 as the textbooks do', () => {
    const { nodes, edges, totals, inputs, outputs } = describeNetwork(lenet5({ seed: 0 }));
    expect(nodes.map(({ id }) => id)).toEqual([
      'input',
      'conv2d',
      'maxPooling2d',
      'conv2d_1',
      'maxPooling2d_1',
      'flatten',
      'dense',
      'dense_1',
      'dense_2',
    ]);
    expect(nodes.map(({ parameters }) => parameters)).toEqual([0, 156, 0, 2416, 0, 0, 48120, 10164, 850]);
    expect(nodes[1]!.multiplyAdds).toBe(28 * 28 * 25 * 6);
    expect(nodes[3]!.multiplyAdds).toBe(10 * 10 * 25 * 6 * 16);
    expect(totals.multiplyAdds).toBe(117600 + 240000 + 48000 + 10080 + 840);
    expect(totals.parameters).toBe(61706);
    expect(nodes[1]).toMatchObject({
      activation: 'relu',
      outputShape: [28, 28, 6],
      activationBytes: 4 * 4704,
    });
    expect(edges).toHaveLength(8);
    expect(inputs).toEqual(['input']);
    expect(outputs).toEqual(['dense_2']);
    expect(JSON.parse(JSON.stringify(describeNetwork(cnn({ seed: 0 })))).totals.parameters).toBe(34826);
  });

  it('counts the iterations of loops', () => {
    const network = sequential([layers.simpleRnn({ units: 4, inputShape: [5, 3] })], { seed: 0 });
    // Input projection 5·3·4, and 5 times 4·4.
    expect(describeNetwork(network).nodes[1]!.multiplyAdds).toBe(60 + 80);
  });

  it('takes models inside models apart, and counts shared weights once', () => {
    const inner = sequential([layers.dense({ units: 3, inputShape: [3], name: 'd' })], {
      name: 'inner',
      seed: 0,
    });
    const x = layers.input({ shape: [3] });
    const network = model({ inputs: x, outputs: layers.add()([inner(inner(x)), x]) });
    const { nodes, edges, totals } = describeNetwork(network);
    expect(nodes.map(({ id }) => id)).toEqual(['input', 'inner/d', 'inner/d#2', 'add']);
    expect(edges.map(({ from, to }) => `${from}→${to}`)).toEqual([
      'input→inner/d',
      'inner/d→inner/d#2',
      'inner/d#2→add',
      'input→add',
    ]);
    expect(totals.parameters).toBe(12);
  });

  it('shows frozen weights', () => {
    const network = sequential([layers.dense({ units: 2, inputShape: [3], trainable: false })], { seed: 0 });
    expect(describeNetwork(network).nodes[1]).toMatchObject({ parameters: 8, trainableParameters: 0 });
  });
});

describe('describeStack', () => {
  it('describes layers while they are put together', () => {
    const {
      layers: described,
      problem,
      totals,
    } = describeStack(
      [28, 28, 1],
      [
        { type: 'conv2d', filters: 6, kernelSize: 5, padding: 'same' },
        { type: 'flatten' },
        { type: 'dense', units: 10 },
      ],
    );
    expect(described.map(({ outputShape }) => outputShape)).toEqual([[28, 28, 6], [4704], [10]]);
    expect(problem).toBeUndefined();
    expect(totals.parameters).toBe(156 + 47050);
  });

  it.each([
    [
      'a window that does not fit',
      [{ type: 'maxPooling2d', poolSize: 9 }],
      0,
      /at least \[9,9\] for its window/,
    ],
    [
      'a layer that needs a map',
      [{ type: 'flatten' }, { type: 'conv2d', filters: 1, kernelSize: 1 }],
      1,
      /height, width, channels/,
    ],
    ['an option out of range', [{ type: 'dropout', rate: 2 }], 0, /rate.*\[0, 1\]/],
    ['an unknown layer', [{ type: 'conv2' }], 0, /conv2d/],
    [
      'groups that do not divide',
      [{ type: 'conv2d', filters: 3, kernelSize: 1, groups: 2 }],
      0,
      /multiple of groups/,
    ],
    ['more weights than memory', [{ type: 'flatten' }, { type: 'dense', units: 1e9 }], 1, /Use fewer units/],
  ])('explains %s', (_what, list, layer, message) => {
    const stack = describeStack([8, 8, 1], list as never);
    expect(stack.problem).toMatchObject({ layer, message: expect.stringMatching(message) });
    expect(stack.layers).toHaveLength(layer);
  });
});
