import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import { fuse } from '../../src/compiler/fuse.ts';
import { spreadLayouts } from '../../src/compiler/layout.ts';
import { rewriteGraph } from '../../src/compiler/simplify.ts';
import { conv2d } from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { input, tileTransform } from '../../src/ops/index.ts';
import { winograd } from '../../src/ops/winograd.ts';
import { evaluate } from '../../src/runtime.ts';
import { expectAgreement } from '../support/compare.ts';
import { exact } from '../support/differences.ts';
import { seeded } from '../support/random.ts';
import { graphOf, simulate } from './support/machine.ts';
import { WASM } from './support/targets.ts';

/** Planes of the transformed pictures: B·I·J·C elements; 4096 bytes apart they would share a cache set. */
const convolution = (channels: number) => {
  const x = input('x', [4, 10, 18, channels]);
  const w = input('w', [3, 3, channels, 16]);
  return { x, w, y: conv2d(x, w) };
};

function layoutsOf(y: Tensor) {
  const graph = rewriteGraph(graphOf([y]), [winograd]);
  return [...spreadLayouts(graph, fuse(graph)).strides];
}

describe('spreadLayouts', () => {
  it('puts a gap between planes that are a multiple of 4096 bytes apart', () => {
    const { y } = convolution(32);
    const layouts = layoutsOf(y);
    expect(layouts.length).toBeGreaterThan(0);
    for (const [node, strides] of layouts) {
      const plane = node.shape.slice(2).reduce((a, b) => a * b);
      expect(strides[1]).toBeGreaterThan(plane);
      expect((4 * strides[1]!) % 4096).toBeGreaterThan(0);
      expect(strides[0]).toBe(strides[1]! * node.shape[1]!);
    }
  });

  it('leaves planes alone that are apart already, and what is seen from outside', () => {
    const x = input('x', [4, 10, 18, 32]);
    const matrix = [[1, 0, 1], [0, 1, 0], [1, 1, 1], [1, 0, 0]]; // biome-ignore format: a matrix
    expect(layoutsOf(tileTransform(x, { matrix, stride: 1 }))).toEqual([]);
    expect(layoutsOf(convolution(17).y).filter(([node]) => node.shape[5] === 17)).toEqual([]);
  });

  it('puts pictures one after the other, where all together are too large for the caches', () => {
    const of = (batch: number, side: number, channels: number) => {
      const x = input('x', [batch, side, side, channels]);
      return layoutsOf(conv2d(x, input('w', [3, 3, channels, channels])));
    };
    const bySample = (layouts: ReturnType<typeof layoutsOf>) =>
      layouts.filter(([{ shape }, strides]) => strides[2] === strides[0]! * shape[0]!);
    // 32 pictures of 8 × 8 tiles, 36 values of each for 32 channels: 9.4 MB, and as much for the results.
    const large = bySample(of(32, 34, 32));
    expect(large).toHaveLength(2);
    for (const [{ shape }, strides] of large) {
      expect(strides[1]).toBeGreaterThanOrEqual(8 * 8 * 32);
      expect(strides[0]).toBe(strides[1]! * shape[1]!);
      expect(strides.slice(3)).toEqual([8 * 32, 32, 1]);
    }
    expect(bySample(of(8, 34, 32)), 'small enough for the caches').toEqual([]);
    expect(bySample(of(4, 66, 64)), 'too few pictures').toEqual([]);
    expect(bySample(of(512, 14, 32)), 'too few tiles in each').toEqual([]);
    expect(bySample(of(32, 34, 128)), 'a factor of 36 × 128 × 128').toEqual([]);
  });

  it('lets threads go with a picture through products and assembly', () => {
    const [x, w] = [input('x', [32, 34, 34, 32]), input('w', [3, 3, 32, 32])];
    const program = compile(graphOf([conv2d(x, w)], new Map([x, w].map((leaf) => [leaf, 0]))), WASM, [
      winograd,
    ]);
    const product = program.launches.find(({ name }) => name === 'contract')!;
    const together = program.launches.filter(({ stage }) => stage === product.stage).map(({ name }) => name);
    expect(together).toEqual(['tileTransform', 'contract', 'tileAssemble']);
    expect(product.chunks).toBe(32);
    // Transformed pictures and products live in a chunk only: in memory of each thread's own.
    expect(program.buffers.filter(({ kind }) => kind === 'scratch')).toHaveLength(2);
  });

  it('changes no result', async () => {
    const { x, w, y } = convolution(32);
    const random = seeded(1);
    const feeds = new Map([x, w].map((node) => [node, Float64Array.from({ length: node.size }, () => Math.fround(2 * random() - 1))])); // biome-ignore format: one line
    const program = compile(graphOf([y], feeds), WASM, [winograd]);
    const [expected] = await evaluate([y], feeds, exact);
    expectAgreement(simulate(program, feeds).outputs[0]!, expected!, 'sum', 'the convolution');
  });
});
