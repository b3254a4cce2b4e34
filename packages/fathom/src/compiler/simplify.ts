import { type Expr, float, fma, mapLeaves, moveIndex, operandsOf } from '../ir/expr.ts';
import { formatAttrs, topologicalOrder } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { labelled, Tensor } from '../ir/tensor.ts';
import type { Nest } from './nest.ts';
import type { Graph } from './program.ts';
import { outputAxes } from './tile.ts';

/** Gives an equal value that is computed faster, or `undefined`. */
export type Rewrite = (node: Tensor) => Tensor | undefined;

/** The same graph with each node replaced by what the first rewrite that knows it makes of it. */
export function rewriteGraph(graph: Graph, rewrites: readonly Rewrite[]): Graph {
  const replaced = new Map<Tensor, Tensor>();
  const roots = [...graph.outputs, ...graph.updates.map(({ value }) => value)];
  for (const node of topologicalOrder(roots)) {
    const inputs = node.inputs.map((input) => replaced.get(input)!);
    const same = inputs.every((input, i) => input === node.inputs[i]);
    const rebuilt = same ? node : new Tensor(node.op, inputs, node.attrs, node, node.label);
    let result: Tensor | undefined;
    labelled(node.label, () => {
      for (const rewrite of rewrites) result ??= rewrite(rebuilt);
    });
    replaced.set(node, result ?? rebuilt);
  }
  return mapRoots(graph, (node) => replaced.get(node) ?? node);
}

/** The same graph with equal computations made once. */
export function shareEqualNodes(graph: Graph): Graph {
  const canonical = new Map<Tensor, Tensor>();
  const byKey = new Map<string, Tensor>();
  const opIds = new Map<Op, number>();
  const attrIds = new Map<unknown, number>();
  const identify = <K>(ids: Map<K, number>, key: K) => {
    if (!ids.has(key)) ids.set(key, ids.size);
    return ids.get(key)!;
  };
  const roots = [...graph.outputs, ...graph.updates.map(({ value }) => value)];
  for (const node of topologicalOrder(roots)) {
    const inputs = node.inputs.map((input) => canonical.get(input)!);
    const leaf = node.op.lower.kind === 'leaf';
    const text = leaf ? '' : attrsKey(node.attrs);
    const variable = (node.attrs as { variable?: object } | undefined)?.variable;
    const identity = leaf ? (variable ? `v${identify(attrIds, variable)}` : `n${node.id}`) : text;
    const key = `${identify(opIds, node.op)}(${inputs.map(({ id }) => id).join(',')})${identity}`;
    const known = byKey.get(key);
    if (known) {
      canonical.set(node, known);
      continue;
    }
    const same = inputs.every((input, i) => input === node.inputs[i]);
    const kept = same ? node : new Tensor(node.op, inputs, node.attrs, node, node.label);
    byKey.set(key, kept);
    canonical.set(node, kept);
  }
  return mapRoots(graph, (node) => canonical.get(node) ?? node);
}

/** The same graph with other nodes in place of those that it ends in. */
export function mapRoots(graph: Graph, map: (node: Tensor) => Tensor): Graph {
  return {
    inputs: graph.inputs.map(map),
    outputs: graph.outputs.map(map),
    updates: graph.updates.map(({ variable, value }) => ({ variable, value: map(value) })),
  };
}

/**
 * Folds constants and neutral elements in every expression of a nest, makes a·b + c one operation, and reductions over
 * nothing their neutral element.
 */
export function simplifyNest(given: Nest): Nest {
  const nest = withoutEmptyReduction(given);
  const seen = new Map<Expr, Expr>();
  const simplify = (expr: Expr) => simplifyExpr(expr, seen);
  return {
    ...nest,
    ...(nest.reduce ? { reduce: { ...nest.reduce, body: simplify(nest.reduce.body) } } : {}),
    stores: nest.stores.map((store) => ({ ...store, value: simplify(store.value) })),
  };
}

