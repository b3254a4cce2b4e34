import { sizeOf, stridesOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { type Fusion, underlying } from './fuse.ts';
import type { Graph } from './program.ts';

/** Addresses this many bytes apart fall into the same set of a first-level cache. */
const ALIASING_BYTES = 4096;
/** What keeps parallel streams apart: four cache lines. */
const GAP_ELEMENTS = 64;
/** What is larger than this comes from memory, not from a cache. */
const FAR_BYTES = 16 * 1024 * 1024;
/** A factor up to this size is read from a cache near by for each sample. */
const FACTOR_BYTES = 640 * 1024;
/** With fewer samples threads would be without work, with fewer places in each of them register tiles would be. */
const FEWEST_SAMPLES = 8;
const FEWEST_PLACES = 16;
/** Streams that one cache set holds beside other data. */
const MOST_STREAMS = 8;

/** How values lie in memory that do not lie row by row. */
export interface Layouts {
  readonly strides: ReadonlyMap<Tensor, readonly number[]>;
  /** Of those, what lies sample by sample, and the number of samples. */
  readonly bySample: ReadonlyMap<Tensor, number>;
  /** Sums over parts of the samples, one part after the other. */
  readonly byPart: ReadonlySet<Tensor>;
}

/**
 * Strides for values whose planes are written or read side by side, many streams at a time: planes that lie a
 * multiple of the aliasing distance apart would throw each other out of the cache, so a gap is put between them.
 */
export function spreadLayouts(graph: Graph, fusion: Fusion): Layouts {
  const fixed = new Set<Tensor>([...graph.outputs, ...graph.updates.map(({ value }) => value)]);
  const streamed = new Map<Tensor, number>();
  for (const node of fusion.order) {
    const { lower } = node.op;
    if (lower.kind === 'alias') fixed.add(underlying(node, 'alias'));
    if (lower.kind === 'loop') for (const input of node.inputs) fixed.add(input);
    if (lower.kind !== 'nest') continue;
    const { scatter } = lower.nest(node);
    if (!scatter || scatter.offsets.length <= MOST_STREAMS) continue;
    const planes = leadingPlanes(scatter.offsets);
    if (planes > 0) streamed.set(node, planes);
    else if (node.inputs.length === 1) streamed.set(node.inputs[0]!, node.inputs[0]!.rank - node.rank);
  }
  const { samples: apart, parts } = sampleBySample(fusion.order, streamed);
  const bySample = new Map<Tensor, number>();
  const layouts = new Map<Tensor, readonly number[]>();
  for (const [node, planes] of streamed) {
    if (fixed.has(node) || !fusion.stored.has(node) || planes <= 0) continue;
    const strides = stridesOf(node.shape);
    const isApart = apart.has(node) || parts.has(node);
    // Elements of a plane that lie together: those of one sample, or of all.
    const run = strides[planes - 1]! / (isApart ? node.shape[planes]! : 1);
    if (!isApart && !collide(run)) continue;
    let stride = collide(run) ? run + GAP_ELEMENTS : run;
    for (let axis = planes - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= node.shape[axis]!;
    }
    if (isApart) {
      strides[planes] = stride;
      if (apart.has(node)) bySample.set(node, node.shape[planes]!);
    }
    layouts.set(node, strides);
  }
  return { strides: layouts, bySample, byPart: parts };
}

/** Whether streams so many elements apart fall into the same cache set. */
function collide(elements: number): boolean {
  const apart = (4 * elements) % ALIASING_BYTES;
  return apart <= 4 * GAP_ELEMENTS || apart >= ALIASING_BYTES - 4 * GAP_ELEMENTS;
}

/**
 * Transformed pictures that are to lie one after the other, all planes of each together, so that a thread goes with a
 * part of the batch through products and assembly: those that are too large for the caches all at once, with
 * tiles enough in each picture, and with factors so small that they stay in cache from picture to picture. So do the sums
 * over parts of them.
 */
function sampleBySample(
  order: readonly Tensor[],
  streamed: ReadonlyMap<Tensor, number>,
): { samples: Set<Tensor>; parts: Set<Tensor> } {
  const found = { samples: new Set<Tensor>(), parts: new Set<Tensor>() };
  // A transformed factor is streamed as well, but is one sample.
  const isPicture = (node: Tensor) => {
    const planes = streamed.get(node) ?? 0;
    return planes > 0 && node.shape[planes]! > 1;
  };
  for (const node of order) {
    if (node.inputs.length !== 2) continue;
    const pictures = [...node.inputs, node].filter(isPicture);
    const [first, second] = pictures;
    if (!first || !second) continue;
    const isInParts = pictures.length === 3;
    const factor = isInParts ? node : [node, ...node.inputs].find((each) => !pictures.includes(each))!;
    const planes = streamed.get(first)!;
    const samples = first.shape[planes]!;
    const places =
      first.size / (sizeOf(first.shape.slice(0, planes)) * samples * first.shape[first.rank - 1]!);
    const isLarge = 4 * (first.size + second.size) > FAR_BYTES;
    const factorBytes = (4 * factor.size) / (isInParts ? node.shape[planes]! : 1);
    if (!isLarge || samples < FEWEST_SAMPLES || places < FEWEST_PLACES || factorBytes > FACTOR_BYTES)
      continue;
    for (const each of isInParts ? node.inputs : pictures) found.samples.add(each);
    if (isInParts) found.parts.add(node);
  }
  return found;
}

/** How many leading axes of the result the offsets of a scatter move along, if they move along no others. */
function leadingPlanes(offsets: readonly (readonly number[])[]): number {
  const moving = offsets[0]!.map((_, d) => offsets.some((offset) => offset[d] !== 0));
  const planes = moving.lastIndexOf(true) + 1;
  return moving.slice(0, planes).every(Boolean) ? planes : 0;
}
