import { formatShape, type Shape } from '../ir/shape.ts';
import { Dense } from '../nn/layers/dense.ts';
import { type Activations, type LayerActivation, rangeOf } from './activations.ts';
import { type Inspectable, nodeAt } from './nodes.ts';
import { readAll } from './session.ts';
import { wiringOf } from './wiring.ts';

/**
 * How values become grey levels 0 … 255.
 *
 * - range: the smallest 0, the largest 255
 * - symmetric: −m 0, zero 128, m 255, where m is the largest magnitude; for numbers of both signs
 * - unit: 0 and below 0, 1 and above 255; for pixels and probabilities
 */
export type Scaling = 'range' | 'symmetric' | 'unit';

/** A picture of some numbers. */
export interface Picture {
  /** What it shows: `channel 3`, `filter 2, channel 0`. */
  readonly title: string;
  readonly width: number;
  readonly height: number;
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: 1 | 3;
  /** Row by row, `channels` levels a place. */
  readonly pixels: Uint8Array;
  readonly scaling: Scaling;
  /** The values that level 0 and 255 stand for. */
  readonly low: number;
  readonly high: number;
}

export interface PictureOptions {
  /** Default 'range' for values that are nowhere negative, else 'symmetric'. */
  readonly scaling?: Scaling | undefined;
  /** Whether all pictures of a layer have one scale, or each its own. Default 'layer'. */
  readonly scope?: 'layer' | 'map' | undefined;
}

/**
 * A layer's result as pictures: one for each channel of a map [H, W, C], one with a row for each step of a sequence
 * [T, C], one with a single row of a vector [N].
 *
 * A value v becomes round(255·(v − low) / (high − low)), where `scaling` decides low and high.
 *
 * @throws RangeError on results of more than three axes
 * @example
 * const { layers } = await inspect.activations(lenet5(), image);
 * inspect.featureMaps(layers[1]).length; // 6
 */
export function featureMaps(
  { values, shape }: Pick<LayerActivation, 'values' | 'shape'>,
  { scaling = scalingFor(values), scope = 'layer' }: PictureOptions = {},
): Picture[] {
  const whole = scope === 'layer' ? limitsOf(values, scaling) : undefined;
  const draw = (title: string, height: number, width: number, data: ArrayLike<number>) =>
    picture(title, height, width, data, scaling, whole);
  if (shape.length === 1) return [draw('values', 1, shape[0]!, values)];
  if (shape.length === 2) return [draw('steps and features', shape[0]!, shape[1]!, values)];
  if (shape.length !== 3) {
    throw new RangeError(
      `featureMaps: expected a result of shape [H,W,C], [T,C] or [N]; received ${formatShape(shape)}. Take a slice of it.`,
    );
  }
  const [height, width, channels] = shape as [number, number, number];
  return Array.from({ length: channels }, (_, c) =>
    draw(`channel ${c}`, height, width, every(values, c, channels)),
  );
}

/**
 * The kernels of a layer as pictures, of one scale symmetric about 0: of a convolution one for each filter and
 * channel, or in colour where there are three channels; of a dense layer on a picture (flattened or not) one for each
 * unit.
 *
 * @throws RangeError on layers without kernels that can be drawn
 * @example
 * (await inspect.filters(lenet5(), 'conv2d')).length; // 6
 */
