import { describe, expect, it } from 'vitest';
import { apply, verify, vjp } from '../../src/ir/graph.ts';
import type { Op } from '../../src/ir/op.ts';
import { sameShape } from '../../src/ir/shape.ts';
import type { NumericArray } from '../../src/ir/tensor.ts';
import { evaluate } from '../../src/runtime.ts';
import { agreementOf, expectAgreement } from './compare.ts';
import { algebra, drawCotangent, expectGradients, expectSecondGradients, plain } from './differences.ts';
import { type Case, casesOf, feedsOf, inputsOf, refusedExamples } from './examples.ts';
import { interpretLowering } from './lowering.ts';
import { seeded, seedOf } from './random.ts';

/** Larger examples are there for the kernels of a backend; a gradient of a gradient needs no more than this. */
const LARGEST_SECOND_ORDER = 2000;

/** The tests that every op has, made from its record's examples. */
export function describeOp(op: Op): void {
  describe(op.name, () => {
    for (const each of casesOf(op))
      describe(each.title, () => {
        describeCase(op, each);
      });
    for (const example of refusedExamples(op)) {
      it(`refuses ${JSON.stringify(example.inputs.map(({ shape }) => shape))}: ${example.error}`, () => {
        const inputs = inputsOf(example);
        const call = () => apply(op, inputs, example.attrs);
        expect(call).toThrow(example.error);
        expect(call, 'the message says where').toThrow(op.name);
      });
    }
  });
}

function describeCase(op: Op, { example, inputs, values, output }: Case): void {
  const random = () => seeded(seedOf(op.name));

  it('has the shape and the type of its rule, and every element is computed', () => {
    expect(op.infer(inputs, example.attrs)).toEqual({ shape: output.shape, dtype: output.dtype });
    const once = runReference(op, output, values, 17);
    const again = runReference(op, output, values, -3);
    expect(again, 'no element is left as it was').toEqual(once);
    if (output.dtype !== 'float32') expect(once.every(Number.isInteger)).toBe(true);
    if (output.dtype === 'bool') expect(once.every((truth) => truth === 0 || truth === 1)).toBe(true);
  });

  it('means the same in its lowering as in its reference', async () => {
    const [expected] = await evaluate([output], feedsOf({ inputs, values }), plain);
    const actual = interpretLowering(
      output,
      values.map((value, i) => (inputs[i]!.dtype === 'float32' ? Float32Array.from(value) : value)),
    );
    expectAgreement(actual, expected!, agreementOf(output), op.name);
  });

  if (output.dtype !== 'float32') return;

  it('gives gradients of the shapes of its inputs, and none to integers and truths', () => {
    const { cotangent } = drawCotangent(output, random());
    op.vjp(output, cotangent).forEach((gradient, i) => {
      if (inputs[i]!.dtype !== 'float32') expect(gradient, `gradient of input ${i}`).toBeUndefined();
      if (!gradient) return;
      expect(sameShape(gradient.shape, inputs[i]!.shape), `shape of gradient ${i}`).toBe(true);
      expect(gradient.dtype).toBe('float32');
    });
    verify(vjp([output], [cotangent], inputs, algebra), `vjp of ${op.name}`);
  });

  if (example.differentiable === false || inputs.every(({ dtype }) => dtype !== 'float32')) return;

  it('has the gradients that central differences give', async () => {
    await expectGradients(output, inputs, values, random());
  });

  if (inputs.some(({ size }) => size > LARGEST_SECOND_ORDER)) return;

  it('has the second derivatives that differences of its gradients give', async () => {
    await expectSecondGradients(output, inputs, values, random());
  });
}

function runReference(
  op: Op,
  output: Case['output'],
  values: readonly NumericArray[],
  before: number,
): NumericArray {
  const out = output.dtype === 'float32' ? new Float64Array(output.size) : new Int32Array(output.size);
  out.fill(before);
  const given = values.map((value) => value.slice());
  op.reference(given, output, out);
  expect(given, 'the operands are not written').toEqual(values);
  return out;
}
