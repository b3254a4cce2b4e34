import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import {
  averagePool2d,
  batchNorm,
  binaryCrossentropy,
  categoricalCrossentropy,
  conv2d,
  leakyRelu,
  logSoftmax,
  matmul,
  maxPool2d,
  mean,
  meanSquaredError,
  moments,
  type Padding,
  type Pair,
  relu,
  softmax,
  sparseCategoricalCrossentropy,
} from '../../src/functional/index.ts';
import { vjp } from '../../src/ir/graph.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { constant, exp, input, log, sigmoid, sqrt, tanh } from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { backends } from '../support/backends.ts';
import { expectAgreement } from '../support/compare.ts';
import { algebra, exact } from '../support/differences.ts';
import { type FunctionCase, functionGoldens, seededArray } from './golden.ts';

/** What generate.py writes as `attrs`; which of them a function has is known to it. */
interface Attrs {
  readonly strides: Pair;
  readonly padding: Padding;
  readonly dilationRate: Pair;
  readonly groups: number;
  readonly poolSize: Pair;
  readonly epsilon: number;
  readonly negativeSlope: number;
  readonly targets: readonly number[];
  readonly fromLogits: boolean;
}

type Build = (attrs: Attrs, operands: readonly Tensor[]) => Tensor;

/** PyTorch's function of each name, made of ours. Losses are means over the batch there. */
const FUNCTIONS: Readonly<Record<string, Build>> = {
  exp: (_, [x]) => exp(x!),
  log: (_, [x]) => log(x!),
  sqrt: (_, [x]) => sqrt(x!),
  tanh: (_, [x]) => tanh(x!),
  sigmoid: (_, [x]) => sigmoid(x!),
  relu: (_, [x]) => relu(x!),
  leakyRelu: ({ negativeSlope }, [x]) => leakyRelu(x!, negativeSlope),
  softmax: (_, [x]) => softmax(x!),
  logSoftmax: (_, [x]) => logSoftmax(x!),
  matmul: (_, [a, b]) => matmul(a!, b!),
  conv2d: ({ strides, padding, dilationRate, groups }, [x, w]) =>
    conv2d(x!, w!, { strides, padding, dilation: dilationRate, groups }),
  maxPool2d: ({ poolSize, strides, padding }, [x]) => maxPool2d(x!, { poolSize, strides, padding }),
  averagePool2d: ({ poolSize, strides, padding }, [x]) => averagePool2d(x!, { poolSize, strides, padding }),
  batchNormTraining: ({ epsilon }, [x, gamma, beta]) =>
    batchNorm(x!, { ...moments(x!, [0, 1, 2]), gamma: gamma!, beta: beta!, epsilon }),
  batchNormInference: ({ epsilon }, [x, gamma, beta, average, variance]) =>
    batchNorm(x!, { mean: average!, variance: variance!, gamma: gamma!, beta: beta!, epsilon }),
  meanSquaredError: ({ targets }, [x]) => mean(meanSquaredError(constant(targets, x!.shape), x!)),
  binaryCrossentropy: ({ targets, fromLogits }, [x]) =>
    mean(binaryCrossentropy(constant(targets, x!.shape), x!, { fromLogits })),
  categoricalCrossentropy: ({ targets, fromLogits }, [x]) =>
    mean(categoricalCrossentropy(constant(targets, x!.shape), x!, { fromLogits })),
  sparseCategoricalCrossentropy: ({ targets, fromLogits }, [x]) =>
    mean(sparseCategoricalCrossentropy(constant(targets, [targets.length], 'int32'), x!, { fromLogits })),
};

/** PyTorch's float64 result was rounded once to float32: half a unit in its last place. */
const ROUNDED_ONCE = 1e-7;

const { cases, versions } = functionGoldens();

describe('the files of generate.py', () => {
  it('say which versions made them and cover every function here', () => {
    expect(versions.torch).toMatch(/^\d+\.\d+/);
    expect(versions.python).toMatch(/^3\./);
    expect(versions.numpy).toMatch(/^\d+\./);
    expect(new Set(cases.map(({ name }) => name))).toEqual(new Set(Object.keys(FUNCTIONS)));
  });

  it('were made from the operands that are used here', () => {
    const first = cases.find(({ name }) => name === 'relu')!;
    const x = seededArray(first.inputs[0]!);
    expect(first.value).toHaveLength(x.length);
    first.value.forEach((y, i) => {
      expect(Math.fround(y)).toBe(Math.max(0, x[i]!));
    });
  });
});

describe('the oracle follows PyTorch in float64', () => {
  it.each(titled(cases))('%s', async (_title, golden) => {
    const { outputs, feeds, expected } = build(golden);
    const actual = await evaluate(outputs, feeds, exact);
    expected.forEach((values, i) => {
      const largest = Math.max(...values.map(Math.abs));
      actual[i]!.forEach((value, k) => {
        const error = Math.abs(value - Math.fround(values[k]!));
        expect(error, `${name(i)}, element ${k}: ${value} and ${values[k]}`).toBeLessThanOrEqual(
          ROUNDED_ONCE * Math.abs(values[k]!) + 1e-12 * largest,
        );
      });
    });
  });
});

describe.each(backends)('$name follows PyTorch', ({ threads, make }) => {
  let backend: Promise<Backend> | undefined;

  afterAll(async () => {
    await (await backend)?.dispose();
  });

  it.each(titled(cases))('%s', async (_title, golden) => {
    backend ??= make(threads.at(-1)!);
    const { outputs, feeds, expected } = build(golden);
    const actual = await evaluate(outputs, feeds, await backend);
    expected.forEach((values, i) => {
      expectAgreement(actual[i]!, Float32Array.from(values), 'sum', name(i));
    });
  });
});

const name = (output: number) => (output === 0 ? 'value' : `gradient ${output - 1}`);

function titled(list: readonly FunctionCase[]): [string, FunctionCase][] {
  return list.map((golden) => {
    const shapes = golden.inputs.map(({ shape }) => `[${shape.join(',')}]`).join(' ');
    const { targets: _, ...attrs } = golden.attrs as Partial<Attrs>;
    return [`${golden.name} ${shapes} ${JSON.stringify(attrs)}`, golden];
  });
}

function build(golden: FunctionCase) {
  const operands = golden.inputs.map(({ shape }, i) => input(`x${i}`, shape));
  const y = FUNCTIONS[golden.name]!(golden.attrs as unknown as Attrs, operands);
  expect(y.shape).toEqual(golden.shape);
  const dy = input('dy', y.shape);
  const differentiable = operands.slice(0, golden.gradients.length);
  const feeds = new Map<Tensor, ArrayLike<number>>(
    operands.map((operand, i) => [operand, seededArray(golden.inputs[i]!)]),
  );
  feeds.set(dy, seededArray({ shape: y.shape, seed: golden.cotangentSeed, low: -1, high: 1 }));
  return {
    outputs: [y, ...vjp([y], [dy], differentiable, algebra)],
    feeds,
    expected: [golden.value, ...golden.gradients],
  };
}
