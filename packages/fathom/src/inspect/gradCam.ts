import { formatShape, type Shape } from '../ir/shape.ts';
import { gradients } from '../ops/index.ts';
import type { DataInput } from '../train/options.ts';
import { type GradCamPlace, gradCamPlaces, spreadOf } from './gradCamPlaces.ts';
import { type Inspectable, nodeAt, nodesOf } from './nodes.ts';
import { choose, scoreOf } from './score.ts';
import { type InspectOptions, run, sampleOf } from './session.ts';
import { traceNodes } from './trace.ts';

export interface GradCamOptions extends InspectOptions {
  /** The layer whose maps are weighed. Default the last convolution over the picture on which the output depends. */
  readonly layer?: string | number | undefined;
  /** Which output of the model, of several. Default 0. */
  readonly output?: number | undefined;
  /** Over which input of the model, of several, the maps are laid. Default the first that has such maps. */
  readonly input?: number | undefined;
  /** What speaks against the class in place of what speaks for it. Default false. */
  readonly against?: boolean | undefined;
}

/** Where a layer speaks for a class. */
export interface GradCam {
  readonly layer: string;
  /** The input over which the maps are laid. */
  readonly input: string;
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
 * max(0, Σ_c α_c·A_c) with α_c = mean of ∂s/∂A_c over all places, s the score before softmax. What speaks against a
 * class is that of −s.
 *
 * Of several inputs it is one over which a convolution goes, and the others stay as they are; of several outputs the
 * score is that of one of them. {@link gradCamPlaces} tells where there is such a convolution.
 *
 * Paper: R. Selvaraju et al., Grad-CAM: visual explanations from deep networks via gradient-based localization (2016).
 *
 * @throws RangeError where there is no picture with maps [H, W, C] on which the output depends
 * @example
 * const { layer, shape } = await inspect.gradCam(lenet5(), image, 3);
 * layer; // 'conv2d_1'
 * shape; // [10, 10]
 */
export async function gradCam(
  model: Inspectable,
  x: DataInput,
  classIndex: number,
  { layer, output = 0, input, against = false, ...options }: GradCamOptions = {},
): Promise<GradCam> {
  const feeds = sampleOf(model, x, 'gradCam');
  const chosen = choose(model, classIndex, 1, output, 'gradCam');
  const place = await placeOf(model, layer, output, input);
  const node = nodeAt(model, place.layer!);
  const [height, width, channels] = node.shapes[0] as [number, number, number];
  const draw = () => {
    const traced = traceNodes(model, { separate: true });
    const { score, chosen } = scoreOf(model, traced, output);
    const maps = traced.values[node.index]![0]!;
    return { inputs: [...traced.inputs, chosen], outputs: [maps, ...gradients(score, [maps])] };
  };
  const key = `gradCam ${node.index} ${output}`;
  const [maps, slopes] = await run(model, key, draw, [...feeds, chosen], options);
  const places = height * width;
  const weights = new Float32Array(channels);
  slopes!.forEach((slope, i) => {
    weights[i % channels]! += ((against ? -1 : 1) * slope) / places;
  });
  const map = Float32Array.from({ length: places }, (_, i) => {
    let sum = 0;
    for (let c = 0; c < channels; c++) sum += weights[c]! * maps![i * channels + c]!;
    return Math.max(0, sum);
  });
  const { heatShape } = place;
  const most = map.reduce((a, b) => Math.max(a, b), 0) || 1;
  const heat = enlarge(map, height, width, heatShape![0]!, heatShape![1]!).map((value) => value / most);
  return {
    layer: node.id,
    input: place.input,
    shape: [height, width],
    map,
    heat,
    heatShape: heatShape!,
    weights,
  };
}

/** The input and the layer that are meant. */
async function placeOf(
  model: Inspectable,
  layer: string | number | undefined,
  output: number,
  input: number | undefined,
): Promise<GradCamPlace> {
  const places = await gradCamPlaces(model, output);
  if (input !== undefined && !places[input]) {
    throw new RangeError(`gradCam: expected an input 0…${places.length - 1}; received ${input}.`);
  }
  const wanted = input === undefined ? places : [places[input]!];
  if (layer === undefined) {
    const found = wanted.find((place) => place.layer !== undefined);
    if (found) return found;
    throw new RangeError(`gradCam: ${wanted.map(({ problem }) => problem).join(' ')}`);
  }
  const node = nodeAt(model, layer);
  const [shape] = node.shapes as [Shape];
  if (shape.length !== 3) {
    throw new RangeError(
      `gradCam: expected a layer with maps [H,W,C]; received ${node.id} ${formatShape(shape)}.`,
    );
  }
  const { nodes } = nodesOf(model);
  for (const place of wanted) {
    const spread = spreadOf(
      model,
      nodes.findIndex(({ id }) => id === place.input),
      output,
    );
    if (spread?.maps.has(node)) return { ...place, layer: node.id, heatShape: spread.shape };
  }
  throw new RangeError(
    `gradCam: expected a layer with maps over ${wanted.map((place) => place.input).join(' or ')} on which ${model.network.outputs.length > 1 ? `output ${output}` : 'the output'} depends; received ${node.id}.`,
  );
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
