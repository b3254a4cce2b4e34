import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import type { Graph, Program } from '../../src/compiler/program.ts';
import {
  conv2d,
  matmul,
  mean,
  meanSquaredError,
  sparseCategoricalCrossentropy,
} from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { add, gradients, input, reshape, tanh } from '../../src/ops/index.ts';
import { winograd } from '../../src/ops/winograd.ts';
import { CLASSES, describeDirectValues } from './support/directly.ts';
import { WASM } from './support/targets.ts';

const SIDE = 64;
const CHANNELS = 16;

/**
 * Loss and gradients of all weights of a network of two convolutions, whose transformed pictures are 9 MB and more, and of
 * what `head` makes of their results.
 */
function network(
  batch: number,
  head: (h: Tensor) => { loss: Tensor; inputs: readonly Tensor[]; weights: readonly Tensor[] },
): Graph {
  const x = input('x', [batch, SIDE, SIDE, CHANNELS]);
  const [v, w] = ['v', 'w'].map((name) => input(name, [3, 3, CHANNELS, CHANNELS]));
  const bias = input('bias', [CHANNELS]);
  // Smooth: a rounding turns no unit on or off.
  const h = tanh(add(conv2d(x, v!, { padding: 'same' }), bias));
  const { loss, inputs, weights } = head(tanh(conv2d(h, w!, { padding: 'same' })));
  return {
    inputs: [x, v!, bias, w!, ...inputs],
    outputs: [loss, ...gradients(loss, [v!, bias, w!, ...weights])],
    updates: [],
  };
}

/** Classes from the mean over all places, or from all of them. */
const classes = (batch: number, everywhere = false) =>
  network(batch, (h) => {
    const features = everywhere ? reshape(h, [batch, SIDE * SIDE * CHANNELS]) : mean(h, [1, 2]);
    const labels = input('labels', [batch], 'int32');
    const dense = input('dense', [features.shape[1]!, CLASSES]);
    const bias = input('dense bias', [CLASSES]);
    const logits = add(matmul(features, dense), bias);
    const loss = mean(sparseCategoricalCrossentropy(labels, logits, { fromLogits: true }));
    return { loss, inputs: [labels, dense, bias], weights: [dense, bias] };
  });

/** A picture from a picture. */
const picture = (batch: number) =>
  network(batch, (h) => {
    const target = input('target', h.shape);
    return { loss: mean(meanSquaredError(target, h)), inputs: [target], weights: [] };
  });

const compiled = (graph: Graph) => compile(graph, WASM, [winograd]);

/** Stages in which there are gradients of kernels, and stages with a padding of the very first pictures. */
function stagesOf({ launches, inputs }: Program) {
  const stages = (of: (launch: (typeof launches)[number]) => boolean) => [
    ...new Set(launches.filter(of).map(({ stage }) => stage)),
  ];
  return {
    first: stages(({ name, reads }) => name.startsWith('pad') && reads.includes(inputs[0]!)),
    gradients: stages(({ origin }) =>
      origin.some(({ op, shape }) => op === 'contract' && shape[2] === 16 && shape[3] === 1),
    ),
  };
}

describe('bridgeSamples', () => {
  it('makes one stage of forward and backward pass, through a small dense layer and the loss of classes', () => {
    const program = compiled(classes(16));
    const { first, gradients } = stagesOf(program);
    expect(gradients).toEqual(first.slice(0, 1));
    // Of all pictures, those of one sample alone are there at a time.
    const pictures = program.buffers.filter(({ size }) => size >= 16 * SIDE * SIDE * CHANNELS);
    expect(pictures.every(({ kind, size }) => kind === 'arena' && size === 16 * SIDE * SIDE * CHANNELS)).toBe(
      true,
    );
    expect(pictures).toHaveLength(1);
  });

  it('does so through the loss of pictures', () => {
    const { first, gradients } = stagesOf(compiled(picture(16)));
    expect(gradients).toEqual(first.slice(0, 1));
  });

  it('leaves apart what would read a large weight for every sample', () => {
    const { first, gradients } = stagesOf(compiled(classes(16, true)));
    expect(gradients).toHaveLength(1);
    expect(gradients[0]).toBeGreaterThan(first[0]!);
  });

  it('is not there for batches that stay in the caches', () => {
    const { gradients } = stagesOf(compiled(classes(8)));
    expect(gradients).toEqual([]);
  });
});

describeDirectValues(
  'forward and backward pass in one stage',
  () => [classes(16), picture(16)],
  [winograd],
  240_000,
);
