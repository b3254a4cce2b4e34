import { type Affine, binary, type Expr, index, int } from '../ir/expr.ts';
import { apply } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { checkShape, formatShape, type Shape, stridesOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { checkCount } from './define.ts';

export interface RandomBitsAttrs {
  readonly shape: Shape;
}

/** Rotation distances of Threefry-2x32. */
const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];
/** Thirteen rounds pass every statistical test of BigCrush (Salmon et al. 2011, table 2). */
const ROUNDS = 13;
/** Threefry's key-schedule parity constant. */
const PARITY = 0x1bd11bda;

/**
 * Counter-based random numbers: element i is the first word of Threefry-2x32-13 with the given key at counter
 * (i, 0). No state, any order, the same bits on every backend.
 *
 * Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011.
 */
export const randomBitsOp: Op = {
  name: 'randomBits',
  doc: 'Uniform random int32 from a key of two int32: result[i] = threefry2x32-13(key, (i, 0))[0].',
  infer(inputs, attrs) {
    checkCount('randomBits', inputs, 1);
    const { shape } = attrs as RandomBitsAttrs;
    checkShape(shape, 'randomBits');
    const [key] = inputs;
    if (key!.dtype !== 'int32' || key!.shape.length !== 1 || key!.shape[0] !== 2) {
      throw new TypeError(
        `randomBits: expected a key int32[2]; received ${key!.dtype}${formatShape(key!.shape)}.`,
      );
    }
    return { shape, dtype: 'int32' };
  },
  lower: {
    kind: 'generate',
    body(at, node, operand) {
      const rank = at[0]?.coefficients.length ?? 0;
      const fixed = (offset: number): Affine => ({ offset, coefficients: new Array<number>(rank).fill(0) });
      const strides = stridesOf(node.shape);
      const flat: Affine = {
        offset: at.reduce((sum, affine, d) => sum + affine.offset * strides[d]!, 0),
        coefficients: Array.from({ length: rank }, (_, axis) =>
          at.reduce((sum, affine, d) => sum + affine.coefficients[axis]! * strides[d]!, 0),
        ),
      };
      return threefryBody(operand(0, [fixed(0)]), operand(0, [fixed(1)]), index(flat));
    },
  },
  reference([key], _node, out) {
    for (let i = 0; i < out.length; i++) out[i] = threefry(key![0]!, key![1]!, i, 0)[0];
  },
  vjp: () => [undefined],
  examples: [
    { inputs: [{ shape: [2], dtype: 'int32', values: [0, 0] }], attrs: { shape: [7] } },
    { inputs: [{ shape: [2], dtype: 'int32', values: [-5, 123456789] }], attrs: { shape: [3, 11] } },
    { inputs: [{ shape: [2] }], attrs: { shape: [3] }, error: 'int32[2]' },
  ],
};

/** Random int32 of the given shape, decided by `key` alone. */
export function randomBits(key: Tensor, shape: Shape): Tensor {
  return apply(randomBitsOp, [key], { shape } satisfies RandomBitsAttrs);
}

/** Threefry-2x32 on plain numbers: the two words for a key and a counter. */
export function threefry(
  key0: number,
  key1: number,
  counter0: number,
  counter1: number,
  rounds = ROUNDS,
): [number, number] {
  const keys = [key0, key1, key0 ^ key1 ^ PARITY];
  let x0 = (counter0 + key0) | 0;
  let x1 = (counter1 + key1) | 0;
  for (let round = 0; round < rounds; round++) {
    const r = ROTATIONS[round % 8]!;
    x0 = (x0 + x1) | 0;
    x1 = ((x1 << r) | (x1 >>> (32 - r))) ^ x0;
    if (round % 4 === 3) {
      const n = (round + 1) / 4;
      x0 = (x0 + keys[n % 3]!) | 0;
      x1 = (x1 + keys[(n + 1) % 3]! + n) | 0;
    }
  }
  return [x0, x1];
}

function threefryBody(key0: Expr, key1: Expr, counter: Expr): Expr {
  const keys = [key0, key1, binary('xor', binary('xor', key0, key1), int(PARITY))];
  let x0 = binary('add', counter, key0);
  let x1 = key1;
  for (let round = 0; round < ROUNDS; round++) {
    const r = ROTATIONS[round % 8]!;
    x0 = binary('add', x0, x1);
    x1 = binary('xor', binary('or', binary('shl', x1, int(r)), binary('shr', x1, int(32 - r))), x0);
    if (round % 4 === 3) {
      const n = (round + 1) / 4;
      x0 = binary('add', x0, keys[n % 3]!);
      x1 = binary('add', x1, binary('add', keys[(n + 1) % 3]!, int(n)));
    }
  }
  return x0;
}
