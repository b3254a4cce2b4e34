import type { Affine, Expr } from '../../src/ir/expr.ts';
import type { Lowering } from '../../src/ir/op.ts';
import { sizeOf, stridesOf } from '../../src/ir/shape.ts';
import type { NumericArray, Tensor } from '../../src/ir/tensor.ts';

/**
 * Computes a node from its `lower` alone, point by point, in float32: the meaning of a lowering without any compiler.
 * A backend that disagrees with this has a fault of its own; an op whose reference disagrees has one in its record.
 */
export function interpretLowering(node: Tensor, inputs: readonly NumericArray[]): NumericArray {
  const out = node.dtype === 'float32' ? new Float32Array(node.size) : new Int32Array(node.size);
  const operand = (input: number, index: readonly Affine[]) =>
    element(node.inputs[input]!, inputs[input]!, index.map(constantOf));
  fill(node, node.op.lower, inputs, operand, out);
  return out;
}

type Operand = (input: number, index: readonly Affine[]) => Expr;

function fill(
  node: Tensor,
  lower: Lowering,
  inputs: readonly NumericArray[],
  operand: Operand,
  out: NumericArray,
): void {
  const points = (shape: readonly number[]) =>
    Array.from({ length: sizeOf(shape) }, (_, i) =>
      stridesOf(shape).map((stride, d) => Math.floor(i / stride) % shape[d]!),
    );
  switch (lower.kind) {
    case 'leaf':
      throw new Error(`${node} is a leaf: it has no lowering to interpret.`);
    case 'pointwise':
      points(node.shape).forEach((at, i) => {
        const index = at.map(fixed);
        out[i] = scalarOf(
          lower.body(
            node.inputs.map((_, input) => operand(input, index)),
            node,
          ),
        );
      });
      return;
    case 'index':
      points(node.shape).forEach((at, i) => {
        out[i] = scalarOf(operand(0, lower.map(at.map(fixed), node)));
      });
      return;
    case 'generate':
      points(node.shape).forEach((at, i) => {
        out[i] = scalarOf(lower.body(at.map(fixed), node, operand));
      });
      return;
    case 'alias':
      out.set(inputs[0]!);
      return;
    case 'pieces':
      for (const { start, step, extent, source } of lower.pieces(node)) {
        for (const at of points(extent)) {
          const place = flat(
            node.shape,
            at.map((i, d) => start[d]! + step[d]! * i),
          );
          out[place] =
            'constant' in source ? source.constant : scalarOf(operand(source.input, at.map(fixed)));
        }
      }
      return;
    case 'nest':
      fillNest(node, lower, inputs, points, out);
      return;
    default:
      lower satisfies never;
  }
}

function fillNest(
  node: Tensor,
  lower: Lowering & { kind: 'nest' },
  inputs: readonly NumericArray[],
  points: (shape: readonly number[]) => number[][],
  out: NumericArray,
): void {
  const spec = lower.nest(node);
  out.fill(spec.combine === 'sum' ? 0 : -Infinity);
  const accumulate = (place: number, value: number) => {
    const before = out[place]!;
    out[place] = spec.combine === 'sum' ? before + value : larger(before, value);
  };
  for (const point of points(spec.axes)) {
    const at = (affine: Affine) =>
      affine.coefficients.reduce((sum, c, axis) => sum + c * point[axis]!, affine.offset);
    const operand: Operand = (input, index) => element(node.inputs[input]!, inputs[input]!, index.map(at));
    if (spec.scatter) {
      const values = spec.scatter.values(operand);
      spec.scatter.offsets.forEach((offset, i) => {
        const place = spec.out.map((affine, d) => at(affine) + offset[d]!);
        accumulate(flat(node.shape, place), scalarOf(values[i]!));
      });
    } else accumulate(flat(node.shape, spec.out.map(at)), scalarOf(spec.body(operand)));
  }
}

