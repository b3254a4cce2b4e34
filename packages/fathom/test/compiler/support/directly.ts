import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { compile } from '../../../src/compiler/compile.ts';
import type { Graph, Program } from '../../../src/compiler/program.ts';
import type { Rewrite } from '../../../src/compiler/simplify.ts';
import type { NumericArray } from '../../../src/ir/tensor.ts';
import { backends } from '../../support/backends.ts';
import { expectSameBits } from '../../support/compare.ts';
import { seeded } from '../../support/random.ts';

/** Integer inputs are labels below this. */
export const CLASSES = 10;

/**
 * On every backend that compiles: graphs have the values with `rewrites` that they have without them, and the same bits on
 * any number of threads.
 */
export function describeDirectValues(
  what: string,
  graphs: () => readonly Graph[],
  rewrites: readonly Rewrite[],
  timeout: number,
): void {
  describe.each(backends.filter(({ name }) => name !== 'reference'))(
    `on $name, ${what}`,
    ({ threads, make, missing }) => {
      if (missing !== undefined) {
        it.skip(`cannot be tested here: ${missing}`);
        return;
      }

      const instances: Backend[] = [];
      afterAll(() => Promise.all(instances.map((backend) => backend.dispose())));

      it(
        'have the values of the direct sums, and the same bits on any number of threads',
        async () => {
          for (const count of threads) instances.push(await make(count));
          for (const graph of graphs()) await expectDirectValues(graph, instances, rewrites);
        },
        timeout,
      );
    },
  );
}

/** By the largest value of each output; the first of `instances` computes both. */
async function expectDirectValues(
  graph: Graph,
  instances: readonly Backend[],
  rewrites: readonly Rewrite[],
): Promise<void> {
  const random = seeded(4);
  const feeds = graph.inputs.map(({ size, dtype }) =>
    dtype === 'int32'
      ? Int32Array.from({ length: size }, () => Math.floor(CLASSES * random()))
      : Float32Array.from({ length: size }, () => 2 * random() - 1),
  );
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
