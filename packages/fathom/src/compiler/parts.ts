import { topologicalOrder } from '../ir/graph.ts';
import { labelled, Tensor } from '../ir/tensor.ts';
import { largestDivisor } from './divisor.ts';
import type { Nest } from './nest.ts';
import type { Graph } from './program.ts';
import { mapRoots } from './simplify.ts';

/** A graph in which some sums over samples go in parts. */
export interface InParts {
  readonly graph: Graph;
  /** What sums up the samples of each part. */
  readonly sums: ReadonlySet<Tensor>;
}

/** More parts are of no use … */
const MOST_PARTS = 64;
/** … and fewer would leave threads without work. */
const FEWEST_PARTS = 8;
/** Elements that are summed up for each element of all parts' results. */
const READ_FOR_PARTS = 8;

/**
 * The gradient of a kernel sums up transformed pictures over all samples. Where those lie sample by sample, it is summed up
 * in parts over samples: what makes a part of them and what sums it up are then one stage, and they are never all in
 * memory. Each part is transformed back before the parts are added up, which makes it a quarter as large.
 *
 * @param bySample what lies in memory sample by sample, and of how many samples
 */
export function sumInParts(graph: Graph, bySample: ReadonlyMap<Tensor, number>): InParts {
  const order = topologicalOrder([...graph.outputs, ...graph.updates.map(({ value }) => value)]);
  const sums = new Set<Tensor>();
  const replaced = new Map<Tensor, Tensor>();
  const now = (input: Tensor) => replaced.get(input) ?? input;
  const inParts = (node: Tensor) => {
    const [source] = node.inputs;
    const parts = node.op.overParts && source ? partsOf(source, node.size, bySample) : 1;
    if (parts === 1) return undefined;
    return labelled(node.label, () => node.op.overParts!(node, source!.inputs.map(now), parts));
  };
  for (const node of order) {
    const cut = inParts(node);
    const inputs = node.inputs.map(now);
    if (cut) {
      sums.add(cut.sums);
      replaced.set(node, cut.value);
    } else if (inputs.some((input, i) => input !== node.inputs[i])) {
      replaced.set(node, new Tensor(node.op, inputs, node.attrs, node, node.label));
    }
  }
  return { graph: mapRoots(graph, now), sums };
}

/** Into how many parts a sum over the samples of both operands is split, 1 if it is none. */
function partsOf(node: Tensor, results: number, bySample: ReadonlyMap<Tensor, number>): number {
  const samples = bySample.get(node.inputs[0]!);
  const isSum = samples !== undefined && !bySample.has(node) && bySample.get(node.inputs[1]!) === samples;
  if (!isSum) return 1;
  const read = node.inputs.reduce((total, { size }) => total + size, 0);
  return partsOfSamples(samples, read, results);
}

/**
 * Into how many parts a sum over samples is split that reads so many elements, 1 if it is not. Results of parts are
 * written and read again: together they are to be much less than what is summed up.
 */
export function partsOfSamples(samples: number, read: number, results: number): number {
  const parts = largestDivisor(samples, Math.min(MOST_PARTS, read / results / READ_FOR_PARTS));
  return parts >= FEWEST_PARTS ? parts : 1;
}

/** The nest of sums in parts, which lie one after the other: a part is a task. */
export function partByPart(nest: Nest): Nest {
  const strides = nest.stores[0]!.access.strides.map(Math.abs);
  return { ...nest, tasks: strides.indexOf(Math.max(...strides)) };
}
