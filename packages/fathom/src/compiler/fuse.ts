import { type Expr, operationCount } from '../ir/expr.ts';
import { topologicalOrder } from '../ir/graph.ts';
import { sameShape, sizeOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Graph } from './program.ts';

/** Which values of a graph get memory of their own; all others are computed where they are used. */
export interface Fusion {
  readonly order: readonly Tensor[];
  /** Values written to memory, each by kernels of its own. */
  readonly stored: ReadonlySet<Tensor>;
  /** For a stored value that ends an elementwise chain begun by a reduction: that reduction. */
  readonly reductionOf: ReadonlyMap<Tensor, Tensor>;
}

/** Operations that are cheaper to repeat in every user than to store once and load again. */
const CHEAP_OPERATIONS = 3;
/** Operations of one body: longer chains are cut, since kernels without end compile slowly and nest too deep. */
const MOST_OPERATIONS = 256;

/**
 * Decides what is fused with what:
 * - an elementwise chain goes into the epilogue of the reduction it starts from (bias, activation);
 * - elementwise values and views with one user (or cheap ones with several) go into their users' bodies;
 * - everything else is stored, and so is a value in the middle of a very long chain.
 */
export function fuse(graph: Graph): Fusion {
  const roots = [...graph.outputs, ...graph.updates.map(({ value }) => value)];
  const order = topologicalOrder(roots);
  const users = new Map<Tensor, Tensor[]>(order.map((node) => [node, []]));
  for (const node of order) for (const input of new Set(node.inputs)) users.get(input)!.push(node);

  const stored = new Set<Tensor>();
  for (const root of roots) if (root.op.lower.kind !== 'alias') stored.add(root);
  for (const node of order) {
    const { lower } = node.op;
    if (lower.kind === 'nest' || lower.kind === 'pieces' || lower.kind === 'loop') stored.add(node);
    // A loop starts from copies of its first carries, and reads everything else from memory.
    if (lower.kind === 'loop') {
      for (const input of node.inputs.slice(lower.loop(node).body.carries.length)) {
        stored.add(underlying(input, 'alias'));
      }
    }
    if (lower.kind === 'alias') stored.add(underlying(node, 'alias'));
    if (lower.kind === 'generate') for (const input of node.inputs) stored.add(underlying(input, 'alias'));
    if (lower.kind === 'nest') {
      for (const input of lower.nest(node).direct) stored.add(underlying(node.inputs[input]!, 'view'));
      if (lower.nest(node).scatter) stored.add(underlying(node.inputs[0]!, 'view'));
    }
  }
  const isLeaf = (node: Tensor) => node.op.lower.kind === 'leaf' && !roots.includes(node);
  const costs = new Map<Tensor, number>();
  for (const node of order) {
    if (isLeaf(node)) stored.delete(node);
    const cost = stored.has(node) ? 0 : inlineCost(node, costs);
    const { kind } = node.op.lower;
    if (kind === 'pointwise' || kind === 'generate') {
      const consumers = users.get(node)!;
      const enlarged = consumers.some((user) => user.op.lower.kind === 'index' && user.size > 2 * node.size);
      if (consumers.length > 1 && cost > CHEAP_OPERATIONS) stored.add(node);
      if (enlarged && cost > 1) stored.add(node);
      if (cost > MOST_OPERATIONS) stored.add(node);
    }
    costs.set(node, stored.has(node) ? 0 : cost);
  }

  const reductionOf = new Map<Tensor, Tensor>();
  const claimed = new Set<Tensor>();
  for (const node of order) {
    if (node.op.lower.kind !== 'nest' || roots.includes(node) || !acceptsEpilogue(node)) continue;
    let end = node;
    for (;;) {
      const consumers = users.get(end)!;
      const [next] = consumers;
      const extendable =
        consumers.length === 1 &&
        next!.op.lower.kind === 'pointwise' &&
        sameShape(next!.shape, node.shape) &&
        !claimed.has(next!) &&
        !roots.includes(end);
      if (!extendable) break;
      end = next!;
      claimed.add(end);
      if (stored.has(end)) break;
    }
    if (end !== node) {
      stored.delete(node);
      stored.add(end);
      reductionOf.set(end, node);
    }
  }
  return { order, stored, reductionOf };
}

/** The value at the bottom of a chain of reshapes (`alias`) or of reshapes and index maps (`view`). */
export function underlying(node: Tensor, through: 'alias' | 'view'): Tensor {
  let current = node;
  for (;;) {
    const { kind } = current.op.lower;
    if (kind !== 'alias' && !(through === 'view' && kind === 'index')) return current;
    current = current.inputs[0]!;
  }
}

/** A reduction whose value is complete in registers before it is stored: every point has one place of its own. */
function acceptsEpilogue(node: Tensor): boolean {
  if (node.op.lower.kind !== 'nest') return false;
  const spec = node.op.lower.nest(node);
  if (spec.scatter) return false;
  const used = new Set<number>();
  for (const { coefficients } of spec.out) {
    const axes = coefficients.flatMap((c, axis) => (c === 0 ? [] : [axis]));
    if (axes.length > 1) return false;
    for (const axis of axes) used.add(axis);
  }
  const covered = [...used].reduce((product, axis) => product * spec.axes[axis]!, 1);
  return covered === sizeOf(node.shape);
}

/** ALU operations of `node` when it is computed from stored values, given those of its operands. */
function inlineCost(node: Tensor, costs: ReadonlyMap<Tensor, number>): number {
  const { kind } = node.op.lower;
  if (kind === 'leaf' || kind === 'alias') return 0;
  const inputs = [...new Set(node.inputs)].reduce((sum, input) => sum + costs.get(input)!, 0);
  if (kind === 'generate') return node.inputs.length === 0 ? 0 : CHEAP_OPERATIONS + 1;
  return inputs + (kind === 'pointwise' ? bodyCost(node) : 0);
}

/** ALU operations of one elementwise op: 1 for a sum, about 15 for an exponential. */
function bodyCost(node: Tensor): number {
  if (node.op.lower.kind !== 'pointwise') return 0;
  const operands = node.inputs.map(({ dtype }): Expr => ({ kind: 'acc', dtype }));
  return operationCount(node.op.lower.body(operands, node));
}
