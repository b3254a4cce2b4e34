import type { Checkpoint } from 'fathom';
import type { FilterSheet } from './trainingTypes.ts';

type Weight = Checkpoint['weights'][number];

const MOST_FILTERS = 32;

/** Kernels of convolutions, and what each unit of a dense layer looks for where it sees a picture. */
export function kernelSheets(weights: readonly Weight[], inputShape: readonly number[]): FilterSheet[] {
  const sheets: FilterSheet[] = [];
  for (const weight of weights) {
    const isFirst = sheets.length === 0;
    if (isKernel(weight)) sheets.push(sheetOf(weight, isFirst && weight.shape[2] === 3 ? undefined : 0));
    else if (isFirst && isTemplate(weight, inputShape)) sheets.push(templates(weight, inputShape));
  }
  return sheets;
}

/**
 * The kernels of one layer on one of its input channels.
 *
 * @param channel counted from 0; undefined shows three channels as red, green and blue
 * @throws RangeError when there is no such layer or channel
 */
export function kernelSheet(
  weights: readonly Weight[],
  layer: string,
  channel: number | undefined,
): FilterSheet {
  const weight = weights.find((one) => isKernel(one) && layerOf(one) === layer);
  const channels = weight?.shape[2] ?? 0;
  const isThere = channel === undefined ? channels === 3 : channel >= 0 && channel < channels;
  if (!weight || !isThere)
    throw new RangeError(`${layer}: there is no convolution that takes channel ${channel}.`);
  return sheetOf(weight, channel);
}

const layerOf = ({ name }: Weight) => name.slice(0, name.lastIndexOf('/'));

/** [rows, columns, channels, maps]. */
function isKernel({ name, shape }: Weight): boolean {
  return shape.length === 4 && /\/(kernel|depthwiseKernel)$/.test(name);
}

function sheetOf(weight: Weight, channel: number | undefined): FilterSheet {
  const { shape, data } = weight;
  const [rows = 0, columns = 0, channels = 0, filters = 0] = shape;
  const values = Array.from({ length: Math.min(filters, MOST_FILTERS) }, (_, filter) =>
    channel === undefined
      ? pick(data, rows * columns * channels, (at) => at * filters + filter)
      : pick(data, rows * columns, (at) => (at * channels + channel) * filters + filter),
  );
  return {
    layer: layerOf(weight),
    about: 'the kernel of each map',
    rows,
    columns,
    isColour: channel === undefined,
    channel,
    channels,
    values,
    total: filters,
  };
}

/** Whether these are weights of units that take in a whole picture. */
function isTemplate({ name, shape }: Weight, inputShape: readonly number[]): boolean {
  const size = inputShape.reduce((product, extent) => product * extent, 1);
  return name.endsWith('/kernel') && shape.length === 2 && inputShape.length === 3 && shape[0] === size;
}

function templates(weight: Weight, inputShape: readonly number[]): FilterSheet {
  const { shape, data } = weight;
  const [rows = 0, columns = 0, channels = 0] = inputShape;
  const [inputs = 0, units = 0] = shape;
  const isColour = channels === 3;
  return {
    layer: layerOf(weight),
    about: 'the weights of each unit, laid out as the picture',
    rows,
    columns,
    isColour,
    channel: isColour ? undefined : 0,
    // Nothing to choose: a unit has one picture.
    channels: 1,
    values: Array.from({ length: Math.min(units, MOST_FILTERS) }, (_, unit) =>
      isColour
        ? pick(data, inputs, (at) => at * units + unit)
        : pick(data, rows * columns, (at) => at * channels * units + unit),
    ),
    total: units,
  };
}

function pick(data: Float32Array, count: number, index: (at: number) => number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, at) => data[index(at)]!);
}
