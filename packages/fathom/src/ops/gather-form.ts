import type { Tensor } from '../ir/tensor.ts';
import { ContractAttrs, contract, type IndexMap } from './contract.ts';
import { flip } from './flip.ts';
import { pad } from './slice.ts';

/**
 * A contraction that scatters, such as the input gradient of a convolution of stride 1, as one that gathers:
 * y[i + d·k] += p[i]·q[k] is y[o] = Σₖ p[o − d·k]·q[k], a convolution of the padded p with the flipped q.
 *
 * A scatter loads and stores a result once for every place of the kernel; between the two it sums over those axes that
 * the result does not have (the filters). Where there are next to none, as in a depthwise convolution, nearly all its
 * time is loading and storing. The gather multiplies the zeros of the border as well.
 */
export function gatherForm(node: Tensor): Tensor | undefined {
  if (!(node.attrs instanceof ContractAttrs)) return undefined;
  const { axes, a, b, out } = node.attrs;
  const scattered = out.flatMap((terms, d) => (terms.length === 2 ? [d] : []));
  const inResult = new Set(out.flatMap((terms) => terms.map(([axis]) => axis)));
  const summed = axes.reduce((product, { size }, axis) => product * (inResult.has(axis) ? 1 : size), 1);
  if (scattered.length === 0 || summed > MOST_SUMMED || out.some((terms) => terms.length > 2)) {
    return undefined;
  }
  const [x, y] = node.inputs as [Tensor, Tensor];
  return gathered(node, scattered, x, a, y, b) ?? gathered(node, scattered, y, b, x, a);
}

/** Most terms that are summed between loading and storing a result. With more the scatter is no worse. */
const MOST_SUMMED = 4;
/** Most places of the result for one of p. */
const LARGEST_BORDER = 1.5;

function gathered(
  node: Tensor,
  scattered: readonly number[],
  p: Tensor,
  pMap: IndexMap,
  q: Tensor,
  qMap: IndexMap,
): Tensor | undefined {
  const { axes, out } = node.attrs as ContractAttrs;
  const low = p.shape.map(() => 0);
  const high = p.shape.map(() => 0);
  const flipped: number[] = [];
  const [extents, from, to] = [axes.map(({ size }) => size), [...pMap], [...out]];
  let growth = 1;
  for (const d of scattered) {
    const terms = out[d]!;
    const found = [terms, terms.toReversed()].find((pair) => {
      const [[i, step], [k]] = pair as Pair;
      return (
        step === 1 &&
        axes[k]!.size <= axes[i]!.size &&
        held(out, i) === 1 &&
        held(out, k) === 1 &&
        held(qMap, i) === 0 &&
        held(pMap, k) === 0 &&
        p.shape[dimensionOf(pMap, i)] === axes[i]!.size &&
        q.shape[dimensionOf(qMap, k)] === axes[k]!.size
      );
    });
    if (!found) return undefined;
    const [[i], [k, dilation]] = found as Pair;
    const [places, results] = [axes[i]!.size, node.shape[d]!];
    const at = dimensionOf(pMap, i);
    low[at] = dilation * (axes[k]!.size - 1);
    high[at] = results - places;
    growth *= results / places;
    flipped.push(dimensionOf(qMap, k));
    extents[i] = results;
    from[at] = [
      [i, 1],
      [k, dilation],
    ];
    to[d] = [[i, 1]];
  }
  if (growth > LARGEST_BORDER) return undefined;
  return contract(
    pad(p, { low, high }),
    flip(
      q,
      flipped.toSorted((a, b) => a - b),
    ),
    {
      axes: axes.map(({ name }, axis) => ({ name, size: extents[axis]! })),
      a: from,
      b: qMap,
      out: to,
      shape: node.shape,
    },
  );
}

/** The two terms of an index i + d·k. */
type Pair = readonly [readonly [axis: number, step: number], readonly [axis: number, dilation: number]];

/** How many indices of an operand an axis is part of. */
function held(map: IndexMap, axis: number): number {
  return map.filter((terms) => terms.some(([other]) => other === axis)).length;
}

/** The dimension along which an axis lies alone, or −1. */
function dimensionOf(map: IndexMap, axis: number): number {
  if (held(map, axis) !== 1) return -1;
  return map.findIndex((terms) => terms.length === 1 && terms[0]![0] === axis && terms[0]![1] === 1);
}
