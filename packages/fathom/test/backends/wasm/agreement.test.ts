import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../src/backends/backend.ts';
import { wasmBackend } from '../../../src/backends/wasm/wasm.ts';
import type { Graph } from '../../../src/compiler/program.ts';
import { conv2d, matmul, maxPool2d } from '../../../src/functional/index.ts';
import type { NumericArray, Tensor } from '../../../src/ir/tensor.ts';
import {
  add,
  cast,
  concat,
  constant,
  divide,
  equal,
  flip,
  gradients,
  input,
  less,
  lessEqual,
  logicalNot,
  max,
  maximum,
  minimum,
  multiply,
  negative,
  sigmoid,
  sum,
  tanh,
  transpose,
  where,
} from '../../../src/ops/index.ts';
import { evaluate, load } from '../../../src/runtime.ts';
import { fuzzGraph } from '../../compiler/support/fuzz.ts';
import { trainingStep } from '../../compiler/support/trainingStep.ts';
import { distance, expectAgreement, expectSameBits } from '../../support/compare.ts';
import { exact, plain } from '../../support/differences.ts';
import { seeded } from '../../support/random.ts';

const GRAPHS = 200;
/** A result may be off by so many times the error of plain float32 arithmetic. */
const MAGNIFIED = 10;
const CANCELLED = 1e-6;
/** Of the largest result. A direct sum of n products is off by some √n·6e-8; fast convolutions by ten times that. */
const LARGE_SUM = 1e-5;

/** One thread, two threads, and two without the fused multiply-add. */
let backends: Backend[] = [];
beforeAll(async () => {
  backends = await Promise.all([
    wasmBackend({ threads: 1 }),
    wasmBackend({ threads: 2 }),
    wasmBackend({ threads: 2, relaxed: false }),
  ]);
});
afterAll(async () => {
  await Promise.all(backends.map((backend) => backend.dispose()));
});

type Feeds = ReadonlyMap<Tensor, ArrayLike<number>>;

/** Outputs and new values of variables after one run; variables get their old values back. */
async function results(graph: Graph, feeds: Feeds, backend: Backend): Promise<NumericArray[]> {
  const before = await Promise.all(graph.updates.map(({ variable }) => variable.read()));
  const executable = await load(graph, backend);
  graph.inputs.forEach((node, i) => {
    executable.write(i, feeds.get(node)!);
  });
  await executable.run();
  const values = await Promise.all(graph.outputs.map((_, i) => executable.read(i)));
  for (const { variable } of graph.updates) values.push(await variable.read());
  executable.dispose();
  graph.updates.forEach(({ variable }, i) => {
    variable.write(before[i]!);
  });
  return values;
}

const random = (size: number, seed: number) => {
  const draw = seeded(seed);
  return Float32Array.from({ length: size }, () => 2 * draw() - 1);
};

describe('random graphs', () => {
  it(`${GRAPHS} of them agree with the oracle; threads agree to the bit`, async () => {
    for (let seed = 1001; seed <= 1000 + GRAPHS; seed++) {
      const { graph, feeds, text } = fuzzGraph(seed, 3000);
      const expected = await results(graph, feeds, exact);
      const rounded = await results(graph, feeds, plain);
      const actual: NumericArray[][] = [];
      for (const backend of backends) actual.push(await results(graph, feeds, backend));
      expected.forEach((want, i) => {
        const what = `graph ${seed}, value ${i}:\n${text}\n`;
        expectSameBits(actual[1]![i]!, actual[0]![i]!, what);
        const slack = MAGNIFIED * distance(rounded[i]!, want) + CANCELLED;
        for (const k of [0, 2]) expectAgreement(actual[k]![i]!, want, 'sum', what, slack);
      });
    }
  });
});

describe('training steps', () => {
  it('of random networks agree with the oracle; threads agree to the bit, run after run', async () => {
    for (let seed = 201; seed <= 208; seed++) {
      const { graph, feeds } = trainingStep(seed);
      const expected = await results(graph, feeds, exact);
      const rounded = await results(graph, feeds, plain);
      const first = await results(graph, feeds, backends[0]!);
      for (let repeat = 0; repeat < 3; repeat++) {
        const again = await results(graph, feeds, backends[1]!);
        again.forEach((values, i) => {
          expectSameBits(values, first[i]!, `network ${seed}, value ${i}`);
        });
      }
      for (const actual of [first, await results(graph, feeds, backends[2]!)]) {
        actual.forEach((values, i) => {
          const slack = MAGNIFIED * distance(rounded[i]!, expected[i]!) + 1e-5;
          expectAgreement(values, expected[i]!, 'sum', `network ${seed}, value ${i}`, slack);
        });
      }
    }
  });
});

