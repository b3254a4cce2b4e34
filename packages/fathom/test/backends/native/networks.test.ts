import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type NativeBackend, nativeBackend } from '../../../src/backends/native/native.ts';
import type { NumericArray } from '../../../src/ir/tensor.ts';
import { evaluate, load } from '../../../src/runtime.ts';
import { trainingStep } from '../../compiler/support/trainingStep.ts';
import { native, SANITIZED } from '../../support/backends.ts';
import { distance, expectAgreement, expectSameBits } from '../../support/compare.ts';
import { exact, plain } from '../../support/differences.ts';

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe.skipIf(!native.available)(
  native.available ? 'training steps of random networks, natively' : `no native code here: ${native.reason}`,
  () => {
    let backends: NativeBackend[] = [];

    beforeAll(async () => {
      backends = [];
      for (const threads of [1, 2, 3]) backends.push(await nativeBackend({ threads, separate: SANITIZED }));
    });

    afterAll(async () => {
      for (const backend of backends) await backend.dispose();
    });

    it.each(SEEDS)(
      'number %i follows the oracle, with the same bits for any number of threads',
      async (seed) => {
        let first: NumericArray[] | undefined;
        let expected: NumericArray[] = [];
        let rounded: NumericArray[] = [];
        for (const backend of backends) {
          const { graph, feeds } = trainingStep(seed);
          if (!first) {
            const values = [...graph.outputs, ...graph.updates.map(({ value }) => value)];
            expected = await evaluate(values, feeds, exact);
            rounded = await evaluate(values, feeds, plain);
          }
          const step = await load(graph, backend);
          graph.inputs.forEach((node, i) => {
            step.write(i, feeds.get(node)!);
          });
          await step.run();
          const results: NumericArray[] = [];
          for (let i = 0; i < graph.outputs.length; i++) results.push(await step.read(i));
          for (const { variable } of graph.updates) results.push(await variable.read());
          step.dispose();
          results.forEach((actual, i) => {
            const slack = 10 * distance(rounded[i]!, expected[i]!) + 1e-5;
            expectAgreement(actual, expected[i]!, 'sum', `network ${seed}, value ${i}`, slack);
            if (first) expectSameBits(actual, first[i]!, `network ${seed}, ${backend.threads} threads`);
          });
          first ??= results;
        }
        expect(backends.map(({ failure }) => failure)).toEqual([undefined, undefined, undefined]);
      },
    );
  },
);
