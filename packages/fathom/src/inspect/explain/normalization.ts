import { type Shape, sizeOf } from '../../ir/shape.ts';
import type { Variable } from '../../ir/tensor.ts';
import { sampleAxesOf } from '../../nn/layers/affine.ts';
import type { BatchNormalization } from '../../nn/layers/batchNormalization.ts';
import type { GroupNormalization } from '../../nn/layers/groupNormalization.ts';
import type { LayerNormalization } from '../../nn/layers/layerNormalization.ts';
import type { Normalization } from '../../nn/layers/normalization.ts';
import type { Rescaling } from '../../nn/layers/rescaling.ts';
import type { RmsNormalization } from '../../nn/layers/rmsNormalization.ts';
import type { Place } from '../contraction.ts';
import { indexOf, placeAt } from '../wiring.ts';
import { type Cell, type CellExplanation, type CellPart, type NamedNumber, valuesOf } from './cell.ts';

/** y = γ·(x − μ) / √(σ² + ε) + β with the running statistics of a channel. */
export async function ofBatchNorm(cell: Cell, layer: BatchNormalization): Promise<CellExplanation> {
  const { movingMean, movingVariance, gamma, beta, epsilon } = layer;
  const at = cell.place.slice(-1);
  const [mean, variance, scale, shift] = await numbersAt(at, movingMean, movingVariance, gamma, beta);
  const { value } = cell.term(0, cell.place);
  return cell.result('normalization', normalized(scale, shift), {
    terms: [cell.term(0, cell.place)],
    numbers: named(mean, variance, { name: 'epsilon', value: epsilon }, scale, shift),
    sum: affine((value - mean!.value) / Math.sqrt(variance!.value + epsilon), scale, shift),
    note: 'While training, mean and variance are those of the batch; here they are the running ones.',
  });
}

/** The same with the mean and the variance of the sample itself, along some axes. */
export async function ofLayerNorm(cell: Cell, layer: LayerNormalization): Promise<CellExplanation> {
  const { gamma, beta, epsilon } = layer;
  const axes = sampleAxesOf(layer, layer.axis, cell.own.shape);
  const at = axes.map((axis) => cell.place[axis]!);
  const affine = await numbersAt(at, gamma, beta);
  return ofMoments(cell, placesAlong(cell, axes), epsilon, affine);
}

/** Within a group of channels, over all places. */
export async function ofGroupNorm(cell: Cell, layer: GroupNormalization): Promise<CellExplanation> {
  const { gamma, beta, epsilon } = layer;
  const { shape } = cell.own;
  const channels = shape.at(-1)!;
  const size = layer.groups === -1 ? 1 : channels / layer.groups;
  const own = Math.floor(cell.place.at(-1)! / size);
  const all = placesAlong(
    cell,
    shape.map((_, axis) => axis),
  );
  const places = all.filter((place) => Math.floor(place.at(-1)! / size) === own);
  return ofMoments(cell, places, epsilon, await numbersAt(cell.place.slice(-1), gamma, beta));
}

/** y = γ·x / √(mean of x² + ε). */
export async function ofRmsNorm(cell: Cell, layer: RmsNormalization): Promise<CellExplanation> {
  const { gamma, epsilon } = layer;
  const axes = sampleAxesOf(layer, layer.axis, cell.own.shape);
  const at = axes.map((axis) => cell.place[axis]!);
  const [scale] = await numbersAt(at, gamma);
  const square = meanOf(cell, placesAlong(cell, axes), 'mean of the squares', 'Σ x² / n', (x) => x ** 2);
  const term = cell.term(0, cell.place);
  return cell.result('normalization', 'y = gamma·x / √(mean of x² + epsilon)', {
    terms: [term],
    parts: [square],
    numbers: named({ name: 'epsilon', value: epsilon }, scale),
    sum: (scale!.value * term.value) / Math.sqrt(square.value + epsilon),
  });
}