/** A contraction's text leaves out its shape, which is part of its meaning. */
function attrsKey(attrs: unknown): string {
  return `${formatAttrs(attrs)}${JSON.stringify((attrs as { shape?: unknown } | undefined)?.shape)}`;
}

/** A sum over an axis of extent 0 is 0, and what is computed from it has still to be computed. */
function withoutEmptyReduction(nest: Nest): Nest {
  const { reduce, ...rest } = nest;
  const outputs = outputAxes(nest);
  const empty = nest.axes.some((size, axis) => size === 0 && !outputs.includes(axis));
  if (!reduce || !empty) return nest;
  const { dtype } = reduce.body;
  const neutral: Expr = { kind: 'const', dtype, value: reduce.combine === 'sum' ? 0 : -Infinity };
  const seen = new Map<Expr, Expr>();
  return {
    ...rest,
    axes: nest.axes.map((size, axis) => (outputs.includes(axis) ? size : 1)),
    stores: nest.stores.map((store) => ({
      ...store,
      value: mapLeaves(store.value, (leaf) => (leaf.kind === 'acc' ? neutral : leaf), seen),
    })),
  };
}

function simplifyExpr(expr: Expr, seen: Map<Expr, Expr>): Expr {
  const known = seen.get(expr);
  if (known) return known;
  const operands = operandsOf(expr).map((operand) => simplifyExpr(operand, seen));
  const result = peephole(rebuild(expr, operands));
  seen.set(expr, result);
  return result;
}

function rebuild(expr: Expr, operands: readonly Expr[]): Expr {
  const original = operandsOf(expr);
  if (operands.every((operand, i) => operand === original[i])) return expr;
  switch (expr.kind) {
    case 'load':
      return { ...expr, access: moveIndex(expr.access, () => operands[0]!) };
    case 'unary':
      return { ...expr, a: operands[0]! };
    case 'binary':
      return { ...expr, a: operands[0]!, b: operands[1]! };
    case 'fma':
      return { ...expr, a: operands[0]!, b: operands[1]!, c: operands[2]! };
    case 'select':
      return { ...expr, condition: operands[0]!, a: operands[1]!, b: operands[2]! };
    default:
      return expr;
  }
}

const isFloat = (expr: Expr, value: number) =>
  expr.kind === 'const' && expr.dtype === 'float32' && expr.value === value;

/** One step at the root; operands are already simple. x·0 stays, since x may be NaN. */
function peephole(expr: Expr): Expr {
  if (expr.kind === 'binary' && expr.dtype === 'float32') {
    const { op, a, b } = expr;
    if (op === 'mul' && isFloat(a, 1)) return b;
    if ((op === 'mul' || op === 'div') && isFloat(b, 1)) return a;
    if (op === 'add' && isFloat(a, 0)) return b;
    if ((op === 'add' || op === 'sub') && isFloat(b, 0)) return a;
    if (a.kind === 'const' && b.kind === 'const') {
      const f = Math.fround;
      if (op === 'add') return float(f(f(a.value) + f(b.value)));
      if (op === 'sub') return float(f(f(a.value) - f(b.value)));
      if (op === 'mul') return float(f(f(a.value) * f(b.value)));
      if (op === 'div') return float(f(f(a.value) / f(b.value)));
    }
    if (op === 'div' && b.kind === 'const' && isPowerOfTwo(b.value)) {
      return { ...expr, op: 'mul', b: float(1 / b.value) };
    }
    if (op === 'add' && a.kind === 'binary' && a.op === 'mul') return fma(a.a, a.b, b);
    if (op === 'add' && b.kind === 'binary' && b.op === 'mul') return fma(b.a, b.b, a);
  }
  if (expr.kind === 'select' && expr.a === expr.b) return expr.a;
  return expr;
}

function isPowerOfTwo(value: number): boolean {
  const exponent = Math.log2(Math.abs(value));
  return Number.isInteger(exponent) && exponent > -100 && exponent < 100;
}
