import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import { fuse } from '../../src/compiler/fuse.ts';
import { spreadLayouts } from '../../src/compiler/layout.ts';
import { sumInParts } from '../../src/compiler/parts.ts';
import type { Graph } from '../../src/compiler/program.ts';
import { recomputeLate } from '../../src/compiler/recompute.ts';
import { rewriteGraph, shareEqualNodes } from '../../src/compiler/simplify.ts';
import { conv2d, mean } from '../../src/functional/index.ts';
import { topologicalOrder } from '../../src/ir/graph.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { add, gradients, input, multiply, tanh } from '../../src/ops/index.ts';
import { winograd } from '../../src/ops/winograd.ts';
import { describeDirectValues } from './support/directly.ts';
import { WASM } from './support/targets.ts';

const SIDE = 64;
const CHANNELS = 16;

/** Two layers and the gradients of both kernels; transformed, the pictures of all samples are 9 MB and more. */
function twoLayers(batch: number): Graph {
  const x = input('x', [batch, SIDE, SIDE, CHANNELS]);
  const [v, w] = ['v', 'w'].map((name) => input(name, [3, 3, CHANNELS, CHANNELS]));
  const bias = input('bias', [CHANNELS]);
  // Smooth: a rounding turns no unit on or off.
  const h = tanh(add(conv2d(x, v!, { padding: 'same' }), bias));
  const y = conv2d(h, w!, { padding: 'same' });
  // Its gradient needs all of it, as that of a network's loss.
  const all = mean(multiply(y, y));
  const loss = multiply(all, all);
  const inputs = [x, v!, bias, w!];
  return { inputs, outputs: [loss, ...gradients(loss, inputs)], updates: [] };
}

function recomputed(graph: Graph) {
  const shared = shareEqualNodes(rewriteGraph(graph, [winograd]));
  const { bySample } = spreadLayouts(shared, fuse(shared));
  const { graph: inParts, sums } = sumInParts(shared, bySample);
  return recomputeLate(inParts, sums, bySample);
}

describe('recomputeLate', () => {
  it('transforms the pictures of the forward pass again for the gradients of kernels', () => {
    const { graph, late } = recomputed(twoLayers(16));
    const names = [...late].map(({ op }) => op.name);
    expect(names.filter((name) => name === 'tileTransform')).toHaveLength(2);
    const order = topologicalOrder(graph.outputs);
    for (const node of late) {
      expect(order.filter(({ inputs }) => inputs.includes(node))).toHaveLength(1);
    }
    // The gradient of the results is transformed once: both that use it do so at once. Beside it there are the pictures
    // of two layers in the forward pass, and the kernels of both.
    expect(order.filter((node) => node.op.name === 'tileTransform' && !late.has(node))).toHaveLength(6);
  });

  it('keeps padded pictures, and pads again only what stays anyway', () => {
    const given = twoLayers(16);
    const { graph, late } = recomputed(given);
    const [again, ...others] = [...late].filter(({ op }) => op.name === 'pad');
    expect(others).toEqual([]);
    expect(again!.inputs, 'an input of the graph').toEqual([given.inputs[0]]);
    const order = topologicalOrder(graph.outputs);
    const usersOf = (node: Tensor) => order.filter(({ inputs }) => inputs.includes(node));
    const [activation, ...more] = order.filter(({ op }) => op.name === 'tanh');
    expect(more).toEqual([]);
    // The gradient of tanh reads it where it has been padded to.
    const [pad, ...none] = usersOf(activation!);
    expect([pad!.op.name, none]).toEqual(['pad', []]);
    const readers = usersOf(pad!).map(({ op }) => op.name);
    expect(readers.toSorted()).toEqual(['slice', 'tileTransform', 'tileTransform']);
  });

  it('pads again what is an output of the graph', () => {
    const given = twoLayers(16);
    const [activation] = topologicalOrder(given.outputs).filter(({ op }) => op.name === 'tanh');
    const { late } = recomputed({ ...given, outputs: [...given.outputs, activation!] });
    expect([...late].filter(({ op }) => op.name === 'pad')).toHaveLength(2);
  });

  it('leaves alone what is small enough for the caches, and batches without parts', () => {
    const small = recomputed(twoLayers(8));
    expect(small.late.size).toBe(0);
    // Seventeen samples are seventeen parts, but those of a larger prime are none.
    expect(recomputed(twoLayers(17)).late.size).toBeGreaterThan(0);
    expect(recomputed(twoLayers(67)).late.size).toBe(0);
  });

  it('leaves no transformed picture in memory', () => {
    const program = compile(twoLayers(16), WASM, [winograd]);
    const transforms = program.launches.filter(({ name }) => name === 'tileTransform');
    const kinds = transforms.map(({ writes }) => program.buffers[writes[0]!]!);
    // Two in the forward pass, two again, two of gradients; and the kernels of both, which are small.
    expect(kinds.filter(({ kind }) => kind === 'scratch')).toHaveLength(6);
    for (const { kind, size } of kinds) if (kind !== 'scratch') expect(size).toBeLessThan(40 * CHANNELS ** 2);
    const isSum = ({ op, shape }: { op: string; shape: readonly number[] }) =>
      op === 'contract' && shape[2] === 16 && shape[3] === 1;
    const sums = program.launches.filter(({ origin }) => origin.some(isSum));
    expect(sums.map(({ writes }) => program.buffers[writes[0]!]!.kind)).toEqual(['scratch', 'scratch']);
  });
});

describeDirectValues(
  'kernels whose gradients are summed up in parts',
  () => [twoLayers(16)],
  [winograd],
  240_000,
);
