import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import type { Program } from '../../src/compiler/program.ts';
import { schedule } from '../../src/compiler/schedule.ts';
import { matmul } from '../../src/functional/index.ts';
import { add, input, sum, tanh } from '../../src/ops/index.ts';
import { graphOf, simulate } from './support/machine.ts';
import { at, elementwise, loadAt } from './support/nests.ts';
import { WASM } from './support/targets.ts';

const x = input('x', [96, 96]);
const feeds = new Map([[x, new Float32Array(x.size).fill(0.1)]]);
const program = compile(graphOf([sum(matmul(tanh(x), x), 0), add(x, 1)], feeds), WASM);

describe('the machine that programs are checked on', () => {
  it('accepts what the compiler makes', () => {
    expect(simulate(program, feeds).outputs).toHaveLength(2);
  });

  it('notices a missing barrier', () => {
    const launches = program.launches.map((launch) => ({ ...launch, barrier: false }));
    expect(() => simulate({ ...program, launches }, feeds)).toThrow('at the same time as another chunk');
  });

  it('notices memory given away too early', () => {
    const buffers = program.buffers.map((b) => (b.kind === 'arena' ? { ...b, offset: 0 } : b));
    const failed = () => expect(simulate({ ...program, buffers }, feeds)).toEqual(simulate(program, feeds));
    expect(failed).toThrow();
  });

  it('notices elements outside of a buffer, and such as nothing has written', () => {
    const smaller = program.buffers.map((b, i) =>
      i === program.outputs[0] ? { ...b, size: b.size - 1 } : b,
    );
    expect(() => simulate({ ...program, buffers: smaller }, feeds)).toThrow('writes element 95');
    const launches = program.launches.slice(1);
    expect(() => simulate({ ...program, launches }, feeds)).toThrow(/nothing has written it|is not written/);
  });

  it('notices tasks that meet in one place', () => {
    const nest = elementwise([200, 40], at(1, [1, 1]), loadAt(0, [40, 1]));
    const [launch] = schedule({ ...nest, stores: [{ ...nest.stores[0]!, accumulate: true }] }, WASM);
    const arena = (size: number, offset: number) =>
      ({ kind: 'arena', dtype: 'float32', size, offset }) as const;
    const [from, to] = [input('from', [8000]), input('to', [239])];
    const made: Program = {
      ...program,
      graph: { inputs: [from, to], outputs: [], updates: [] },
      inputs: [0, 1],
      outputs: [],
      buffers: [arena(8000, 0), arena(239, 32_000)],
      arenaBytes: 33_024,
      launches: [{ ...launch!, solo: false, stage: 0, chunks: launch!.count, barrier: false }],
    };
    const given = new Map([from, to].map((node) => [node, new Float32Array(node.size)]));
    expect(launch!.count).toBeGreaterThan(1);
    expect(() => simulate(made, given)).toThrow('at the same time as another chunk');
  });
});
