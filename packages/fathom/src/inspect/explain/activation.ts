import type { BaseLayer } from '../../nn/layer.ts';
import { ActivationLayer } from '../../nn/layers/activation.ts';
import { Elu } from '../../nn/layers/elu.ts';
import { LeakyRelu } from '../../nn/layers/leakyRelu.ts';
import { Prelu } from '../../nn/layers/prelu.ts';
import { Relu } from '../../nn/layers/relu.ts';
import { Softmax } from '../../nn/layers/softmax.ts';
import { activationFormula } from '../formulas.ts';
import { indexOf } from '../wiring.ts';
import {
  activationStep,
  type Cell,
  type CellExplanation,
  type NamedNumber,
  repeated,
  rowThrough,
  valuesOf,
} from './cell.ts';

/** A layer that is an activation and nothing else; undefined for other layers. */
export async function ofActivation(cell: Cell, layer: BaseLayer): Promise<CellExplanation | undefined> {
  const kind = await kindOf(cell, layer);
  if (!kind) return undefined;
  const { name, formula = activationFormula(name), numbers = [], axis } = kind;
  const term = cell.term(0, cell.place);
  const { values, shape } = cell.input(0);
  const row = rowThrough(values, shape, cell.place, axis);
  return cell.result('activation', formula, {
    terms: [term],
    numbers,
    sum: term.value,
    activation: activationStep(name, term.value, cell.value, row, formula),
  });
}

interface Kind {
  readonly name: string | undefined;
  readonly formula?: string;
  readonly numbers?: readonly NamedNumber[];
  /** Along which softmax is taken. */
  readonly axis?: number;
}

async function kindOf(cell: Cell, layer: BaseLayer): Promise<Kind | undefined> {
  if (layer instanceof ActivationLayer) return { name: layer.activation.name };
  if (layer instanceof Softmax) {
    const { axis } = layer;
    return { name: 'softmax', axis: axis < 0 ? cell.own.shape.length + axis : axis - 1 };
  }
  if (layer instanceof Relu) {
    const { maxValue, negativeSlope, threshold } = layer;
    const below = negativeSlope === 0 ? '0' : `${negativeSlope}·(z − ${threshold})`;
    const plain =
      threshold === 0 && negativeSlope === 0 ? 'max(0, z)' : `z where z > ${threshold}, else ${below}`;
    return { name: 'relu', formula: `y = ${maxValue === null ? plain : `min(${plain}, ${maxValue})`}` };
  }
  if (layer instanceof LeakyRelu) {
    return { name: 'leakyRelu', formula: `y = z where z > 0, else ${layer.negativeSlope}·z` };
  }
  if (layer instanceof Elu) {
    return { name: 'elu', formula: `y = z where z > 0, else ${layer.alpha}·(e^z − 1)` };
  }
  if (layer instanceof Prelu) {
    const { name, shape } = layer.alpha!;
    const [slopes] = await valuesOf(layer.alpha);
    const value = slopes![indexOf(repeated(cell.place, shape), shape)]!;
    return { name: 'prelu', formula: 'y = z where z > 0, else alpha·z', numbers: [{ name, value }] };
  }
  return undefined;
}