/** Expects a relative error below LARGE_SUM from all, and equal bits from one thread and two. */
async function expectClose(outputs: readonly Tensor[], inputs: readonly Tensor[], bound = LARGE_SUM) {
  const feeds = new Map(inputs.map((x, i) => [x, random(x.size, 77 + i)]));
  const graph = { inputs, outputs, updates: [] };
  const oracle = await results(graph, feeds, exact);
  const [one, two, unfused] = [
    await results(graph, feeds, backends[0]!),
    await results(graph, feeds, backends[1]!),
    await results(graph, feeds, backends[2]!),
  ];
  outputs.forEach((output, i) => {
    expectSameBits(two[i]!, one[i]!, `output ${i}, ${output}`);
    const want = oracle[i]!;
    const largest = distance(want, new Float64Array(want.length));
    for (const got of [one, unfused]) {
      expect(distance(got[i]!, want) / largest, `output ${i}, ${output}`).toBeLessThan(bound);
    }
  });
}

describe('work that is blocked, packed and split', () => {
  it.each([
    [512, 512, 512],
    [300, 500, 700],
    [1, 4096, 65],
    [257, 33, 1],
    [1000, 1, 37],
    [384, 768, 256],
  ])('products of %d × %d and %d columns, plain and of transposed factors', async (m, k, n) => {
    const [a, b] = [input('a', [m, k]), input('b', [k, n])];
    await expectClose([matmul(a, b)], [a, b]);
    const [at, bt] = [input('at', [k, m]), input('bt', [n, k])];
    await expectClose([matmul(transpose(at), transpose(bt))], [at, bt]);
  });

  it.each([
    [[100_000], 0],
    [[131_072], 0],
    [[3, 40_000], 1],
    [[40_000, 3], 0],
    [
      [17, 33, 257],
      [0, 2],
    ],
    [[1000, 129], 0],
    [[65, 2048], 1],
  ] as [number[], number | number[]][])('sums and maxima of %j over %j', async (shape, axes) => {
    const x = input('x', shape);
    const square = multiply(x, x);
    await expectClose([sum(square, axes), max(x, axes), add(sum(add(x, 1), axes), 3), sum(square)], [x]);
  });
});

it('sums of a length without divisors run in one piece, which rounds more', async () => {
  const x = input('x', [100_003]);
  await expectClose([sum(multiply(x, x)), max(x)], [x], 3e-5);
});

describe('fast convolutions', () => {
  it.each([
    [2, 13, 13, 32, 64, 'valid'],
    [1, 18, 11, 32, 64, 'valid'],
    [2, 8, 9, 17, 33, 'same'],
    [3, 7, 16, 16, 16, 'same'],
    [1, 30, 6, 20, 16, 'valid'],
  ] as const)(
    'of [%d, %d, %d, %d] to %d channels, %s: results and both gradients',
    async (batch, height, width, channels, filters, padding) => {
      const [x, w] = [input('x', [batch, height, width, channels]), input('w', [3, 3, channels, filters])];
      const y = conv2d(x, w, { padding });
      const dy = input('dy', y.shape);
      await expectClose([y, ...gradients(sum(multiply(y, dy)), [x, w])], [x, w, dy]);
    },
  );

  it('are left to the direct sum where there are strides, dilations or few channels', async () => {
    const [x, w] = [input('x', [2, 17, 15, 16]), input('w', [3, 3, 16, 16])];
    const narrow = input('narrow', [2, 17, 15, 3]);
    const thin = input('thin', [3, 3, 3, 32]);
    const grouped = input('grouped', [3, 3, 4, 16]);
    const outputs = [
      conv2d(x, w, { strides: 2 }),
      conv2d(x, w, { dilation: [1, 2] }),
      conv2d(narrow, thin),
      conv2d(x, grouped, { groups: 4 }),
    ];
    const inputs = [x, w, narrow, thin, grouped];
    const squares = outputs.map((y) => sum(multiply(y, y)));
    await expectClose([...outputs, ...gradients(squares.reduce(add), inputs)], inputs);
  });
});

