import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import {
  celu,
  elu,
  embeddingLookup,
  gelu,
  groupNorm,
  hardShrink,
  hardSigmoid,
  hardSilu,
  hardTanh,
  layerNorm,
  logSigmoid,
  logSoftmax,
  logSumExp,
  mish,
  relu6,
  resizeAlong,
  resizeImages,
  rmsNorm,
  selu,
  silu,
  softplus,
  softShrink,
  softsign,
  squareplus,
  tanhShrink,
} from '../../src/functional/index.ts';
import { vjp } from '../../src/ir/graph.ts';
import type { Tensor, Variable } from '../../src/ir/tensor.ts';
import { type BaseLayer, type CallContext, callLayer } from '../../src/nn/layer.ts';
import { multiHeadAttention, prelu } from '../../src/nn/layers/index.ts';
import { constant, cos, equal, erf, exp, expm1, input, log1p, sin } from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { backends } from '../support/backends.ts';
import { expectAgreement } from '../support/compare.ts';
import { algebra, exact } from '../support/differences.ts';
import { type FunctionCase, seededArray } from './golden.ts';

const { cases } = JSON.parse(readFileSync(new URL('./data/attention.json', import.meta.url), 'utf8')) as {
  cases: FunctionCase[];
};

interface Attrs {
  readonly indices: readonly (readonly number[])[];
  readonly mask: readonly (readonly (readonly number[])[])[];
}

type Build = (attrs: Attrs, operands: readonly Tensor[]) => Tensor;

/** A layer whose weights are operands, in Keras' order. */
function layer(made: BaseLayer, inputs: readonly Tensor[], weights: readonly Tensor[]): Tensor {
  made.buildFor(inputs.map(({ shape }) => shape.slice(1)));
  const values = new Map<Variable, Tensor>(
    made.weights.map(({ variable }, i) => {
      expect(variable.shape, variable.name).toEqual(weights[i]!.shape);
      return [variable, weights[i]!];
    }),
  );
  expect(values.size).toBe(weights.length);
  const context = {
    training: false,
    read: (variable: Variable) => values.get(variable)!,
    maskOf: () => undefined,
    setMask: () => {},
  } as unknown as CallContext;
  return callLayer(made, inputs, context)[0]!;
}

const one =
  (f: (x: Tensor) => Tensor): Build =>
  (_, [x]) =>
    f(x!);

const heads = { numHeads: 2, keyDim: 3 };

const FUNCTIONS: Readonly<Record<string, Build>> = {
  relu6: one(relu6),
  elu: one(elu),
  selu: one(selu),
  celu: one(celu),
  gelu: one(gelu),
  geluApproximate: one((x) => gelu(x, { approximate: true })),
  silu: one(silu),
  mish: one(mish),
  softplus: one(softplus),
  softsign: one(softsign),
  squareplus: one(squareplus),
  exponential: one(exp),
  hardSigmoid: one(hardSigmoid),
  hardSilu: one(hardSilu),
  hardTanh: one(hardTanh),
  hardShrink: one(hardShrink),
  softShrink: one(softShrink),
  tanhShrink: one(tanhShrink),
  logSigmoid: one(logSigmoid),
  logSoftmax: one(logSoftmax),
  erf: one(erf),
  sin: one(sin),
  cos: one(cos),
  log1p: one(log1p),
  expm1: one(expm1),
  logSumExp: one((x) => logSumExp(x, 1)),
  embedding: ({ indices }, [table]) =>
    embeddingLookup(table!, constant(indices.flat(), [indices.length, indices[0]!.length], 'int32')),
  layerNormalization: (_, [x, gamma, beta]) => layerNorm(x!, { gamma, beta }),
  layerNormalizationAxes: (_, [x, gamma, beta]) =>
    layerNorm(x!, { axes: [1, 2], epsilon: 1e-5, gamma, beta }),
  groupNormalization: (_, [x, gamma, beta]) => groupNorm(x!, { groups: 3, gamma, beta }),
  rmsNormalization: (_, [x, gamma]) => rmsNorm(x!, { gamma }),
  prelu: (_, [x, alpha]) => layer(prelu({ sharedAxes: [1] }), [x!], [alpha!]),
  multiHeadAttention: (_, [q, v, ...weights]) => layer(multiHeadAttention(heads), [q!, v!], weights),
  multiHeadAttentionCausal: (_, [q, v, ...weights]) =>
    layer(multiHeadAttention({ ...heads, valueDim: 4, useCausalMask: true }), [q!, v!], weights),
  multiHeadAttentionMask: ({ mask }, [q, v, ...weights]) => {
    const allowed = constant(mask.flat(2), [2, 5, 4], 'int32');
    const made = multiHeadAttention(heads);
    return layer(made, [q!, v!, v!, equal(allowed, 1)], weights);
  },
  upSampling2dNearest: one((x) => resizeImages(x, [6, 12], 'nearest')),
  upSampling2dBilinear: one((x) => resizeImages(x, [6, 12], 'bilinear')),
  upSampling1d: one((x) => resizeAlong(x, 1, 12, 'nearest')),
  resizingBilinear: one((x) => resizeImages(x, [5, 3], 'bilinear')),
  resizingNearest: one((x) => resizeImages(x, [5, 3], 'nearest')),
};

/** A bias of keys has no gradient but what rounding leaves. */
const ROUNDING = 1e-14;
/** Sines of large angles and differences of close numbers lose digits in float32. */
const SLACK = 1e-6;

describe('goldens of Keras and PyTorch', () => {
  const made: Promise<Backend>[] = [];
  afterAll(async () => {
    for (const backend of made) await (await backend).dispose();
  });

  it('knows every case', () => {
    expect(cases.map(({ name }) => name).sort()).toEqual(Object.keys(FUNCTIONS).sort());
  });

  describe.each([
    { name: 'float64', make: async () => exact, slack: ROUNDING },
    ...backends.map(({ name, threads, make }) => ({ name, make: () => make(threads.at(-1)!), slack: SLACK })),
  ])('$name', ({ make, slack }) => {
    let backend: Promise<Backend> | undefined;
    it.each(cases.map((each) => [each.name, each] as const))('%s', async (name, golden) => {
      if (!backend) {
        backend = make();
        if (slack > ROUNDING) made.push(backend);
      }
      const nodes = golden.inputs.map(({ shape }, i) => input(`x${i}`, shape));
      const y = FUNCTIONS[name]!(golden.attrs as unknown as Attrs, nodes);
      expect(y.shape).toEqual(golden.shape);
      const dy = input('dy', y.shape);
      const feeds = new Map<Tensor, ArrayLike<number>>([
        ...nodes.map((node, i) => [node, seededArray(golden.inputs[i]!)] as const),
        [dy, seededArray({ shape: golden.shape, seed: golden.cotangentSeed, low: -1, high: 1 })],
      ]);
      const results = await evaluate([y, ...vjp([y], [dy], nodes, algebra)], feeds, await backend);
      [golden.value, ...golden.gradients].forEach((expected, i) => {
        const what = i === 0 ? `${name}` : `${name}: gradient ${i - 1}`;
        expectAgreement(results[i]!, Float64Array.from(expected), 'sum', what, slack);
      });
    });
  });
});
