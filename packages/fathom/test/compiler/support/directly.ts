import { expect } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { compile } from '../../../src/compiler/compile.ts';
import type { Graph, Program } from '../../../src/compiler/program.ts';
import type { Rewrite } from '../../../src/compiler/simplify.ts';
import type { NumericArray } from '../../../src/ir/tensor.ts';
import { expectSameBits } from '../../support/compare.ts';

/**
 * Checks that a graph has the values with `rewrites` that it has without them, by the largest of each output, and the same
 * bits on all of `instances`, the first of which is the one that computes both.
 */
export async function expectDirectValues(
  graph: Graph,
  feeds: readonly NumericArray[],
  instances: readonly Backend[],
  rewrites: readonly Rewrite[],
): Promise<void> {
  const results = async (backend: Backend, program: Program): Promise<NumericArray[]> => {
    const executable = await backend.load(program);
    feeds.forEach((values, i) => {
      executable.write(i, values);
    });
    await executable.run();
    const read = await Promise.all(program.outputs.map((_, i) => executable.read(i)));
    executable.dispose();
    return read;
  };
  const [first, ...others] = instances as [Backend, ...Backend[]];
  const expected = await results(first, compile(graph, first.target!, []));
  const program = compile(graph, first.target!, rewrites);
  const actual = await results(first, program);
  actual.forEach((values, output) => {
    const direct = expected[output]!;
    let [largest, worst] = [0, 0];
    values.forEach((value, i) => {
      largest = Math.max(largest, Math.abs(direct[i]!));
      worst = Math.max(worst, Math.abs(value - direct[i]!));
    });
    expect(largest).toBeGreaterThan(0);
    expect(worst / largest, `output ${output}`).toBeLessThan(1e-4);
  });
  for (const other of others) {
    const same = await results(other, program);
    same.forEach((values, i) => {
      expectSameBits(values, actual[i]!, `output ${i}`);
    });
  }
}
