import { describe, expect, it } from 'vitest';
import { printNest } from '../../src/compiler/print.ts';
import { conv2d, matmul, relu } from '../../src/functional/index.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { add, concat, flip, gradients, input, pad, reshape, sum, transpose } from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { distance, expectAgreement } from '../support/compare.ts';
import { exact, plain } from '../support/differences.ts';
import { fuzzGraph } from './support/fuzz.ts';
import { lowered, memoryOf, runNests } from './support/nests.ts';

const printed = (...outputs: Tensor[]) => lowered(outputs).nests.map(printNest).join('\n');

describe('lowerNode', () => {
  it('means what the graph means, before any other pass', async () => {
    for (let seed = 2001; seed <= 2100; seed++) {
      const { graph, feeds, text } = fuzzGraph(seed, 60);
      const outputs = graph.outputs.filter((output) => output.op.lower.kind !== 'alias');
      const expected = await evaluate(graph.outputs, feeds, exact);
      const rounded = await evaluate(graph.outputs, feeds, plain);
      const made = lowered(outputs);
      const leaves = new Map<Tensor, ArrayLike<number>>(feeds);
      for (const leaf of leavesOf(outputs)) leaves.set(leaf.node, leaf.values);
      for (const leaf of leaves.keys()) made.bufferOf(leaf);
      const memory = runNests(made.nests, memoryOf(made, leaves));
      graph.outputs.forEach((output, i) => {
        if (!outputs.includes(output)) return;
        const slack = 10 * distance(rounded[i]!, expected[i]!) + 1e-6;
        expectAgreement(
          memory[made.bufferOf(output)]!,
          expected[i]!,
          'sum',
          `graph ${seed}, ${i}\n${text}`,
          slack,
        );
      });
    }
  });

  it('makes one nest of a product with bias and activation', () => {
    const [x, w, b] = [input('x', [4, 3]), input('w', [3, 5]), input('b', [5])];
    expect(printed(relu(add(matmul(x, w), b)))).toMatchInlineSnapshot(`
      "contract+maximum over i0<4 i1<5 i2<3
        acc sum= mul(b2[3*i0 + 1*i2], b3[1*i1 + 5*i2])
        b0[5*i0 + 1*i1] = max(add(acc, b1[1*i1]), 0)"
    `);
  });

  it('reads through transposes and flips, whose maps cost nothing', () => {
    const x = input('x', [4, 3]);
    expect(printed(add(flip(transpose(x), [1]), 1))).toMatchInlineSnapshot(`
      "add over i0<3 i1<4
        b0[4*i0 + 1*i1] = add(b1[1*i0 + -3*i1 + 9], 1)"
    `);
  });

  it('reads a reshaped value in its own place', () => {
    const x = input('x', [4, 3]);
    expect(printed(add(reshape(x, [2, 6]), 1))).toMatchInlineSnapshot(`
      "add over i0<2 i1<6
        b0[6*i0 + 1*i1] = add(b1[6*i0 + 1*i1], 1)"
    `);
  });

  it('makes a nest for each piece', () => {
    const x = input('x', [2, 3]);
    expect(printed(concat([x, flip(x, [0])], 1))).toMatchInlineSnapshot(`
      "concat.0 over i0<2 i1<3
        b0[6*i0 + 1*i1] = b1[3*i0 + 1*i1]
      concat.1 over i0<2 i1<3
        b0[6*i0 + 1*i1 + 3] = b1[-3*i0 + 1*i1 + 3]"
    `);
    expect(printed(pad(x, { low: [0, 1], high: [1, 0], interior: [0, 1] }))).toMatchInlineSnapshot(`
      "pad.0 over i0<2 i1<3
        b0 := 0
        b0[6*i0 + 2*i1 + 1] = b1[3*i0 + 1*i1]"
    `);
    expect(printed(pad(x, { low: [1, 0], high: [0, 0], value: 7 }))).toMatchInlineSnapshot(`
      "pad.0 over i0<3 i1<3
        b0[3*i0 + 1*i1] = 7
      pad.1 over i0<2 i1<3
        b0[3*i0 + 1*i1 + 3] = b1[3*i0 + 1*i1]"
    `);
  });

  it('marks axes that lead to one place, and clears places that none leads to', () => {
    const [x, w] = [input('x', [1, 7, 9, 2]), input('w', [3, 2, 2, 4])];
    const [dx] = gradients(sum(conv2d(x, w, { strides: [2, 3] })), [x]);
    const { nests } = lowered([dx!]);
    const scatter = nests.at(-1)!;
    // Rows are 2 apart and 3 long, columns 3 apart and 2 long.
    expect(scatter.reduce!.colliding).toEqual([4]);
    expect(scatter.entangled).toEqual([1, 4]);
    expect(scatter.fill).toEqual({ buffer: scatter.stores[0]!.access.buffer, size: 126 });
  });
});

function leavesOf(outputs: readonly Tensor[]): { node: Tensor; values: ArrayLike<number> }[] {
  const seen = new Set<Tensor>();
  const found: { node: Tensor; values: ArrayLike<number> }[] = [];
  const visit = (node: Tensor) => {
    if (seen.has(node)) return;
    seen.add(node);
    node.inputs.forEach(visit);
    const attrs = node.attrs as
      | { values?: ArrayLike<number>; variable?: { host?: ArrayLike<number> } }
      | undefined;
    const values = attrs?.values ?? attrs?.variable?.host;
    if (node.op.lower.kind === 'leaf' && values) found.push({ node, values });
  };
  outputs.forEach(visit);
  return found;
}
