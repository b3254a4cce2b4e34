import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import { winograd } from '../../src/ops/winograd.ts';
import { evaluate } from '../../src/runtime.ts';
import { distance, expectAgreement } from '../support/compare.ts';
import { exact, plain } from '../support/differences.ts';
import { fuzzGraph } from './support/fuzz.ts';
import { Machine, simulate } from './support/machine.ts';
import { SMALL_BLOCKS, SMALL_CACHE, WASM, WIDE } from './support/targets.ts';

const GRAPHS = 300;
/** A result may be off by so many times the error of plain float32 arithmetic. */
const MAGNIFIED = 10;
const CANCELLED = 1e-6;

describe('compiled random graphs', () => {
  it(`${GRAPHS} of them compute what the oracle computes, whatever order threads take`, async () => {
    const failures: string[] = [];
    for (let seed = 1; seed <= GRAPHS; seed++) {
      const { graph, feeds, text } = fuzzGraph(seed, 400);
      const target = [WASM, SMALL_CACHE, WIDE, SMALL_BLOCKS][seed % 4]!;
      const values = [...graph.outputs, ...graph.updates.map(({ value }) => value)];
      try {
        const expected = await evaluate(values, feeds, exact);
        const rounded = await evaluate(values, feeds, plain);
        const program = compile(graph, target, [winograd]);
        const { outputs, updates } = simulate(program, feeds);
        expect(simulate(program, feeds, true)).toEqual({ outputs, updates });
        const [whole, short] = [new Machine(program), new Machine(program)];
        for (const machine of [whole, short]) machine.run(feeds);
        expect(short.run(feeds, true), 'without what is prepared').toEqual(whole.run(feeds));
        [...outputs, ...updates].forEach((actual, i) => {
          const slack = MAGNIFIED * distance(rounded[i]!, expected[i]!) + CANCELLED;
          expectAgreement(actual, expected[i]!, 'sum', `value ${i}`, slack);
        });
      } catch (error) {
        failures.push(`graph ${seed}, ${target.name}: ${error}\n${text}`);
      }
    }
    expect(failures.join('\n')).toBe('');
  });
});
