import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import { fuse } from '../../src/compiler/fuse.ts';
import { spreadLayouts } from '../../src/compiler/layout.ts';
import { partByPart, partsOfSamples, sumInParts } from '../../src/compiler/parts.ts';
import type { Graph } from '../../src/compiler/program.ts';
import { rewriteGraph, shareEqualNodes } from '../../src/compiler/simplify.ts';
import { conv2d, mean } from '../../src/functional/index.ts';
import { gradients, input, multiply } from '../../src/ops/index.ts';
import { winograd } from '../../src/ops/winograd.ts';
import { at, loadAt, reduction } from './support/nests.ts';
import { WASM } from './support/targets.ts';

/** A layer of 3×3 kernels and the gradient of its kernels. */
function layer(batch: number, side = 64, channels = 16): Graph {
  const x = input('x', [batch, side, side, channels]);
  const w = input('w', [3, 3, channels, channels]);
  const y = conv2d(x, w, { padding: 'same' });
  const loss = mean(multiply(y, y));
  return { inputs: [x, w], outputs: [loss, ...gradients(loss, [w])], updates: [] };
}

function inParts(graph: Graph) {
  const shared = shareEqualNodes(rewriteGraph(graph, [winograd]));
  const { bySample } = spreadLayouts(shared, fuse(shared));
  return { shared, ...sumInParts(shared, bySample) };
}

describe('sumInParts', () => {
  it('sums up the gradient of a kernel in parts over samples, and transforms back before it adds these up', () => {
    const { graph, sums } = inParts(layer(16));
    expect([...sums].map(({ shape }) => shape)).toEqual([[6, 6, 16, 1, 1, 256]]);
    const { bySample, byPart } = spreadLayouts(graph, fuse(graph));
    expect([...byPart]).toEqual([...sums]);
    for (const sum of sums) {
      expect(sum.inputs.map((operand) => bySample.get(operand))).toEqual([16, 16]);
      expect(bySample.has(sum)).toBe(false);
    }
    const program = compile(layer(16), WASM, [winograd]);
    const kept = program.buffers.filter(({ kind, size }) => kind === 'arena' && size >= 16 * 9 * 256);
    expect(
      kept.map(({ size }) => size).filter((size) => size < 16 * 36 * 256),
      'the parts as they are transformed back, not what was summed up',
    ).toEqual([16 * 9 * 256]);
  });

  it('leaves alone what stays in the caches anyway', () => {
    const { shared, graph, sums } = inParts(layer(8));
    expect(sums.size).toBe(0);
    expect(graph.outputs).toEqual(shared.outputs);
  });
});

describe('partsOfSamples', () => {
  it('divides the samples, is no more than pays and no fewer than threads want', () => {
    expect(partsOfSamples(32, 32 * 1000, 100)).toBe(32);
    expect(partsOfSamples(128, 128 * 1000, 100), 'at most 64').toBe(64);
    expect(partsOfSamples(32, 32 * 1000, 200), 'eight are read for each').toBe(16);
    expect(partsOfSamples(32, 32 * 1000, 800)).toBe(1);
    expect(partsOfSamples(17, 1e6, 1)).toBe(17);
    expect(partsOfSamples(127, 1e6, 1), 'a larger prime').toBe(1);
    for (let samples = 1; samples <= 200; samples++) {
      const parts = partsOfSamples(samples, 1e6, 1000);
      expect(samples % parts).toBe(0);
      if (parts > 1) expect(parts).toBeGreaterThanOrEqual(8);
    }
  });
});

describe('partByPart', () => {
  it('makes tasks of what lies furthest apart in the result', () => {
    // [plane, part, channel] of parts that lie one after the other.
    const nest = reduction([36, 4, 16, 9], at(1, [16, 576, 1, 0]), loadAt(0, [144, 5184, 1, 16]));
    expect(partByPart(nest).tasks).toBe(1);
  });
});
