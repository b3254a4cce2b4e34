import { type Shape, sizeOf } from '../ir/shape.ts';
import type { NumericArray, Tensor, Variable } from '../ir/tensor.ts';
import { contextInMode } from '../nn/layer.ts';
import { Trace } from '../nn/trace.ts';
import { cast, gradients as gradientsIn, input, multiply, sum } from '../ops/index.ts';
import type { Activations } from './activations.ts';
import type { Place } from './contraction.ts';
import type { NetworkNode } from './nodes.ts';
import { exactRunner } from './session.ts';
import { callBeforeActivation } from './trace.ts';
import { indexOf } from './wiring.ts';

/** A number that a layer computes with: of one of its inputs, or one of its weights. */
export type LayerNumber =
  | { readonly input: number; readonly place: Place }
  | { readonly weight: Variable; readonly place: Place };

/**
 * How every number of a layer's result, before its activation, changes with one number that it is made of: a column of
 * its Jacobian, at the sample, in 64 bits.
 *
 * @returns one slope for each number of the result; undefined of layers that use random bits, or of whole numbers
 */
export async function layerColumn(
  nodes: readonly NetworkNode[],
  { layers }: Activations,
  node: NetworkNode,
  of: LayerNumber,
): Promise<NumericArray | undefined> {
  const trace = new Trace({ training: false });
  const context = node.training === undefined ? trace : contextInMode(trace, node.training);
  const sources = node.sources.map((source) => ({ ...source, own: layers[source.node]! }));
  const xs = sources.map(({ node: from, output }, i) =>
    input(`x${i}`, [1, ...node.inputShapes[i]!], nodes[from]!.dtypes[output]),
  );
  const feeds = sources.map(({ own, output }) =>
    output === 0 ? own.values : own.others[output - 1]!.values,
  );
  const masks: Tensor[] = [];
  sources.forEach(({ own, output }, i) => {
    if (!own.mask || output !== 0) return;
    const mask = input(`mask${i}`, [1, own.mask.length]);
    masks.push(mask);
    feeds.push(own.mask);
    trace.setMask(xs[i]!, cast(mask, 'bool'));
  });
  const y = callBeforeActivation(node.layer, xs, context);
  const target = 'weight' in of ? trace.read(of.weight) : xs[of.input]!;
  if (trace.keys.length > 0 || y.dtype !== 'float32' || target.dtype !== 'float32') return undefined;
  const shape: Shape = 'weight' in of ? of.weight.shape : node.inputShapes[of.input]!;
  return column(y, target, indexOf(of.place, shape), [...xs, ...masks], feeds);
}

/**
 * ∂y/∂x[index] for all of y: the gradient of Σ u·y is linear in u, and the slope of its number `index` in each u is the
 * column that is looked for.
 */
export async function column(
  y: Tensor,
  x: Tensor,
  index: number,
  inputs: readonly Tensor[],
  feeds: readonly ArrayLike<number>[],
): Promise<NumericArray> {
  const [u, v] = [input('u', y.shape), input('v', x.shape)];
  const [slope] = gradientsIn(sum(multiply(y, u)), [x]) as [Tensor];
  const outputs = gradientsIn(sum(multiply(slope, v)), [u]);
  const [evaluate] = await exactRunner({ inputs: [...inputs, u, v], outputs });
  const one = new Float64Array(sizeOf(x.shape));
  one[index] = 1;
  const [slopes] = await evaluate([...feeds, new Float64Array(y.size), one]);
  return slopes!;
}