describe('special numbers', () => {
  const special = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 1e-40, -1e-40, 3.4e38, -3.4e38];
  const pairs = special.flatMap((a) => special.map((b) => [a, b] as const));
  const a = input('a', [pairs.length]);
  const b = input('b', [pairs.length]);
  const feeds: Feeds = new Map([
    [a, pairs.map(([x]) => x)],
    [b, pairs.map(([, y]) => y)],
  ]);

  const same = async (outputs: readonly Tensor[], given: Feeds) => {
    const expected = await evaluate(outputs, given, plain);
    for (const backend of backends) {
      const actual = await evaluate(outputs, given, backend);
      outputs.forEach((output, i) => {
        expectSameBits(actual[i]!, expected[i]!, `output ${i}, ${output}`);
      });
    }
  };

  it('pass through arithmetic, comparisons and selections as in the oracle', async () => {
    await same(
      [
        add(a, b),
        multiply(a, b),
        divide(a, b),
        maximum(a, b),
        minimum(a, b),
        less(a, b),
        lessEqual(a, b),
        equal(a, b),
        logicalNot(less(a, b)),
        where(less(a, b), a, b),
        negative(a),
        cast(a, 'int32'),
        cast(a, 'bool'),
        cast(less(a, b), 'float32'),
        maximum(a, 0),
        flip(where(equal(a, b), b, -1), [0]),
      ],
      feeds,
    );
  });

  it('make sigmoid and tanh neither larger than 1 nor anything but NaN of NaN', async () => {
    for (const backend of backends) {
      const [s, t] = await evaluate([sigmoid(a), tanh(a)], feeds, backend);
      pairs.forEach(([x], i) => {
        if (Number.isNaN(x)) expect([s![i], t![i]]).toEqual([Number.NaN, Number.NaN]);
        else {
          expect(s![i]).toBeGreaterThanOrEqual(0);
          expect(s![i]).toBeLessThanOrEqual(1);
          expect(Math.abs(t![i]!)).toBeLessThanOrEqual(1);
        }
      });
    }
  });

  it('pass through maxima over axes and windows, and their gradients', async () => {
    const image = [
      1,
      Number.NaN,
      2,
      -Infinity,
      Number.NaN,
      1,
      Infinity,
      Infinity,
      0,
      -0,
      3,
      3,
      -1,
      5,
      Number.NaN,
      4,
    ];
    const x = input('x', [1, 4, 4, 1]);
    const pooled = maxPool2d(x);
    const overlapping = maxPool2d(x, { poolSize: 3, strides: 1 });
    await same(
      [
        max(x),
        max(x, 1),
        max(x, 2),
        pooled,
        overlapping,
        maxPool2d(x, { padding: 'same', poolSize: 3 }),
        ...gradients(sum(pooled), [x]),
        ...gradients(sum(overlapping), [x]),
      ],
      new Map([[x, image]]),
    );
  });
});

describe('integers and truths', () => {
  const limits = [0, 1, -1, 2147483647, -2147483648, 65536, -65537, 123456789, 40000];
  const pairs = limits.flatMap((p) => limits.map((q) => [p, q] as const));
  const p = input('p', [pairs.length], 'int32');
  const q = input('q', [pairs.length], 'int32');
  const feeds: Feeds = new Map([
    [p, pairs.map(([x]) => x)],
    [q, pairs.map(([, y]) => y)],
  ]);

  it('wrap around, compare with sign and sum exactly', async () => {
    const [sums, products, larger, smaller, before, total] = await evaluate(
      [add(p, q), multiply(p, q), maximum(p, q), minimum(p, q), less(p, q), sum(p)],
      feeds,
      backends[1]!,
    );
    pairs.forEach(([x, y], i) => {
      expect(sums![i]).toBe((x + y) | 0);
      expect(products![i]).toBe(Math.imul(x, y));
      expect(larger![i]).toBe(Math.max(x, y));
      expect(smaller![i]).toBe(Math.min(x, y));
      expect(before![i]).toBe(Number(x < y));
    });
    expect(total![0]).toBe(pairs.reduce((t, [x]) => (t + x) | 0, 0));
  });

  it('truths are stored as 0 and 1 through every movement', async () => {
    const t = less(p, q);
    const outputs = [t, flip(t, [0]), concat([t, logicalNot(t)], 0), where(t, p, q), cast(t, 'int32')];
    const expected = await evaluate(outputs, feeds, plain);
    for (const backend of backends) {
      const actual = await evaluate(outputs, feeds, backend);
      actual.forEach((values, i) => {
        expect(Array.from(values)).toEqual(Array.from(expected[i]!));
      });
    }
  });

  it('any number but 0 is true when it comes from outside', async () => {
    const t = input('t', [6], 'bool');
    const values = [0, 1, 2, -1, 256, 1 << 31];
    const feeds: Feeds = new Map([[t, values]]);
    for (const backend of backends) {
      const [turned, chosen] = await evaluate(
        [logicalNot(t), where(t, constant(values), -5)],
        feeds,
        backend,
      );
      expect(Array.from(turned!)).toEqual([1, 0, 0, 0, 0, 0]);
      expect(Array.from(chosen!)).toEqual([-5, 1, 2, -1, 256, -(2 ** 31)]);
    }
  });
});
