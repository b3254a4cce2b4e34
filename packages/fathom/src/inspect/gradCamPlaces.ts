import type { Shape } from '../ir/shape.ts';
import { consumersOf, type Inspectable, type NetworkNode, nodesOf } from './nodes.ts';
import { wiringOf } from './wiring.ts';

/** Whether there is a grad-CAM over an input of a model, and of which layer. */
export interface GradCamPlace {
  /** The input. */
  readonly input: string;
  /** The last convolution over it on which the output depends; undefined where there is none. */
  readonly layer: string | undefined;
  /** [H, W] of the picture over which its maps are laid. */
  readonly heatShape: Shape | undefined;
  /** Why there is none, in a sentence. */
  readonly problem: string | undefined;
}

/**
 * For each input of a model the convolution whose maps tell where in it something speaks for what an output gives, or
 * why there is none: the input is no picture, or the output does not come from a convolution that goes over it. Behind a
 * layer that takes all places together, as flatten and dense ones, maps are no longer those of the picture.
 *
 * @throws RangeError on an output that does not exist
 * @example
 * const [place] = await inspect.gradCamPlaces(lenet5());
 * place.layer; // 'conv2d_1'
 */
export async function gradCamPlaces(model: Inspectable, output = 0): Promise<GradCamPlace[]> {
  const { nodes, outputs } = nodesOf(model);
  const end = outputs[output];
  if (!end)
    throw new RangeError(`gradCamPlaces: expected an output 0…${outputs.length - 1}; received ${output}.`);
  const says = nodes[end.node]!.id;
  return Promise.all(
    model.network.inputs.map(async (_, i): Promise<GradCamPlace> => {
      const { id: input } = nodes[i]!;
      const none = { input, layer: undefined, heatShape: undefined };
      const spread = spreadOf(model, i, output);
      if (!spread)
        return {
          ...none,
          problem: `${input} is no picture: grad-CAM tells where in a picture something speaks for an answer.`,
        };
      const layer = await lastConvolution(spread.maps, nodes[end.node]!);
      if (layer) return { input, layer: layer.id, heatShape: spread.shape, problem: undefined };
      return {
        ...none,
        problem: `No convolution with maps [H, W, C] over ${input} leads to ${says}: there are none to tell where in it something speaks for an answer.`,
      };
    }),
  );
}

/**
 * The nodes that have maps over an input and lead to an output, and the [H, W] of the picture; undefined where the
 * input is no picture: not of float32 numbers, or neither of two or three axes nor brought into three by reshaping.
 */
export function spreadOf(
  model: Inspectable,
  input: number,
  output: number,
): { readonly shape: Shape; readonly maps: ReadonlySet<NetworkNode> } | undefined {
  const { nodes, outputs } = nodesOf(model);
  const first = nodes[input]!;
  const shape = pictureOf(model, first);
  if (!shape) return undefined;
  const leads = new Set<number>();
  const open = [outputs[output]!.node];
  for (let index = open.pop(); index !== undefined; index = open.pop()) {
    if (leads.has(index)) continue;
    leads.add(index);
    open.push(...nodes[index]!.sources.map(({ node }) => node));
  }
  const over = new Set<number>([input]);
  const maps = new Set<NetworkNode>();
  for (const node of nodes) {
    const hasMaps = node.shapes[0]!.length === 3 && node.dtypes[0] === 'float32';
    if (node.isInput || !hasMaps || !node.sources.some((source) => over.has(source.node))) continue;
    over.add(node.index);
    if (leads.has(node.index)) maps.add(node);
  }
  return { shape, maps };
}

/** [H, W] of an input: its own, or those that the layer behind it makes of a flat row. */
function pictureOf(model: Inspectable, { index, shapes, dtypes }: NetworkNode): Shape | undefined {
  const [shape] = shapes as [Shape];
  if (dtypes[0] !== 'float32') return undefined;
  if (shape.length === 2 || shape.length === 3) return shape.slice(0, 2);
  if (shape.length !== 1) return undefined;
  const reshaped = consumersOf(model, nodesOf(model).nodes[index]!).find(
    ({ layer, shapes }) => layer.weights.length === 0 && shapes[0]!.length === 3,
  );
  return reshaped && reshaped.shapes[0]!.slice(0, 2);
}

/** The last with more than one place; what the network ends in has no maps on the way to itself. */
async function lastConvolution(
  maps: ReadonlySet<NetworkNode>,
  end: NetworkNode,
): Promise<NetworkNode | undefined> {
  const found: NetworkNode[] = [];
  for (const node of [...maps].reverse()) {
    if (node !== end && (await wiringOf(node))?.kind === 'sum') found.push(node);
  }
  return found.find(({ shapes }) => shapes[0]![0]! * shapes[0]![1]! > 1) ?? found[0];
}
