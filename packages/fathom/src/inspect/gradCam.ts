import { formatShape, type Shape } from '../ir/shape.ts';
import { gradients } from '../ops/index.ts';
import type { DataInput } from '../train/options.ts';
import { type Inspectable, type NetworkNode, nodeAt, nodesOf } from './nodes.ts';
import { choose, scoreOf } from './score.ts';
import { type InspectOptions, run, sampleOf } from './session.ts';
import { traceNodes } from './trace.ts';
import { wiringOf } from './wiring.ts';

export interface GradCamOptions extends InspectOptions {
  /** The layer whose maps are weighed. Default the last convolution. */
  readonly layer?: string | number | undefined;
  /** Which output of the model, of several. Default 0. */
  readonly output?: number | undefined;
}

/** Where a layer speaks for a class. */
export interface GradCam {
  readonly layer: string;
  /** Of the map: [h, w]. */
  readonly shape: Shape;
  /** max(0, Σ_c α_c·A_c), as it is. */
  readonly map: Float32Array;
  /** The same, enlarged to [H, W] of the input by linear interpolation, divided by its largest value. */
  readonly heat: Float32Array;
  readonly heatShape: Shape;
  /** What each channel counts: the mean of ∂s/∂A_c over its places. */
  readonly weights: Float32Array;
}

/**
 * Gradient-weighted class activation: the maps A_c of a convolution, each weighed by the mean of its gradient,
 * max(0, Σ_c α_c·A_c) with α_c = mean of ∂s/∂A_c over all places, s the score before softmax.
 *
 * Paper: R. Selvaraju et al., Grad-CAM: visual explanations from deep networks via gradient-based localization (2016).
 *
 * @throws RangeError where the network has no maps [H, W, C]
 * @example
 * const { layer, shape } = await inspect.gradCam(lenet5(), image, 3);
 * layer; // 'conv2d_1'
 * shape; // [10, 10]
 */
export async function gradCam(
  model: Inspectable,
  x: DataInput,
  classIndex: number,
  { layer, output = 0, ...options }: GradCamOptions = {},
): Promise<GradCam> {
  const feeds = sampleOf(model, x, 'gradCam');
  const node = layer === undefined ? await lastConvolution(model) : nodeAt(model, layer);
  const [shape] = node.shapes as [Shape];
  if (shape.length !== 3) {
    throw new RangeError(
      `gradCam: expected a layer with maps [H,W,C]; received ${node.id} ${formatShape(shape)}.`,
    );
  }
  const draw = () => {
    const traced = traceNodes(model, { separate: true });
    const { score, chosen } = scoreOf(model, traced, output);
    const maps = traced.values[node.index]![0]!;
    return { inputs: [...traced.inputs, chosen], outputs: [maps, ...gradients(score, [maps])] };
  };
  const chosen = choose(model, classIndex, 1, output, 'gradCam');
  const [maps, slopes] = await run(
    model,
    `gradCam ${node.index} ${output}`,
    draw,
    [...feeds, chosen],
    options,
  );
  const [height, width, channels] = shape as [number, number, number];
  const places = height * width;
  const weights = new Float32Array(channels);
  slopes!.forEach((slope, i) => {
    weights[i % channels]! += slope / places;
  });
  const map = Float32Array.from({ length: places }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += weights[c]! * maps![i * channels + c]!;
    return Math.max(0, sum);
  });
  const input = nodesOf(model).nodes[0]!.shapes[0]!;
  const heatShape = input.length >= 2 ? input.slice(0, 2) : [height, width];
  const most = map.reduce((a, b) => Math.max(a, b), 0) || 1;
  const heat = enlarge(map, height, width, heatShape[0]!, heatShape[1]!).map((value) => value / most);
  return { layer: node.id, shape: [height, width], map, heat, heatShape, weights };
}

async function lastConvolution(model: Inspectable): Promise<NetworkNode> {
  for (const node of nodesOf(model).nodes.toReversed()) {
    const wiring = await wiringOf(node);
    if (wiring?.kind === 'sum' && node.shapes[0]!.length === 3) return node;
  }
  throw new RangeError(`gradCam: expected a network with a convolution; ${model.name} has none.`);
}

/** Linear interpolation between the centres of cells. */
function enlarge(map: Float32Array, h: number, w: number, height: number, width: number): Float32Array {
  const along = (i: number, from: number, to: number) => {
    const at = Math.min(Math.max(((i + 0.5) * from) / to - 0.5, 0), from - 1);
    const low = Math.floor(at);
    return [low, Math.min(low + 1, from - 1), at - low] as const;
  };
  return Float32Array.from({ length: height * width }, (_, i) => {
    const [top, bottom, down] = along(Math.floor(i / width), h, height);
    const [left, right, across] = along(i % width, w, width);
    const row = (r: number) => map[r * w + left]! * (1 - across) + map[r * w + right]! * across;
    return row(top) * (1 - down) + row(bottom) * down;
  });
}
