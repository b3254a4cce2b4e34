import type { Shape } from '../ir/shape.ts';
import type { BaseLayer, Layer } from '../nn/layer.ts';
import { batchNormalization, conv2d, input, relu, zeroPadding2d } from '../nn/layers/index.ts';
import type { SymbolicTensor } from '../nn/symbolic.ts';
import { type Model, type ModelOptions, model } from '../train/index.ts';

/** Options of networks that take images of several sizes. */
export interface ZooOptions extends ModelOptions {
  /** Of one image: [height, width, channels]. */
  readonly inputShape?: Shape | undefined;
  /** How many there are to tell apart. */
  readonly classes?: number | undefined;
}

/** A network as it is drawn, before a model of it draws its weights. */
export interface Drawing {
  readonly inputs: SymbolicTensor;
  readonly outputs: SymbolicTensor;
}

/**
 * The model of a drawing.
 *
 * @throws RangeError when the images are too small for the network, or classes is no positive integer
 */
export function modelOf<T extends ZooOptions>(
  draw: (options: T) => Drawing,
  name: string,
  options: T,
): Model {
  const { inputShape: _shape, classes: _classes, ...rest } = options;
  return model({ name, ...definedOnly(rest), ...draw(options) });
}

/** The input of a network; `least` is the least height and width. */
export function images(
  shape: Shape,
  classes: number,
  { name, least }: { readonly name: string; readonly least: number },
): SymbolicTensor {
  const [height = 0, width = 0, channels = 0] = shape;
  if (shape.length !== 3 || Math.min(height, width) < least || channels < 1) {
    throw new RangeError(
      `${name}: expected inputShape [height, width, channels] of at least ${least}×${least}; received [${shape.join(', ')}].`,
    );
  }
  if (!Number.isSafeInteger(classes) || classes < 1) {
    throw new RangeError(`${name}: expected classes to be a positive integer; received ${String(classes)}.`);
  }
  return input({ shape });
}

/** Layers on top of each other. */
export function chain(x: SymbolicTensor, layers: readonly (Layer | BaseLayer)[]): SymbolicTensor {
  return layers.reduce((below, layer) => (layer as Layer)(below), x);
}

export interface NormalizedOptions {
  readonly filters: number;
  readonly kernelSize: number;
  readonly strides?: number;
  /** Without it there is no rectifier. */
  readonly activation?: 'relu' | 'relu6';
  readonly momentum?: number;
  readonly epsilon?: number;
}

/**
 * A convolution without bias, its batch normalization, and a rectifier. It pads as PyTorch does, (k − 1)/2 on each
 * side, which for strides of 2 is not what padding 'same' means.
 */
export function normalized({
  filters,
  kernelSize,
  strides = 1,
  activation,
  momentum = 0.9,
  epsilon = 1e-5,
}: NormalizedOptions): BaseLayer[] {
  const pads = strides > 1 && kernelSize > 1;
  return [
    ...(pads ? [zeroPadding2d({ padding: (kernelSize - 1) / 2 })] : []),
    conv2d({
      filters,
      kernelSize,
      strides,
      padding: pads ? 'valid' : 'same',
      useBias: false,
      kernelInitializer: 'heNormal',
    }),
    batchNormalization({ momentum, epsilon }),
    ...rectifier(activation),
  ];
}

/** A rectifier, or none. */
export function rectifier(activation: 'relu' | 'relu6' | undefined): BaseLayer[] {
  if (activation === undefined) return [];
  return [activation === 'relu6' ? relu({ maxValue: 6 }) : relu()];
}

function definedOnly<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
