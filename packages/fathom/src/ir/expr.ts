import type { DType } from './shape.ts';

/**
 * The scalar ALU: the expressions of which the bodies of all kernels are made.
 * Every backend prints these few operations and nothing else.
 *
 * Semantics that every renderer keeps:
 * - `max(a, b)` is `a < b ? b : a` and `min(a, b)` is `b < a ? b : a`, so a NaN in `a` is passed on.
 * - `fma(a, b, c)` is a·b + c, rounded once where the machine can and twice elsewhere.
 * - int32 arithmetic wraps; `shr` is the logical shift.
 * - `toInt` truncates towards zero, saturating; `bits` and `fromBits` reinterpret.
 * - Comparisons give `bool`; `select(c, a, b)` is `c ? a : b`.
 */
export type UnaryOp = 'neg' | 'abs' | 'sqrt' | 'floor' | 'not' | 'toFloat' | 'toInt' | 'bits' | 'fromBits';
export type BinaryOp =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'max'
  | 'min'
  | 'eq'
  | 'lt'
  | 'le'
  | 'and'
  | 'or'
  | 'xor'
  | 'shl'
  | 'shr';

/** Σ coefficientᵢ · axisᵢ + offset over the axes of a loop nest. */
export interface Affine {
  readonly offset: number;
  /** One coefficient for each axis of the nest. */
  readonly coefficients: readonly number[];
}

/** Where a load or a store goes: an element offset and one stride for each axis of the nest. */
export interface Access {
  /** Index of the buffer in the kernel's own list. */
  readonly buffer: number;
  readonly offset: number;
  readonly strides: readonly number[];
  /** Elements by which the access moves on from one iteration of the loop around the nest to the next. */
  readonly advance?: number;
  /** A further offset that is known only when the nest runs: stride · index, with 0 ≤ index < extent. */
  readonly indirect?: { readonly index: Expr; readonly stride: number; readonly extent: number };
}

export type Expr = { readonly dtype: DType } & (
  | { readonly kind: 'const'; readonly value: number }
  | { readonly kind: 'load'; readonly access: Access }
  | { readonly kind: 'index'; readonly affine: Affine }
  | { readonly kind: 'acc' }
  | { readonly kind: 'unary'; readonly op: UnaryOp; readonly a: Expr }
  | { readonly kind: 'binary'; readonly op: BinaryOp; readonly a: Expr; readonly b: Expr }
  | { readonly kind: 'fma'; readonly a: Expr; readonly b: Expr; readonly c: Expr }
  | { readonly kind: 'select'; readonly condition: Expr; readonly a: Expr; readonly b: Expr }
);

export const float = (value: number): Expr => ({ kind: 'const', dtype: 'float32', value });
export const int = (value: number): Expr => ({ kind: 'const', dtype: 'int32', value: value | 0 });
export const acc = (dtype: DType): Expr => ({ kind: 'acc', dtype });
export const load = (access: Access, dtype: DType): Expr => ({ kind: 'load', dtype, access });
export const index = (affine: Affine): Expr => ({ kind: 'index', dtype: 'int32', affine });

const UNARY_RESULT: Record<UnaryOp, DType | 'same'> = {
  neg: 'same',
  abs: 'same',
  sqrt: 'same',
  floor: 'same',
  not: 'bool',
  toFloat: 'float32',
  toInt: 'int32',
  bits: 'int32',
  fromBits: 'float32',
};

export function unary(op: UnaryOp, a: Expr): Expr {
  const result = UNARY_RESULT[op];
  return { kind: 'unary', dtype: result === 'same' ? a.dtype : result, op, a };
}

export function binary(op: BinaryOp, a: Expr, b: Expr): Expr {
  const compares = op === 'eq' || op === 'lt' || op === 'le';
  return { kind: 'binary', dtype: compares ? 'bool' : a.dtype, op, a, b };
}

export const fma = (a: Expr, b: Expr, c: Expr): Expr => ({ kind: 'fma', dtype: 'float32', a, b, c });
export const select = (condition: Expr, a: Expr, b: Expr): Expr => ({
  kind: 'select',
  dtype: a.dtype,
  condition,
  a,
  b,
});

/** The direct operands of an expression. */
export function operandsOf(expr: Expr): readonly Expr[] {
  switch (expr.kind) {
    case 'const':
    case 'index':
    case 'acc':
      return [];
    case 'load':
      return expr.access.indirect ? [expr.access.indirect.index] : [];
    case 'unary':
      return [expr.a];
    case 'binary':
      return [expr.a, expr.b];
    case 'fma':
      return [expr.a, expr.b, expr.c];
    case 'select':
      return [expr.condition, expr.a, expr.b];
    default:
      return expr satisfies never;
  }
}

/**
 * Rebuilds `expr` with every leaf (load, index, acc, const) replaced by `leaf(leaf)`; what an indirect load's place is
 * computed from comes first. Shared nodes stay shared.
 */
export function mapLeaves(expr: Expr, leaf: (leaf: Expr) => Expr, seen: Map<Expr, Expr> = new Map()): Expr {
  const known = seen.get(expr);
  if (known) return known;
  const visit = (e: Expr) => mapLeaves(e, leaf, seen);
  let result: Expr;
  switch (expr.kind) {
    case 'const':
    case 'index':
    case 'acc':
      result = leaf(expr);
      break;
    case 'load':
      result = leaf(expr.access.indirect ? { ...expr, access: moveIndex(expr.access, visit) } : expr);
      break;
    case 'unary':
      result = { ...expr, a: visit(expr.a) };
      break;
    case 'binary':
      result = { ...expr, a: visit(expr.a), b: visit(expr.b) };
      break;
    case 'fma':
      result = { ...expr, a: visit(expr.a), b: visit(expr.b), c: visit(expr.c) };
      break;
    case 'select':
      result = { ...expr, condition: visit(expr.condition), a: visit(expr.a), b: visit(expr.b) };
      break;
    default:
      return expr satisfies never;
  }
  seen.set(expr, result);
  return result;
}

/** The same access with what its indirect place is computed from replaced. */
export function moveIndex(access: Access, move: (index: Expr) => Expr): Access {
  const { indirect } = access;
  return indirect ? { ...access, indirect: { ...indirect, index: move(indirect.index) } } : access;
}

/** Whether the value of `expr` changes along an axis of the nest. */
export function variesAlong(expr: Expr, axis: number): boolean {
  let varies = false;
  walk(expr, (node) => {
    if (node.kind === 'load' && (node.access.strides[axis] ?? 0) !== 0) varies = true;
    if (node.kind === 'index' && (node.affine.coefficients[axis] ?? 0) !== 0) varies = true;
  });
  return varies;
}

/** Visits every distinct node once, operands first. */
export function walk(expr: Expr, visit: (node: Expr) => void, seen: Set<Expr> = new Set()): void {
  if (seen.has(expr)) return;
  seen.add(expr);
  for (const operand of operandsOf(expr)) walk(operand, visit, seen);
  visit(expr);
}

/** Number of distinct ALU operations, leaves not counted. */
export function operationCount(expr: Expr): number {
  let count = 0;
  walk(expr, (node) => {
    if (operandsOf(node).length > 0) count++;
  });
  return count;
}