function flat(shape: readonly number[], at: readonly number[]): number {
  const strides = stridesOf(shape);
  return at.reduce((sum, i, d) => {
    if (i < 0 || i >= shape[d]!) throw new RangeError(`index ${at} lies outside [${shape}].`);
    return sum + i * strides[d]!;
  }, 0);
}

function element(tensor: Tensor, values: NumericArray, at: readonly number[]): Expr {
  return { kind: 'const', dtype: tensor.dtype, value: values[flat(tensor.shape, at)]! };
}

const fixed = (i: number): Affine => ({ offset: i, coefficients: [] });

function constantOf({ offset, coefficients }: Affine): number {
  if (coefficients.length > 0) throw new Error('expected an index without axes.');
  return offset;
}

const word = new DataView(new ArrayBuffer(4));

/** The value of an expression over constants, by the semantics stated in `ir/expr.ts`. */
export function scalarOf(expr: Expr, seen: Map<Expr, number> = new Map()): number {
  const known = seen.get(expr);
  if (known !== undefined) return known;
  const value = compute(expr, (operand) => scalarOf(operand, seen));
  const rounded = expr.dtype === 'float32' ? Math.fround(value) : value;
  seen.set(expr, rounded);
  return rounded;
}

function compute(expr: Expr, visit: (operand: Expr) => number): number {
  switch (expr.kind) {
    case 'const':
      return expr.value;
    case 'index':
      return constantOf(expr.affine);
    case 'load':
    case 'acc':
      throw new Error(`${expr.kind} has no value outside of a kernel.`);
    case 'unary':
      return computeUnary(expr, visit(expr.a));
    case 'binary':
      return computeBinary(expr, visit(expr.a), visit(expr.b));
    case 'fma':
      return visit(expr.a) * visit(expr.b) + visit(expr.c);
    case 'select':
      return visit(expr.condition) ? visit(expr.a) : visit(expr.b);
    default:
      return expr satisfies never;
  }
}

function computeUnary(expr: Expr & { kind: 'unary' }, a: number): number {
  switch (expr.op) {
    case 'neg':
      return expr.dtype === 'int32' ? -a | 0 : -a;
    case 'abs':
      return expr.dtype === 'int32' ? Math.abs(a) | 0 : Math.abs(a);
    case 'sqrt':
      return Math.sqrt(a);
    case 'floor':
      return Math.floor(a);
    case 'not':
      return a ? 0 : 1;
    case 'toFloat':
      return a;
    case 'toInt':
      return Number.isNaN(a) ? 0 : Math.max(-(2 ** 31), Math.min(2 ** 31 - 1, Math.trunc(a)));
    case 'bits':
      word.setFloat32(0, a);
      return word.getInt32(0);
    case 'fromBits':
      word.setInt32(0, a);
      return word.getFloat32(0);
    default:
      return expr.op satisfies never;
  }
}

function computeBinary(expr: Expr & { kind: 'binary' }, a: number, b: number): number {
  const integers = expr.a.dtype !== 'float32';
  switch (expr.op) {
    case 'add':
      return integers ? (a + b) | 0 : a + b;
    case 'sub':
      return integers ? (a - b) | 0 : a - b;
    case 'mul':
      return integers ? Math.imul(a, b) : a * b;
    case 'div':
      return integers ? (a / b) | 0 : a / b;
    case 'max':
      return larger(a, b);
    case 'min':
      return smaller(a, b);
    case 'eq':
      return a === b ? 1 : 0;
    case 'lt':
      return a < b ? 1 : 0;
    case 'le':
      return a <= b ? 1 : 0;
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return a << b;
    case 'shr':
      return (a >>> b) | 0;
    default:
      return expr.op satisfies never;
  }
}

/** Not Math.max: a NaN in `a` is passed on, one in `b` is not, and equal zeros keep the sign of `a`. */
// biome-ignore lint/complexity/useMathMinMax: the comparison is the definition.
const larger = (a: number, b: number) => (a < b ? b : a);
// biome-ignore lint/complexity/useMathMinMax: the comparison is the definition.
const smaller = (a: number, b: number) => (b < a ? b : a);
