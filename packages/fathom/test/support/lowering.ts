import type { Affine, Expr } from '../../src/ir/expr.ts';
import type { LoopAttrs } from '../../src/ir/loop.ts';
import type { Lowering, Operand } from '../../src/ir/op.ts';
import { sizeOf, stridesOf } from '../../src/ir/shape.ts';
import type { NumericArray, Tensor } from '../../src/ir/tensor.ts';
import { unitIndex } from '../../src/ops/broadcast.ts';

/**
 * Computes a node from its `lower` alone, point by point, in float32: the meaning of a lowering without any compiler.
 * A backend that disagrees with this has a fault of its own; an op whose reference disagrees has one in its record.
 */
export function interpretLowering(node: Tensor, inputs: readonly NumericArray[]): NumericArray {
  const out = node.dtype === 'float32' ? new Float32Array(node.size) : new Int32Array(node.size);
  fill(node, node.op.lower, inputs, out);
  return out;
}

/** Reads operands where index maps over the axes of an iteration space lead from one of its points. */
function operandsAt(node: Tensor, inputs: readonly NumericArray[], point: readonly number[]): Operand {
  return (input, index) => {
    const tensor = node.inputs[input]!;
    const place = flat(
      tensor.shape,
      index.map((place) => ('kind' in place ? scalarOf(place, point) : affineAt(place, point))),
    );
    return { kind: 'const', dtype: tensor.dtype, value: inputs[input]![place]! };
  };
}

function fill(node: Tensor, lower: Lowering, inputs: readonly NumericArray[], out: NumericArray): void {
  const at = unitIndex(node.rank);
  switch (lower.kind) {
    case 'leaf':
      throw new Error(`${node} is a leaf: it has no lowering to interpret.`);
    case 'pointwise':
      pointsOf(node.shape).forEach((point, i) => {
        const operand = operandsAt(node, inputs, point);
        const operands = node.inputs.map((_, input) => operand(input, at));
        out[i] = scalarOf(lower.body(operands, node), point);
      });
      return;
    case 'index':
      pointsOf(node.shape).forEach((point, i) => {
        out[i] = scalarOf(operandsAt(node, inputs, point)(0, lower.map(at, node)));
      });
      return;
    case 'generate':
      pointsOf(node.shape).forEach((point, i) => {
        out[i] = scalarOf(lower.body(at, node, operandsAt(node, inputs, point)), point);
      });
      return;
    case 'alias':
      out.set(inputs[0]!);
      return;
    case 'pieces':
      for (const { start, step, extent, source } of lower.pieces(node)) {
        for (const point of pointsOf(extent)) {
          const place = flat(
            node.shape,
            point.map((i, d) => start[d]! + step[d]! * i),
          );
          out[place] =
            'constant' in source
              ? source.constant
              : scalarOf(operandsAt(node, inputs, point)(source.input, unitIndex(extent.length)));
        }
      }
      return;
    case 'nest':
      fillNest(node, lower, inputs, out);
      return;
    case 'loop':
      fillLoop(lower.loop(node), inputs, out);
      return;
    default:
      lower satisfies never;
  }
}

/** Runs a loop by the lowerings of what its body holds. */
function fillLoop({ body, result }: LoopAttrs, inputs: readonly NumericArray[], out: NumericArray): void {
  const { carries, items, constants, next, length, reverse } = body;
  const from = carries.length + items.length;
  let state = inputs.slice(0, carries.length);
  for (let iteration = 0; iteration < length; iteration++) {
    const t = reverse ? length - 1 - iteration : iteration;
    const known = new Map<Tensor, NumericArray>();
    carries.forEach((carry, i) => {
      known.set(carry, state[i]!);
    });
    items.forEach((item, i) => {
      known.set(item, inputs[carries.length + i]!.slice(t * item.size, (t + 1) * item.size));
    });
    constants.forEach((constant, i) => {
      known.set(constant, inputs[from + i]!);
    });
    const computed = (node: Tensor): NumericArray => {
      if (!known.has(node)) known.set(node, interpretLowering(node, node.inputs.map(computed)));
      return known.get(node)!;
    };
    state = next.map(computed);
    if (result.kind === 'stack') out.set(computed(result.value), t * result.value.size);
  }
  if (result.kind === 'final') out.set(state[result.carry]!);
}

function fillNest(
  node: Tensor,
  lower: Lowering & { kind: 'nest' },
  inputs: readonly NumericArray[],
  out: NumericArray,
): void {
  const spec = lower.nest(node);
  out.fill(spec.combine === 'sum' ? 0 : -Infinity);
  const accumulate = (place: number, value: number) => {
    const before = out[place]!;
    out[place] = spec.combine === 'sum' ? before + value : larger(before, value);
  };
  for (const point of pointsOf(spec.axes)) {
    const operand = operandsAt(node, inputs, point);
    const place = spec.out.map((affine) => affineAt(affine, point));
    if (spec.scatter) {
      const { computed } = spec.scatter;
      if (computed) place[computed.axis] = scalarOf(computed.place(operand), point);
      const values = spec.scatter.values(operand);
      spec.scatter.offsets.forEach((offset, i) => {
        const shifted = place.map((at, d) => at + offset[d]!);
        accumulate(flat(node.shape, shifted), scalarOf(values[i]!, point));
      });
    } else accumulate(flat(node.shape, place), scalarOf(spec.body(operand), point));
  }
}

function pointsOf(shape: readonly number[]): number[][] {
  const strides = stridesOf(shape);
  return Array.from({ length: sizeOf(shape) }, (_, i) =>
    strides.map((stride, d) => Math.floor(i / stride) % shape[d]!),
  );
}

function affineAt({ offset, coefficients }: Affine, point: readonly number[]): number {
  return coefficients.reduce((sum, c, axis) => sum + (c === 0 ? 0 : c * point[axis]!), offset);
}

function flat(shape: readonly number[], at: readonly number[]): number {
  const strides = stridesOf(shape);
  return at.reduce((sum, i, d) => {
    if (i < 0 || i >= shape[d]!) throw new RangeError(`index ${at} lies outside [${shape}].`);
    return sum + i * strides[d]!;
  }, 0);
}

const word = new DataView(new ArrayBuffer(4));

/** The value of an expression over constants at a point of its axes, by the semantics stated in `ir/expr.ts`. */
export function scalarOf(
  expr: Expr,
  point: readonly number[] = [],
  seen: Map<Expr, number> = new Map(),
): number {
  const known = seen.get(expr);
  if (known !== undefined) return known;
  const value = compute(expr, point, (operand) => scalarOf(operand, point, seen));
  const rounded = expr.dtype === 'float32' ? Math.fround(value) : value;
  seen.set(expr, rounded);
  return rounded;
}

function compute(expr: Expr, point: readonly number[], visit: (operand: Expr) => number): number {
  switch (expr.kind) {
    case 'const':
      return expr.value;
    case 'index':
      return affineAt(expr.affine, point);
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
// The comparison is the definition.
const larger = (a: number, b: number) => (a < b ? b : a);
// The comparison is the definition.
const smaller = (a: number, b: number) => (b < a ? b : a);
