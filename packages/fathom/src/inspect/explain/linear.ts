import { sizeOf } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { callLayer } from '../../nn/layer.ts';
import { Trace } from '../../nn/trace.ts';
import { gradients as gradientsIn, input, multiply, sum } from '../../ops/index.ts';
import { exactRunner } from '../session.ts';
import { indexOf, placeAt } from '../wiring.ts';
import type { Cell, CellExplanation } from './cell.ts';

/**
 * A layer without weights whose result is a sum of input numbers with fixed coefficients, as resizing is, whatever it
 * calls itself: y = Σ c·x + y(0), where the coefficients are its derivatives and the same at other inputs. Undefined
 * for other layers.
 */
export async function ofLinear(cell: Cell): Promise<CellExplanation | undefined> {
  const { layer, inputShapes, shapes } = cell.node;
  if (layer.weights.length > 0 || inputShapes.some((shape) => sizeOf(shape) > MOST_NUMBERS)) return undefined;
  const trace = new Trace({ training: false });
  const xs = inputShapes.map((shape, i) => input(`x${i}`, [1, ...shape]));
  const [y] = callLayer(layer, xs, trace) as [Tensor];
  if (y.dtype !== 'float32' || trace.keys.length > 0) return undefined;
  const chosen = input('chosen', y.shape);
  const outputs = [y, ...gradientsIn(sum(multiply(y, chosen)), xs)];
  const [evaluate] = await exactRunner({ inputs: [...xs, chosen], outputs });
  const index = indexOf(cell.place, shapes[0]!);
  const one = new Float64Array(sizeOf(shapes[0]!));
  one[index] = 1;
  const at = async (of: (value: number, i: number) => number) => {
    const feeds = inputShapes.map((_, i) => Float64Array.from(cell.input(i).values, of));
    const [value, ...slopes] = await evaluate([...feeds, one]);
    return { value: value![index]!, slopes };
  };
  const here = await at((value) => value);
  // Derivatives that are the same at an input far away are those of a straight line.
  const elsewhere = await at((value, i) => 3 * Math.sin(i + 1) - value);
  const zero = await at(() => 0);
  const isSame = here.slopes.every((slopes, i) =>
    slopes.every((slope, j) =>
      [elsewhere, zero].every((other) => Math.abs(other.slopes[i]![j]! - slope) < SMALL),
    ),
  );
  if (!isSame) return undefined;
  const terms = here.slopes.flatMap((slopes, i) =>
    Array.from(slopes).flatMap((value, j) => {
      if (value === 0) return [];
      const place = placeAt(j, inputShapes[i]!);
      return [cell.term(i, place, { name: 'coefficient', place, value })];
    }),
  );
  const offset = zero.value === 0 ? undefined : { name: 'y of zeros', value: zero.value };
  const total = terms.reduce((sum, { product }) => sum + product, zero.value);
  return cell.result('sum', `y = Σ c·x${offset ? ' + y(0)' : ''}`, {
    terms,
    bias: offset,
    sum: total,
    note: `${cell.own.type} has no weights: the coefficients c are the same for every input.`,
  });
}

const MOST_NUMBERS = 1 << 18;
const SMALL = 1e-9;
