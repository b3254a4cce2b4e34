import { BatchNormalization } from '../nn/layers/batchNormalization.ts';
import { Bidirectional } from '../nn/layers/bidirectional.ts';
import { Dot } from '../nn/layers/dot.ts';
import { ElementwiseMerge } from '../nn/layers/elementwiseMerge.ts';
import { Embedding } from '../nn/layers/embedding.ts';
import { GroupNormalization } from '../nn/layers/groupNormalization.ts';
import { LayerNormalization } from '../nn/layers/layerNormalization.ts';
import { Masking } from '../nn/layers/masking.ts';
import { MultiHeadAttention } from '../nn/layers/multiHeadAttention.ts';
import { Normalization } from '../nn/layers/normalization.ts';
import { Recurrent } from '../nn/layers/recurrent.ts';
import { Rescaling } from '../nn/layers/rescaling.ts';
import { RmsNormalization } from '../nn/layers/rmsNormalization.ts';
import { SeparableConv2d } from '../nn/layers/separableConv2d.ts';
import { TimeDistributed } from '../nn/layers/timeDistributed.ts';
import type { DataInput } from '../train/options.ts';
import { type Activations, activationsOf } from './activations.ts';
import type { Place } from './contraction.ts';
import { ofActivation } from './explain/activation.ts';
import { ofAttention } from './explain/attention.ts';
import { Cell, type CellExplanation } from './explain/cell.ts';
import { ofLinear } from './explain/linear.ts';
import { ofDot, ofMerge } from './explain/merge.ts';
import {
  ofBatchNorm,
  ofGroupNorm,
  ofLayerNorm,
  ofRescaling,
  ofRmsNorm,
  ofStandardization,
} from './explain/normalization.ts';
import { ofBidirectional, ofRecurrent } from './explain/recurrence.ts';
import { ofLookup, ofMasking, ofMove, ofSeparable, ofSum, ofWindow } from './explain/sum.ts';
import { type Inspectable, type NetworkNode, nodeAt } from './nodes.ts';
import type { InspectOptions } from './session.ts';
import { checkPlace, indexOf, wiringOf } from './wiring.ts';

/**
 * One number of a layer's result, unfolded: for convolutions of every stride, padding, dilation and grouping, dense,
 * depthwise, separable, transposed and locally connected layers the products, padding zeros included, and the bias
 *
 *     z = Σ x·w + b,  y = activation(z)
 *
 * for pooling the window and which value won, for activations, normalizations and merges their numbers, for recurrent
 * layers the gates of the step, for attention the shares of its heads, for layers that only move numbers where this one
 * comes from. What is written out is compared with the library's own number: where no form is known, or it comes to
 * something else, there is the value alone, and a note that says why.
 *
 * @param x a sample, or what {@link activations} gave for it, so that nothing is computed again
 * @param layer its id, or its place among the nodes
 * @param place where in the layer's (first) result: [row, column, channel] of a map, [step, feature], [unit]
 * @throws RangeError on a layer or place that does not exist
 * @example
 * const cell = await inspect.explainCell(lenet5(), image, 'conv2d', [0, 0, 5]);
 * cell.terms.length; // 25
 * cell.terms.filter(({ isPadding }) => isPadding).length; // 16
 */
export async function explainCell(
  model: Inspectable,
  x: DataInput | Activations,
  layer: string | number,
  place: Place,
  options: InspectOptions = {},
): Promise<CellExplanation> {
  const node = nodeAt(model, layer);
  checkPlace(place, node.shapes[0]!, `explainCell: ${node.id}`);
  const cell = Cell.of(await activationsOf(model, x, options), node, place);
  if (node.isInput) return cell.result('input', 'x', { sum: cell.value });
  return checked(cell, await explained(cell));
}

async function explained(cell: Cell): Promise<CellExplanation> {
  const wiring = await wiringOf(cell.node);
  if (wiring?.kind === 'sum') return ofSum(cell, wiring);
  if (wiring?.kind === 'max' || wiring?.kind === 'mean') return ofWindow(cell, wiring);
  if (wiring?.kind === 'move') return ofMove(cell, wiring);
  return ofLayer(cell);
}

async function ofLayer(cell: Cell): Promise<CellExplanation> {
  const { layer, training } = cell.node;
  if (layer instanceof BatchNormalization) {
    if (!training) return ofBatchNorm(cell, layer);
    return cell.unknown(`${cell.node.id} is called as in training, with the statistics of the batch.`);
  }
  if (layer instanceof TimeDistributed) return explained(cell.atStep(innerNode(cell.node, layer)));
  if (layer instanceof Recurrent) return ofRecurrent(cell, layer);
  if (layer instanceof Bidirectional) return ofBidirectional(cell, layer);
  if (layer instanceof MultiHeadAttention) return ofAttention(cell, layer);
  if (layer instanceof LayerNormalization) return ofLayerNorm(cell, layer);
  if (layer instanceof RmsNormalization) return ofRmsNorm(cell, layer);
  if (layer instanceof GroupNormalization) return ofGroupNorm(cell, layer);
  if (layer instanceof Normalization) return ofStandardization(cell, layer);
  if (layer instanceof SeparableConv2d) return ofSeparable(cell, layer);
  if (layer instanceof Rescaling) return ofRescaling(cell, layer);
  if (layer instanceof Embedding) return ofLookup(cell, layer);
  if (layer instanceof Masking) return ofMasking(cell, layer);
  if (layer instanceof ElementwiseMerge) return ofMerge(cell, layer);
  if (layer instanceof Dot) return ofDot(cell, layer);
  return (
    (await ofActivation(cell, layer)) ??
    (await ofLinear(cell)) ??
    cell.unknown(
      layer.type === 'lambda'
        ? `${cell.node.id} is a function of your own, which cannot be written out.`
        : `No unfolded form of ${cell.own.type} is known.`,
    )
  );
}

/** What is written out must come to what the library computed; 32 bits and the order of sums leave a little room. */
const TOLERANCE = 1e-3;

function checked(cell: Cell, explanation: CellExplanation): CellExplanation {
  const { sum, activation, terms, kind } = explanation;
  if (kind === 'unknown' || sum === undefined) return explanation;
  const { own, place } = cell;
  const z = own.preActivation?.[indexOf(place, own.shape)];
  // An activation of its own that the trace does not see, as inside another layer, ends in the value.
  const expected = activation && activation.name !== 'linear' ? (z ?? activation.input) : cell.value;
  const size = terms.reduce((most, { product }) => Math.max(most, Math.abs(product)), Math.abs(expected));
  if (Math.abs(sum - expected) <= TOLERANCE * Math.max(1, size) || !Number.isFinite(expected)) {
    return explanation;
  }
  return cell.unknown(
    `What is known of ${own.type} comes to ${sum} here and not to the library’s number: it is used in a way that cannot be written out.`,
  );
}

/** The layer inside a step-by-step one as a node of its own; made once, since its wiring is remembered by it. */
function innerNode(node: NetworkNode, { layer }: TimeDistributed): NetworkNode {
  const known = inner.get(node);
  if (known) return known;
  const made = {
    ...node,
    layer,
    inputShapes: node.inputShapes.map((shape) => shape.slice(1)),
    shapes: node.shapes.map((shape) => shape.slice(1)),
  };
  inner.set(node, made);
  return made;
}

const inner = new WeakMap<NetworkNode, NetworkNode>();