export async function filters(
  model: Inspectable,
  layer: string | number,
  { scaling = 'symmetric', scope = 'layer' }: PictureOptions = {},
): Promise<Picture[]> {
  const node = nodeAt(model, layer);
  const wiring = await wiringOf(node);
  if (wiring?.kind !== 'sum') throw noKernels(node.id, node.layer.type);
  const { kernel } = wiring;
  const [values] = await readAll([kernel]);
  const whole = scope === 'layer' ? limitsOf(values!, scaling) : undefined;
  if (node.layer instanceof Dense) {
    const [height, width, channels] = imageBehind(model, node.inputShapes[0]!, kernel.shape[0]!);
    const units = kernel.shape[1]!;
    return Array.from({ length: units }, (_, u) => u).flatMap((u) =>
      byChannel(`unit ${u}`, every(values!, u, units), height, width, channels, scaling, whole),
    );
  }
  if (kernel.shape.length !== 4) throw noKernels(node.id, node.layer.type);
  const [height, width, channels, count] = kernel.shape as [number, number, number, number];
  return Array.from({ length: count }, (_, f) => f).flatMap((f) =>
    byChannel(`filter ${f}`, every(values!, f, count), height, width, channels, scaling, whole),
  );
}

/**
 * An input of a network as a picture, if it is one: grey levels or colours.
 *
 * @param input which, of several
 */
export function inputPicture({ layers }: Activations, input = 0): Picture | undefined {
  const layer = layers[input];
  if (layer?.type !== 'input') return undefined;
  const { shape, values } = layer;
  if (shape.length < 2 || shape.length > 3) return undefined;
  const [height, width, channels = 1] = shape as [number, number, number?];
  const scaling = rangeOf(values).min >= 0 && rangeOf(values).max <= 1 ? 'unit' : 'range';
  if (channels !== 1 && channels !== 3) return undefined;
  return picture('input', height, width, values, scaling, undefined, channels);
}

/**
 * Numbers as a picture.
 *
 * @param values row by row, `channels` numbers a place
 */
export function picture(
  title: string,
  height: number,
  width: number,
  values: ArrayLike<number>,
  scaling: Scaling = scalingFor(values),
  limits: readonly [number, number] = limitsOf(values, scaling),
  channels: 1 | 3 = 1,
): Picture {
  const [low, high] = limits;
  const span = high - low || 1;
  const pixels = Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const level = Math.round((255 * (values[i]! - low)) / span);
    return Math.min(255, Math.max(0, level));
  });
  return { title, width, height, channels, pixels, scaling, low, high };
}

/** What level 0 and level 255 stand for. */
function limitsOf(values: ArrayLike<number>, scaling: Scaling): readonly [number, number] {
  if (scaling === 'unit') return [0, 1];
  const { min, max } = rangeOf(values);
  // Nothing but NaN: a training that has diverged is drawn too.
  if (min > max) return [0, 0];
  if (scaling === 'range') return [min, max];
  const most = Math.max(Math.abs(min), Math.abs(max));
  return [-most, most];
}

function scalingFor(values: ArrayLike<number>): Scaling {
  return rangeOf(values).min < 0 ? 'symmetric' : 'range';
}

function byChannel(
  title: string,
  values: ArrayLike<number>,
  height: number,
  width: number,
  channels: number,
  scaling: Scaling,
  limits: readonly [number, number] | undefined,
): Picture[] {
  if (channels === 3 || channels === 1)
    return [picture(title, height, width, values, scaling, limits, channels)];
  return Array.from({ length: channels }, (_, c) =>
    picture(`${title}, channel ${c}`, height, width, every(values, c, channels), scaling, limits),
  );
}

/** The picture that a dense layer sees: its input, or that of the network, where it has as many values. */
function imageBehind(model: Inspectable, shape: Shape, size: number): [number, number, number] {
  const own = [shape, model.network.inputs[0]!.shape].find(
    (one) => one.length >= 2 && one.length <= 3 && one.reduce((a, b) => a * b, 1) === size,
  );
  return own ? [own[0]!, own[1]!, own[2] ?? 1] : [1, size, 1];
}

/** Every `step`-th value from the `first`. */
function every(values: ArrayLike<number>, first: number, step: number): Float32Array {
  return Float32Array.from({ length: values.length / step }, (_, i) => values[i * step + first]!);
}

function noKernels(id: string, type: string): RangeError {
  return new RangeError(
    `filters: expected a layer with kernels over pictures, as conv2d, or dense; received ${id} (${type}).`,
  );
}
