import { expect } from 'vitest';
import { type Expr, float, int, walk } from '../../src/ir/expr.ts';
import type { NumericArray, Tensor } from '../../src/ir/tensor.ts';

/**
 * How far a float32 computation of a node may be from the oracle.
 * - `bits`: integers, truths, movements, selections, and one correctly rounded operation.
 * - `rounding`: elementwise polynomials (exp, log, tanh), relative to each value.
 * - `sum`: sums of many terms in an order of the backend's own, relative to the largest value of the result.
 */
export type Agreement = 'bits' | 'rounding' | 'sum';

const RELATIVE = 1e-5;
/** Results below the smallest normal float32 may be flushed to zero or stop there. */
const SMALLEST = 2 ** -125;

/** Read off the record, so that a new op needs no entry in a list. */
export function agreementOf(node: Tensor): Agreement {
  if (node.dtype !== 'float32') return 'bits';
  const { lower } = node.op;
  switch (lower.kind) {
    case 'leaf':
    case 'index':
    case 'alias':
    case 'pieces':
      return 'bits';
    case 'pointwise':
      return roundingsIn([
        lower.body(
          node.inputs.map((input) => anyValue(input)),
          node,
        ),
      ]);
    case 'generate':
      return roundingsIn([
        lower.body(
          node.shape.map(() => ({ offset: 0, coefficients: [] })),
          node,
          (input) => anyValue(node.inputs[input]!),
        ),
      ]);
    case 'nest':
      return lower.nest(node).combine === 'max' ? 'bits' : 'sum';
    case 'loop':
      // Its body may hold anything.
      return 'sum';
    default:
      return lower satisfies never;
  }
}

/**
 * Expects `actual` to agree with `expected`; NaN agrees with NaN only, an infinity with itself only.
 * `slack` is an absolute error allowed besides, where the computation itself magnifies rounding.
 */
export function expectAgreement(
  actual: ArrayLike<number>,
  expected: NumericArray,
  agreement: Agreement,
  what: string,
  slack = 0,
): void {
  expect(actual.length, `${what}: number of elements`).toBe(expected.length);
  let largest = 0;
  for (const value of expected) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  for (let i = 0; i < expected.length; i++) {
    const got = actual[i]!;
    const want = expected instanceof Int32Array ? expected[i]! : Math.fround(expected[i]!);
    if (Object.is(got, want)) continue;
    const scale = agreement === 'sum' ? largest : Math.abs(want);
    const near =
      agreement !== 'bits' &&
      Number.isFinite(want) &&
      Math.abs(got - expected[i]!) <= RELATIVE * scale + SMALLEST + slack;
    if (!near) expect.fail(`${what}: element ${i} is ${got}; expected ${want} (${agreement}).`);
  }
}

/** The largest distance between two results, as a measure of what rounding does to a computation. */
export function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const apart = Math.abs(a[i]! - b[i]!);
    if (Number.isFinite(apart)) largest = Math.max(largest, apart);
  }
  return largest;
}

/** Expects the same bits, element by element. */
export function expectSameBits(actual: NumericArray, expected: NumericArray, what: string): void {
  expect(actual.length, `${what}: number of elements`).toBe(expected.length);
  if (bytesOf(actual).equals(bytesOf(expected))) return;
  // Every NaN is like every other.
  for (let i = 0; i < expected.length; i++) {
    if (!Object.is(actual[i], expected[i])) {
      expect.fail(`${what}: element ${i} is ${actual[i]} and ${expected[i]}.`);
    }
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: NumericArray): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

const ROUNDED = new Set(['add', 'sub', 'mul', 'div', 'sqrt']);

/** One rounded operation gives the same bits everywhere; two may be rounded once by the oracle. */
function roundingsIn(results: readonly Expr[]): Agreement {
  let rounded = 0;
  const seen = new Set<Expr>();
  for (const result of results) {
    walk(
      result,
      (node) => {
        if (node.kind === 'fma') rounded += 2;
        else if ((node.kind === 'binary' || node.kind === 'unary') && node.dtype === 'float32') {
          if (ROUNDED.has(node.op)) rounded++;
        }
      },
      seen,
    );
  }
  return rounded <= 1 ? 'bits' : 'rounding';
}

function anyValue({ dtype }: Tensor): Expr {
  if (dtype === 'float32') return float(0.5);
  return dtype === 'bool' ? { ...int(1), dtype } : int(1);
}
