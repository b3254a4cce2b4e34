import { topologicalOrder } from '../ir/graph.ts';
import { labelled, Tensor } from '../ir/tensor.ts';
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
 * speed. So they are computed a second time, sample by sample, and what has made a part is followed by what sums it up.
 * The padded picture that they are made of is kept: whatever reads the picture itself reads it there, so that it is not
 * kept as well. A picture that stays anyway is padded again.
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
  const isLate = (node: Tensor, input: Tensor) =>
    sums.has(node) &&
    users.get(input)?.some((user) => user !== node && dependsOn(node, user, place)) === true;
  const transforms = order.flatMap((node) => node.inputs.filter((input) => isLate(node, input)));
  const padded = keptPads(transforms, order, roots);
  const late = new Set<Tensor>();
  const replaced = new Map<Tensor, Tensor>();
  const now = (node: Tensor): Tensor => {
    const known = replaced.get(node);
    if (known) return known;
    const inputs = node.inputs.map((input) => {
      const pad = padded.get(input);
      if (pad && pad !== node) return readBack(pad);
      return isLate(node, input) ? again(input) : now(input);
    });
    const isSame = inputs.every((input, i) => input === node.inputs[i]);
    const result = isSame ? node : new Tensor(node.op, inputs, node.attrs, node, node.label);
    replaced.set(node, result);
    return result;
  };
  const read = new Map<Tensor, Tensor>();
  const readBack = (pad: Tensor): Tensor => {
    const picture = read.get(pad) ?? labelled(pad.label, () => pad.op.readBack!(now(pad)));
    read.set(pad, picture);
    return picture;
  };
  /** Once more, with the padding before it where that is not kept. */
  const again = (node: Tensor): Tensor => {
    const inputs = node.inputs.map((input) =>
      input.op.readBack && padded.get(input.inputs[0]!) !== input ? again(input) : now(input),
    );
    const copy = new Tensor(node.op, inputs, node.attrs, node, node.label);
    late.add(copy);
    return copy;
  };
  for (const node of order) now(node);
  return { graph: mapRoots(graph, now), late };
}

/** For each picture that is kept as a part of a padded one, from which it is transformed, that one. */
function keptPads(
  transforms: readonly Tensor[],
  order: readonly Tensor[],
  roots: readonly Tensor[],
): Map<Tensor, Tensor> {
  const padded = new Map<Tensor, Tensor>();
  for (const pad of transforms.flatMap(({ inputs }) => inputs)) {
    const [picture] = pad.inputs;
    if (!pad.op.readBack || !picture || padded.has(picture)) continue;
    const isUsedWhole = order.some(
      ({ op, inputs }) => inputs.includes(picture) && ['alias', 'loop', 'generate'].includes(op.lower.kind),
    );
    const stays = picture.op.lower.kind === 'leaf' || roots.includes(picture) || isUsedWhole;
    if (!stays) padded.set(picture, pad);
  }
  return padded;
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
