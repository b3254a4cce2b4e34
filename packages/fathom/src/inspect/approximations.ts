import { matmul } from '../functional/matmul.ts';
import { type ActivationLike, resolveActivation } from '../nn/activations.ts';
import { add, input, threefry } from '../ops/index.ts';
import { leastSquares } from './leastSquares.ts';
import { runExactly } from './session.ts';

/** A function of one number, by its values at some places. */
export interface SampledFunction {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** One hidden unit: v·g(w·x + b). */
export interface ApproximatingUnit {
  readonly w: number;
  readonly b: number;
  readonly v: number;
}

/** The nearest that a network of some units comes to a function. */
export interface Approximation {
  readonly units: readonly ApproximatingUnit[];
  /** Of the output. */
  readonly bias: number;
  /** The network at the places of the function. */
  readonly y: Float64Array;
  /** max |network − function| over the places. */
  readonly largest: number;
  /** √ mean (network − function)². */
  readonly rms: number;
  /** Units, and the bias, that are no combination of the others. */
  readonly rank: number;
}

export interface ApproximationOptions {
  /** g, of the hidden units. */
  readonly activation: ActivationLike;
  /** Hidden units of each network. */
  readonly widths: readonly number[];
  /** Decides the weights of the hidden units. Default 0. */
  readonly seed?: number;
}

/**
 * Networks of one hidden layer, Σ v·g(w·x + b) + c, of more and more units, as near as they come to a function. The
 * hidden weights are random (the same first units in every network, so that more units never do worse); v and c are the
 * ones of the least squared error.
 *
 * With a g that is no polynomial, the error falls below any bound as units are added; with a polynomial of degree k the
 * network is a polynomial of degree k, whatever its width: see {@link polynomialBound}.
 *
 * Papers: G. Cybenko, Approximation by superpositions of a sigmoidal function (1989); M. Leshno, V. Lin, A. Pinkus,
 * S. Schocken, Multilayer feedforward networks with a nonpolynomial activation function can approximate any function
 * (1993).
 *
 * @throws RangeError on fewer than two places or widths below 1
 * @example
 * const x = Array.from({ length: 101 }, (_, i) => i / 50 - 1);
 * const y = x.map((v) => Math.sin(Math.PI * v));
 * const [few, many] = await inspect.approximations({ x, y }, { activation: 'relu', widths: [2, 64] });
 * many.largest < few.largest; // true
 */
export async function approximations(
  { x, y }: SampledFunction,
  { activation, widths, seed = 0 }: ApproximationOptions,
): Promise<Approximation[]> {
  if (x.length < 2 || x.length !== y.length) {
    throw new RangeError(
      `approximations: expected as many values as places, two at least; received ${x.length} places and ${y.length} values.`,
    );
  }
  const bad = widths.find((width) => !Number.isInteger(width) || width < 1);
  if (bad !== undefined)
    throw new RangeError(`approximations: expected widths of 1 or more; received ${bad}.`);
  const units = hiddenUnits(Math.max(0, ...widths), [x[0]!, x[x.length - 1]!], seed);
  const columns = await hiddenValues(x, units, activation);
  const ones = new Float64Array(x.length).fill(1);
  return widths.map((width) => {
    const used = [ones, ...columns.slice(0, width)];
    const { solution, rank } = leastSquares(used, y);
    const values = ones.map((_, i) => used.reduce((sum, column, j) => sum + solution[j]! * column[i]!, 0));
    return {
      units: units.slice(0, width).map((unit, j) => ({ ...unit, v: solution[j + 1]! })),
      bias: solution[0]!,
      y: values,
      ...errorsOf(values, y),
      rank,
    };
  });
}

/**
 * A bound from below: no polynomial of the degree is nearer to the function than this at its worst place.
 *
 * Of points x₀ … xₘ with m > degree, Σ cᵢ·p(xᵢ) = 0 for every such polynomial p, where cᵢ = 1 / Πⱼ (xᵢ − xⱼ), the
 * weights of the divided difference. So |Σ cᵢ·f(xᵢ)| = |Σ cᵢ·(f − p)(xᵢ)| ≤ max |f − p| · Σ |cᵢ|. The points are the
 * places next to the extrema of Chebyshev's polynomial, where Σ |cᵢ| is least.
 *
 * Paper: C. de la Vallée Poussin, Sur les polynomes d’approximation et la représentation approchée d’un angle (1910).
 *
 * @example
 * const x = [-1, -0.5, 0, 0.5, 1];
 * inspect.polynomialBound({ x, y: x.map(Math.abs) }, 1); // 0.5: the nearest line to |x| is y = 0.5
 */
export function polynomialBound({ x, y }: SampledFunction, degree: number): number {
  // More points than need be say as much of the degree, and see turns that fewer points miss.
  const orders = Array.from({ length: ORDERS }, (_, i) => degree + 1 + i);
  return Math.max(...orders.map((order) => dividedBound(x, y, order)));
}

const ORDERS = 12;

function dividedBound(x: ArrayLike<number>, y: ArrayLike<number>, order: number): number {
  const last = x.length - 1;
  const places = [
    ...new Set(
      Array.from({ length: order + 1 }, (_, i) =>
        Math.round((last * (1 - Math.cos((Math.PI * i) / order))) / 2),
      ),
    ),
  ];
  // Fewer places than the order asks for: a polynomial goes through all of them.
  if (places.length <= order) return 0;
  const weights = places.map((i) =>
    places.reduce((product, j) => (i === j ? product : product / (x[i]! - x[j]!)), 1),
  );
  const sum = places.reduce((total, i, k) => total + weights[k]! * y[i]!, 0);
  return Math.abs(sum) / weights.reduce((total, weight) => total + Math.abs(weight), 0);
}

/**
 * w and b of the first units: each turns at a place c of its own, w·x + b = w·(x − c). The places follow the golden
 * ratio, so that any number of them lies evenly; later units are steeper, for detail.
 */
function hiddenUnits(count: number, [low, high]: readonly [number, number], seed: number) {
  const half = (high - low) / 2;
  const [start] = threefry(seed | 0, UNITS, 0, 0);
  return Array.from({ length: count }, (_, i) => {
    const [side, size] = threefry(seed | 0, UNITS, i + 1, 0);
    const place = low + (high - low) * (((i + 1) * GOLDEN + unitOf(start)) % 1);
    const w = ((1 + i / 2) * (0.75 + 0.5 * unitOf(size)) * (side & 1 ? 1 : -1)) / half;
    return { w, b: -w * place };
  });
}

/** g(w·x + b) of each unit, at all places. */
async function hiddenValues(
  x: ArrayLike<number>,
  units: readonly { readonly w: number; readonly b: number }[],
  activation: ActivationLike,
): Promise<Float64Array[]> {
  const count = units.length;
  const [places, w, b] = [input('x', [x.length, 1]), input('w', [1, count]), input('b', [count])];
  const { apply } = resolveActivation(activation, 'approximations');
  const [values] = await runExactly({ inputs: [places, w, b], outputs: [apply(add(matmul(places, w), b))] }, [
    x,
    units.map((unit) => unit.w),
    units.map((unit) => unit.b),
  ]);
  return units.map((_, j) => Float64Array.from({ length: x.length }, (_, i) => values![i * count + j]!));
}

function errorsOf(values: Float64Array, y: ArrayLike<number>) {
  let [largest, squares] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    const error = Math.abs(values[i]! - y[i]!);
    largest = Math.max(largest, error);
    squares += error * error;
  }
  return { largest, rms: Math.sqrt(squares / values.length) };
}

/** Uniform in [0, 1). */
function unitOf(word: number): number {
  return (word >>> 8) * 2 ** -24;
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Hidden weights have keys of their own. */
const UNITS = 0x756e6974;
