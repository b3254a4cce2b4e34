import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { verify, vjp } from '../../src/ir/graph.ts';
import type { Op } from '../../src/ir/op.ts';
import { type NumericArray, type Tensor, Variable } from '../../src/ir/tensor.ts';
import * as ops from '../../src/ops/index.ts';
import { add, constant, input, maximum, multiply, read, subtract, sum } from '../../src/ops/index.ts';
import { evaluate, load } from '../../src/runtime.ts';
import { backends } from '../support/backends.ts';
import { agreementOf, distance, expectAgreement, expectSameBits } from '../support/compare.ts';
import { algebra, drawCotangent, exact, plain } from '../support/differences.ts';
import { casesOf, feedsOf } from '../support/examples.ts';
import { LARGE_GRAPHS } from '../support/largeGraphs.ts';
import { seeded, seedOf } from '../support/random.ts';
import { randomGraph } from '../support/randomGraph.ts';

const records = Object.entries(ops)
  .filter((entry): entry is [string, Op] => entry[0].endsWith('Op'))
  .map(([, op]) => op)
  .filter((op) => op.lower.kind !== 'leaf');

const RANDOM_GRAPHS = 120;
const GRAPHS_IN_A_TEST = 20;
const firstSeeds = Array.from(
  { length: RANDOM_GRAPHS / GRAPHS_IN_A_TEST },
  (_, i) => 1 + i * GRAPHS_IN_A_TEST,
);
/** Each is a program of its own, which a C compiler that has not seen it takes some 0.1 s for. */
const SLOW_MS = 300_000;
/** Two threads that write one place are not caught in every run. */
const REPEATS = 4;
/** A backend may be off by so many times the error of plain float32 arithmetic. */
const MAGNIFIED = 10;
/** x·c − x·c is 0 by plain arithmetic, and the rounding of x·c where one of the products is fused into the difference. */
const CANCELLED = 1e-6;

