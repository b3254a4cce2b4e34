import { formatShape, sameShape } from '../ir/shape.ts';
import type { NamedWeight } from '../nn/network.ts';
import type { WeightValues } from './callbacks.ts';

/** Copies of the values of weights. */
export async function readWeights(own: readonly NamedWeight[]): Promise<WeightValues[]> {
  const weights: WeightValues[] = [];
  for (const { name, weight } of own) {
    const { shape } = weight.variable;
    weights.push({ name, shape: [...shape], data: Float32Array.from(await weight.variable.read()) });
  }
  return weights;
}

/**
 * The plain values among `weights`, one for each weight of a model.
 *
 * @throws RangeError when their number, a size or a shape differs
 */
export function checkWeights(
  own: readonly NamedWeight[],
  weights: readonly (ArrayLike<number> | WeightValues)[],
): ArrayLike<number>[] {
  if (weights.length !== own.length) {
    throw new RangeError(
      `setWeights: expected ${own.length} weights (${own.map(({ name }) => name).join(', ')}); received ${weights.length}. Are they of another model?`,
    );
  }
  return weights.map((weight, i) => {
    const { name } = own[i]!;
    const { shape, size } = own[i]!.weight.variable;
    const named = 'data' in weight ? weight : undefined;
    const data = named ? named.data : (weight as ArrayLike<number>);
    if (data.length !== size || (named && !sameShape(named.shape, shape))) {
      throw new RangeError(
        `setWeights: expected ${formatShape(shape)} for ${name}; received ${named ? formatShape(named.shape) : `${data.length} values`}. Are they of another model?`,
      );
    }
    return data;
  });
}
