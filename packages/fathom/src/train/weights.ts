import { formatShape, sameShape } from '../ir/shape.ts';
import type { Variable } from '../ir/tensor.ts';
import type { WeightValues } from './callbacks.ts';

/** Copies of the values of variables. */
export async function readWeights(variables: readonly Variable[]): Promise<WeightValues[]> {
  const weights: WeightValues[] = [];
  for (const variable of variables) {
    const { name, shape } = variable;
    weights.push({ name, shape: [...shape], data: Float32Array.from(await variable.read()) });
  }
  return weights;
}

/**
 * The plain values among `weights`, one for each variable.
 *
 * @throws RangeError when their number, a size or a shape differs
 */
export function checkWeights(
  variables: readonly Variable[],
  weights: readonly (ArrayLike<number> | WeightValues)[],
): ArrayLike<number>[] {
  if (weights.length !== variables.length) {
    throw new RangeError(
      `setWeights: expected ${variables.length} weights (${variables.map(({ name }) => name).join(', ')}); received ${weights.length}. Are they of another model?`,
    );
  }
  return weights.map((weight, i) => {
    const { name, shape, size } = variables[i]!;
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