describe.each(backends)('backend $name', ({ name, threads, make, missing }) => {
  if (missing !== undefined) {
    it.skip(`cannot be tested here: ${missing}`);
    return;
  }

  /** One instance for each number of threads; the first is compared with the oracle, the others with the first. */
  let instances: Backend[] = [];

  beforeAll(async () => {
    instances = await Promise.all(threads.map(make));
  });

  afterAll(async () => {
    await Promise.all(instances.map((backend) => backend.dispose()));
  });

  /** Runs on every instance, expects equal bits from all, and returns the results. */
  async function run(
    outputs: readonly Tensor[],
    feeds: Map<Tensor, ArrayLike<number>>,
  ): Promise<NumericArray[]> {
    const [first, ...others] = await inTurn(instances, (backend) => evaluate(outputs, feeds, backend));
    for (const [i, other] of others.entries()) {
      first!.forEach((values, output) => {
        expectSameBits(other[output]!, values, `output ${output} with ${threads[i + 1]} threads`);
      });
    }
    return first!;
  }

  it('is the one that was asked for', () => {
    instances.forEach((backend, i) => {
      expect([backend.name, backend.threads]).toEqual([name, threads[i]]);
    });
  });

  it.each(records)('$name agrees with the oracle, and so do its gradients', async (op) => {
    for (const { title, inputs, values, output } of casesOf(op)) {
      const { dy, cotangent } = drawCotangent(output, seeded(seedOf(op.name)));
      const feeds = new Map<Tensor, ArrayLike<number>>([...feedsOf({ inputs, values }), [cotangent, dy]]);
      const floats = inputs.filter(({ dtype }) => dtype === 'float32');
      const slopes = output.dtype === 'float32' ? vjp([output], [cotangent], floats, algebra) : [];
      const expected = await evaluate([output, ...slopes], feeds, exact);
      const alone = await run([output], feeds);
      expectAgreement(alone[0]!, expected[0]!, agreementOf(output), `${op.name}, ${title}`);
      if (slopes.length === 0) continue;
      const fused = await run([output, ...slopes], feeds);
      expectAgreement(
        fused[0]!,
        expected[0]!,
        agreementOf(output),
        `${op.name} beside its gradient, ${title}`,
      );
      slopes.forEach((_, i) => {
        expectAgreement(fused[i + 1]!, expected[i + 1]!, 'sum', `gradient ${i} of ${op.name}, ${title}`);
      });
    }
  });

  it.each(firstSeeds)(
    `agrees with the oracle on ${GRAPHS_IN_A_TEST} random graphs from seed %i on`,
    async (first) => {
      for (let seed = first; seed < first + GRAPHS_IN_A_TEST; seed++) {
        const { outputs, feeds, text } = randomGraph(seed);
        verify(outputs, `random graph ${seed}`);
        const expected = await evaluate(outputs, feeds, exact);
        const rounded = await evaluate(outputs, feeds, plain);
        const actual = await run(outputs, feeds).catch((error: unknown) => {
          throw new Error(`random graph ${seed}:\n${text}\n`, { cause: error });
        });
        outputs.forEach((_, i) => {
          // What 32 bits do to this graph, by the plainest computation, says how well it can be known.
          const slack = MAGNIFIED * distance(rounded[i]!, expected[i]!) + CANCELLED;
          expectAgreement(actual[i]!, expected[i]!, 'sum', `graph ${seed}, output ${i}:\n${text}\n`, slack);
        });
      }
    },
    SLOW_MS,
  );

  it.each(LARGE_GRAPHS)('agrees with the oracle on work that threads share: %s', async (_name, build) => {
    const { outputs, feeds } = build();
    const expected = await evaluate(outputs, feeds, exact);
    const rounded = await evaluate(outputs, feeds, plain);
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      const actual = await run(outputs, feeds);
      outputs.forEach((_, i) => {
        const slack = MAGNIFIED * distance(rounded[i]!, expected[i]!);
        expectAgreement(actual[i]!, expected[i]!, 'sum', `output ${i}`, slack);
      });
    }
  });

  it('updates variables in place, step after step, as the oracle does', async () => {
    const run = async (backend: Backend) => {
      const { graph, variables } = descent();
      const step = await load(graph, backend);
      const losses: number[] = [];
      for (let i = 0; i < 5; i++) {
        step.write(
          0,
          Float32Array.from({ length: 12 }, (_, k) => Math.fround(Math.cos(k + i))),
        );
        await step.run();
        losses.push((await step.read(0))[0]!);
      }
      const weights = await inTurn(variables, (variable) => variable.read());
      step.dispose();
      return [Float32Array.from(losses), ...weights];
    };
    const expected = await run(exact);
    const results = await inTurn(instances, run);
    for (const result of results) {
      result.forEach((values, i) => {
        expectAgreement(values, expected[i]!, 'sum', `value ${i}`);
        expectSameBits(values, results[0]![i]!, `value ${i}`);
      });
    }
  });

  it('reads a variable before it writes it: two variables change places', async () => {
    for (const backend of instances) {
      const a = new Variable('a', [3], 'float32', Float32Array.of(1, 2, 3));
      const b = new Variable('b', [3], 'float32', Float32Array.of(4, 5, 6));
      const updates = [
        { variable: a, value: read(b) },
        { variable: b, value: read(a) },
      ];
      const step = await load({ inputs: [], outputs: [], updates }, backend);
      await step.run();
      expect(Array.from(await a.read())).toEqual([4, 5, 6]);
      expect(Array.from(await b.read())).toEqual([1, 2, 3]);
      a.write([7, 8, 9]);
      await step.run();
      expect(Array.from(await a.read()), 'what the host wrote went to b').toEqual([1, 2, 3]);
      expect(Array.from(await b.read())).toEqual([7, 8, 9]);
      step.dispose();
      expect(Array.from(await b.read()), 'values outlive the program').toEqual([7, 8, 9]);
    }
  });

  it('returns inputs, constants and one node twice as outputs', async () => {
    const x = input('x', [2]);
    const y = add(x, 1);
    const results = await run([x, y, y, constant([5, 6]), x], new Map([[x, [1, 2]]]));
    expect(results.map((values) => Array.from(values))).toEqual([
      [1, 2],
      [2, 3],
      [2, 3],
      [5, 6],
      [1, 2],
    ]);
  });

  it('computes empty tensors and scalars', async () => {
    const x = input('x', [0, 3]);
    const results = await run([add(x, 1), sum(x, 0), sum(x), constant([4], [])], new Map([[x, []]]));
    expect(results.map((values) => Array.from(values))).toEqual([[], [0, 0, 0], [0], [4]]);
  });

  it('gives the same bits from run to run of one program', async () => {
    for (const backend of instances) {
      const x = input('x', [37, 41]);
      const y = sum(multiply(x, x), 1);
      const program = await load({ inputs: [x], outputs: [y], updates: [] }, backend);
      program.write(
        0,
        Float32Array.from({ length: x.size }, (_, i) => Math.fround(Math.sin(i))),
      );
      await program.run();
      const once = await program.read(0);
      await program.run();
      expectSameBits(await program.read(0), once, 'second run');
      program.dispose();
    }
  });
});

/** Gradient descent on |relu(x·w) − 1|² with momentum: parameters and slots, all updated in one graph. */
function descent() {
  const w = new Variable(
    'w',
    [12],
    'float32',
    Float32Array.from({ length: 12 }, (_, i) => (i % 5) / 7 - 0.2),
  );
  const velocity = new Variable('velocity', [12], 'float32', new Float32Array(12));
  const x = input('x', [12]);
  const [weights, speed] = [read(w), read(velocity)];
  const error = subtract(maximum(multiply(weights, x), 0), 1);
  const loss = sum(multiply(error, error));
  const [slope] = ops.gradients(loss, [weights]);
  const next = subtract(multiply(speed, 0.9), multiply(slope!, 0.05));
  const updates = [
    { variable: velocity, value: next },
    { variable: w, value: add(weights, next) },
  ];
  return { graph: { inputs: [x], outputs: [loss], updates }, variables: [w, velocity] };
}

/** One after another: backends share the machine's cores. */
async function inTurn<T, R>(list: readonly T[], visit: (item: T) => Promise<R> | R): Promise<R[]> {
  const results: R[] = [];
  for (const item of list) results.push(await visit(item));
  return results;
}
