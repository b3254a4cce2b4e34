import { topologicalOrder } from '../ir/graph.ts';
import { Tensor } from '../ir/tensor.ts';
import type { Graph } from './program.ts';
import { mapRoots } from './simplify.ts';

/** A graph in which some values are computed twice. */
export interface Recomputed {
  readonly graph: Graph;
  /** What is computed a second time, for the one node that needs it then. */
  readonly late: ReadonlySet<Tensor>;
}

/**
 * Transformed pictures are several times as large as the pictures. Where a sum over samples, such as the gradient of a
 * kernel, reads those of the forward pass, they would be kept in memory from one to the other, written and read at its
 * speed. So they are computed a second time, sample by sample, together with the padding before them, and what has
 * made a part is followed by what sums it up.
 *
 * @param sums what sums up samples part by part: see `sumInParts`
 * @param bySample what lies in memory sample by sample
 */
export function recomputeLate(
  graph: Graph,
  sums: ReadonlySet<Tensor>,
  bySample: { has(node: Tensor): boolean },
): Recomputed {
  const roots = [...graph.outputs, ...graph.updates.map(({ value }) => value)];
  const order = topologicalOrder(roots);
  const place = new Map(order.map((node, i) => [node, i]));
  const users = new Map<Tensor, Tensor[]>();
  for (const node of order) {
    for (const input of new Set(node.inputs)) {
      if (bySample.has(input)) users.set(input, [...(users.get(input) ?? []), node]);
    }
  }
  const late = new Set<Tensor>();
  const replaced = new Map<Tensor, Tensor>();
  /** Once more, with the padding before it. */
  const again = (node: Tensor): Tensor => {
    const inputs = node.inputs.map((input) => (input.op.lower.kind === 'pieces' ? again(input) : input));
    const copy = new Tensor(node.op, inputs, node.attrs, node, node.label);
    late.add(copy);
    return copy;
  };
  for (const node of order) {
    const inputs = node.inputs.map((input) => {
      const current = replaced.get(input) ?? input;
      const isLate =
        sums.has(node) && users.get(input)!.some((user) => user !== node && dependsOn(node, user, place));
      return isLate ? again(current) : current;
    });
    if (inputs.some((input, i) => input !== node.inputs[i])) {
      replaced.set(node, new Tensor(node.op, inputs, node.attrs, node, node.label));
    }
  }
  return { graph: mapRoots(graph, (node) => replaced.get(node) ?? node), late };
}

/** Whether `node` is computed from `other`, directly or not. */
function dependsOn(node: Tensor, other: Tensor, place: ReadonlyMap<Tensor, number>): boolean {
  const first = place.get(other)!;
  const seen = new Set<Tensor>();
  const open = [node];
  for (let current = open.pop(); current; current = open.pop()) {
    for (const input of current.inputs) {
      if (input === other) return true;
      if (seen.has(input) || place.get(input)! < first) continue;
      seen.add(input);
      open.push(input);
    }
  }
  return false;
}
