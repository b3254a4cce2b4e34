import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import type { Program } from '../../src/compiler/program.ts';
import { winograd } from '../../src/ops/winograd.ts';
import { evaluate } from '../../src/runtime.ts';
import { distance, expectAgreement } from '../support/compare.ts';
import { exact, plain } from '../support/differences.ts';
import { Machine } from './support/machine.ts';
import { WASM, WIDE } from './support/targets.ts';
import { trainingStep } from './support/trainingStep.ts';

/** How large the program's loops are: a measure of what is checked. */
const kindsOf = ({ launches, buffers }: Program) => ({
  shared: launches.some(({ solo }) => !solo),
  stages: launches.some(({ stage }, i) => launches[i + 1]?.stage === stage),
  scratch: buffers.some(({ kind }) => kind === 'scratch'),
});

describe('training steps of random networks', () => {
  it('never race, read what is not written, or leave their buffers, and follow the oracle', async () => {
    const met = { shared: 0, stages: 0, scratch: 0 };
    for (let seed = 1; seed <= 10; seed++) {
      const { graph, feeds } = trainingStep(seed);
      const values = [...graph.outputs, ...graph.updates.map(({ value }) => value)];
      const expected = await evaluate(values, feeds, exact);
      const rounded = await evaluate(values, feeds, plain);
      const program = compile(graph, seed % 4 === 0 ? WIDE : WASM, [winograd]);
      const kinds = kindsOf(program);
      met.shared += Number(kinds.shared);
      met.stages += Number(kinds.stages);
      met.scratch += Number(kinds.scratch);
      for (const byTask of [false, true]) {
        const machine = new Machine(program, byTask);
        const results = machine.run(feeds);
        for (const { variable } of graph.updates) results.push(machine.valueOf(variable));
        results.forEach((actual, i) => {
          const slack = 10 * distance(rounded[i]!, expected[i]!) + 1e-5;
          expectAgreement(actual, expected[i]!, 'sum', `network ${seed}, value ${i}`, slack);
        });
      }
    }
    expect(Math.min(met.shared, met.stages, met.scratch), JSON.stringify(met)).toBeGreaterThan(2);
  });
});
