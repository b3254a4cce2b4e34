import { expect } from 'vitest';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { vjp } from '../../src/ir/graph.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { add, input, zeros } from '../../src/ops/index.ts';
import { evaluate, load } from '../../src/runtime.ts';
import { permutation, type Random } from './random.ts';

/** The oracle: every float32 value is computed in 64 bits. */
export const exact = referenceBackend({ precision: 64 });

/** Plain float32 arithmetic, one rounding an operation. */
export const plain = referenceBackend();

export const algebra = { add, zeros };

/** Relative to the size of the difference quotient; its own error is about h² + 2⁻⁵²/h ≈ 10⁻¹⁰. */
const TOLERANCE = 1e-6;
const STEP = 1e-5;
/** Coordinates that are moved one by one; beyond them all coordinates are moved together in random directions. */
const COORDINATES = 24;
const DIRECTIONS = 2;

/**
 * Expects that the gradients of ⟨dy, output⟩ for a random dy, with respect to each float input, equal central
 * differences in float64: at single coordinates and along random directions.
 */
export async function expectGradients(
  output: Tensor,
  inputs: readonly Tensor[],
  values: readonly Float64Array[],
  random: Random,
): Promise<void> {
  const { dy, cotangent } = drawCotangent(output, random);
  const floats = inputs.filter((node) => node.dtype === 'float32');
  const feeds = new Map<Tensor, Float64Array>(inputs.map((node, i) => [node, values[i]!]));
  const gradients = await evaluate(
    vjp([output], [cotangent], floats, algebra),
    new Map([...feeds, [cotangent, dy]]),
    exact,
  );
  const run = await loader(output, inputs);
  for (const [j, node] of floats.entries()) {
    const gradient = gradients[j]!;
    expect(gradient).toHaveLength(node.size);
    const which = inputs.indexOf(node);
    for (const direction of directions(node.size, random)) {
      const moved = (sign: number) => values.map((x, i) => (i === which ? along(x, direction, sign) : x));
      const up = await run(moved(1));
      const down = await run(moved(-1));
      let expected = 0;
      let actual = 0;
      let scale = 0;
      for (let o = 0; o < up.length; o++) {
        const term = (dy[o]! * (up[o]! - down[o]!)) / (2 * STEP);
        expected += term;
        scale += Math.abs(term);
      }
      for (const [at, step] of direction) {
        const term = gradient[at]! * step * reach(values[which]![at]!);
        actual += term;
        scale += Math.abs(term);
      }
      expect(
        Math.abs(actual - expected),
        `gradient ${actual}, difference ${expected}, input ${which}, places ${[...direction.keys()].slice(0, 3)}`,
      ).toBeLessThanOrEqual(TOLERANCE * scale + 1e-9);
    }
  }
}

/** Expects that the gradients of ⟨dy, output⟩ have themselves right gradients: second derivatives. */
export async function expectSecondGradients(
  output: Tensor,
  inputs: readonly Tensor[],
  values: readonly Float64Array[],
  random: Random,
): Promise<void> {
  const { dy, cotangent } = drawCotangent(output, random);
  const floats = inputs.filter((node) => node.dtype === 'float32');
  for (const gradient of vjp([output], [cotangent], floats, algebra)) {
    await expectGradients(gradient, [...inputs, cotangent], [...values, dy], random);
  }
}

export function drawCotangent(output: Tensor, random: Random): { dy: Float64Array; cotangent: Tensor } {
  const dy = Float64Array.from({ length: output.size }, () => Math.fround(2 * random() - 1));
  return { dy, cotangent: input('dy', output.shape) };
}

/** A direction moves some places by STEP·reach(x)·weight. */
type Direction = ReadonlyMap<number, number>;

function directions(size: number, random: Random): Direction[] {
  const single = permutation(random, size)
    .slice(0, COORDINATES)
    .map((at) => new Map([[at, 1]]));
  if (size <= COORDINATES) return single;
  const joint = Array.from(
    { length: DIRECTIONS },
    () => new Map(Array.from({ length: size }, (_, at) => [at, 2 * random() - 1])),
  );
  return [...single, ...joint];
}

/** Large numbers are moved further, so that the difference of their images does not drown in rounding. */
const reach = (x: number) => Math.max(1, Math.abs(x));

function along(x: Float64Array, direction: Direction, sign: number): Float64Array {
  const result = x.slice();
  for (const [at, step] of direction) result[at]! += sign * STEP * step * reach(x[at]!);
  return result;
}

async function loader(output: Tensor, inputs: readonly Tensor[]) {
  const executable = await load({ inputs, outputs: [output], updates: [] }, exact);
  return async (values: readonly Float64Array[]) => {
    values.forEach((value, i) => {
      executable.write(i, value);
    });
    await executable.run();
    return executable.read(0);
  };
}