/** y = (x − mean) / √variance, with statistics of the data or given ones. */
export async function ofStandardization(cell: Cell, layer: Normalization): Promise<CellExplanation> {
  const axes = layer.axis === null ? [] : sampleAxesOf(layer, layer.axis, cell.own.shape);
  const at = axes.map((axis) => cell.place[axis]!);
  const shape = axes.map((axis) => cell.own.shape[axis]!);
  const { given } = layer;
  const constant = (name: string, values: readonly number[]): NamedNumber => ({
    name,
    value: values.length === 1 ? values[0]! : values[indexOf(at, shape)]!,
  });
  const [mean, variance] = given
    ? [constant('mean', given.mean), constant('variance', given.variance)]
    : ((await numbersAt(at, layer.mean, layer.variance)) as [NamedNumber, NamedNumber]);
  const deviation = Math.max(Math.sqrt(variance.value), SMALLEST_DEVIATION);
  const term = cell.term(0, cell.place);
  return cell.result(
    'normalization',
    layer.invert ? 'y = mean + x·√variance' : 'y = (x − mean) / √variance',
    {
      terms: [term],
      numbers: [mean, variance],
      sum: layer.invert ? mean.value + term.value * deviation : (term.value - mean.value) / deviation,
    },
  );
}

/** y = x·scale + offset. */
export function ofRescaling(cell: Cell, { scale, offset }: Rescaling): CellExplanation {
  const term = cell.term(0, cell.place);
  return cell.result('scale', 'y = x·scale + offset', {
    terms: [term],
    numbers: [
      { name: 'scale', value: scale },
      { name: 'offset', value: offset },
    ],
    sum: term.value * scale + offset,
  });
}

function ofMoments(
  cell: Cell,
  places: readonly Place[],
  epsilon: number,
  [scale, shift]: readonly (NamedNumber | undefined)[],
): CellExplanation {
  const mean = meanOf(cell, places, 'mean', 'Σ x / n', (x) => x);
  const variance = meanOf(cell, places, 'variance', 'Σ (x − mean)² / n', (x) => (x - mean.value) ** 2);
  const term = cell.term(0, cell.place);
  return cell.result('normalization', normalized(scale, shift), {
    terms: [term],
    parts: [mean, variance],
    numbers: named({ name: 'epsilon', value: epsilon }, scale, shift),
    sum: affine((term.value - mean.value) / Math.sqrt(variance.value + epsilon), scale, shift),
    note: `Mean and variance are those of ${places.length} numbers of this sample, in training too.`,
  });
}

function meanOf(
  cell: Cell,
  places: readonly Place[],
  name: string,
  formula: string,
  of: (x: number) => number,
): CellPart {
  const terms = places.map((place) => {
    const term = cell.term(0, place);
    return { ...term, product: of(term.value) };
  });
  const sum = terms.reduce((total, { product }) => total + product, 0);
  const value = sum / places.length;
  return {
    name,
    formula: formula.replace('n', String(places.length)),
    terms,
    bias: undefined,
    sum,
    activation: undefined,
    value,
  };
}

/** All places that differ from that of the cell along the given axes alone. */
function placesAlong({ place, own }: Cell, axes: readonly number[]): Place[] {
  const extents: Shape = axes.map((axis) => own.shape[axis]!);
  return Array.from({ length: sizeOf(extents) }, (_, i) => {
    const at = [...place];
    placeAt(i, extents).forEach((value, d) => {
      at[axes[d]!] = value;
    });
    return at;
  });
}

async function numbersAt(
  place: Place,
  ...variables: readonly (Variable | undefined)[]
): Promise<(NamedNumber | undefined)[]> {
  const values = await valuesOf(...variables);
  return variables.map(
    (variable, i) => variable && { name: variable.name, value: values[i]![indexOf(place, variable.shape)]! },
  );
}

function named(...numbers: readonly (NamedNumber | undefined)[]): NamedNumber[] {
  return numbers.filter((number) => number !== undefined);
}

function affine(x: number, scale: NamedNumber | undefined, shift: NamedNumber | undefined): number {
  return (scale?.value ?? 1) * x + (shift?.value ?? 0);
}

function normalized(scale: NamedNumber | undefined, shift: NamedNumber | undefined): string {
  return `y = ${scale ? 'gamma·' : ''}(x − mean) / √(variance + epsilon)${shift ? ' + beta' : ''}`;
}

/** As in the layer: features that never change are not divided by 0. */
const SMALLEST_DEVIATION = 1e-7;
