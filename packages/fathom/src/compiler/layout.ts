import { stridesOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { type Fusion, underlying } from './fuse.ts';
import type { Graph } from './program.ts';

/** Addresses this many bytes apart fall into the same set of a first-level cache. */
const ALIASING_BYTES = 4096;
/** What keeps parallel streams apart: four cache lines. */
const GAP_ELEMENTS = 64;
/** Streams that one cache set holds beside other data. */
const MOST_STREAMS = 8;

/**
 * Strides for values whose planes are written or read side by side, many streams at a time: planes that lie a
 * multiple of the aliasing distance apart would throw each other out of the cache, so a gap is put between them.
 */
export function spreadLayouts(graph: Graph, fusion: Fusion): Map<Tensor, readonly number[]> {
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
  const layouts = new Map<Tensor, readonly number[]>();
  for (const [node, planes] of streamed) {
    if (fixed.has(node) || !fusion.stored.has(node) || planes <= 0) continue;
    const strides = stridesOf(node.shape);
    const plane = strides[planes - 1]!;
    if (
      (4 * plane) % ALIASING_BYTES > 4 * GAP_ELEMENTS &&
      (4 * plane) % ALIASING_BYTES < ALIASING_BYTES - 4 * GAP_ELEMENTS
    )
      continue;
    let stride = plane + GAP_ELEMENTS;
    for (let axis = planes - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= node.shape[axis]!;
    }
    layouts.set(node, strides);
  }
  return layouts;
}

/** How many leading axes of the result the offsets of a scatter move along, if they move along no others. */
function leadingPlanes(offsets: readonly (readonly number[])[]): number {
  const moving = offsets[0]!.map((_, d) => offsets.some((offset) => offset[d] !== 0));
  const planes = moving.lastIndexOf(true) + 1;
  return moving.slice(0, planes).every(Boolean) ? planes : 0;
}
