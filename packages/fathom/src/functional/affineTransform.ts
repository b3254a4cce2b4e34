import { formatShape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import {
  add,
  cast,
  floor,
  gather,
  iota,
  lessEqual,
  logicalAnd,
  maximum,
  minimum,
  multiply,
  reshape,
  slice,
  subtract,
  where,
} from '../ops/index.ts';

/**
 * What stands outside of a picture a b c d: `constant` k k | a b c d | k k, `nearest` a a | a b c d | d d, `reflect`
 * b a | a b c d | d c, `wrap` c d | a b c d | a b.
 */
export type FillMode = 'constant' | 'nearest' | 'reflect' | 'wrap';

export interface AffineTransformOptions {
  /** Default 'reflect'. */
  readonly fillMode?: FillMode | undefined;
  /** What 'constant' fills with. Default 0. */
  readonly fillValue?: number | undefined;
}

/**
 * Turns, moves, scales and shears pictures, each in its own way, with bilinear interpolation: the result at (u, v),
 * counted from the centre, is the picture at (a·u + b·v + tx, c·u + d·v + ty).
 *
 * @param x pictures [B, H, W, C]; the result has that shape too
 * @param maps [B, 6]: a, b, tx, c, d, ty of each picture; tx and ty in pixels. No gradient flows to them.
 * @throws RangeError on other shapes
 * @example
 * const picture = constant([1, 2, 3, 4], [1, 2, 2, 1]);
 * const halfTurn = constant([-1, 0, 0, 0, -1, 0], [1, 6]);
 * affineTransform(picture, halfTurn); // [4, 3, 2, 1]
 */
export function affineTransform(x: Tensor, maps: Tensor, options: AffineTransformOptions = {}): Tensor {
  const { fillMode = 'reflect', fillValue = 0 } = options;
  if (x.rank !== 4 || maps.rank !== 2 || maps.shape[0] !== x.shape[0] || maps.shape[1] !== MAP_SIZE) {
    throw new RangeError(
      `affineTransform: expected pictures [B,H,W,C] and maps [B,6]; received ${formatShape(x.shape)} and ${formatShape(maps.shape)}.`,
    );
  }
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const term = (i: number) => slice(maps, [0, i], [batch, 1]);
  const flat = (grid: Tensor) => reshape(grid, [1, height * width]);
  const u = flat(subtract(cast(iota([height, width], 1), 'float32'), (width - 1) / 2));
  const v = flat(subtract(cast(iota([height, width], 0), 'float32'), (height - 1) / 2));
  const source = (a: number, b: number, shift: number, extent: number) =>
    add(add(multiply(term(a), u), multiply(term(b), v)), add(term(shift), (extent - 1) / 2));
  const sx = source(0, 1, 2, width);
  const sy = source(3, 4, 5, height);
  const left = floor(sx);
  const top = floor(sy);
  const right = subtract(sx, left);
  const below = subtract(sy, top);
  const rows = reshape(x, [batch * height * width, channels]);
  const first = multiply(iota([batch, 1], 0), height * width);

  const corner = (row: Tensor, column: Tensor, weight: Tensor) => {
    const y = within(row, height, fillMode);
    const z = within(column, width, fillMode);
    const place = add(add(multiply(cast(y, 'int32'), width), cast(z, 'int32')), first);
    const values = gather(rows, place);
    const share = reshape(weight, [batch, height * width, 1]);
    if (fillMode !== 'constant') return multiply(values, share);
    const inside = logicalAnd(
      logicalAnd(lessEqual(0, row), lessEqual(row, height - 1)),
      logicalAnd(lessEqual(0, column), lessEqual(column, width - 1)),
    );
    return multiply(where(reshape(inside, [batch, height * width, 1]), values, fillValue), share);
  };
  const above = subtract(1, below);
  const beside = subtract(1, right);
  const next = { row: add(top, 1), column: add(left, 1) };
  const sum = add(
    add(corner(top, left, multiply(above, beside)), corner(top, next.column, multiply(above, right))),
    add(
      corner(next.row, left, multiply(below, beside)),
      corner(next.row, next.column, multiply(below, right)),
    ),
  );
  return reshape(sum, x.shape);
}

const MAP_SIZE = 6;

/** The place inside of 0 … extent − 1 whose value stands at `place`. */
function within(place: Tensor, extent: number, mode: FillMode): Tensor {
  switch (mode) {
    case 'constant':
    case 'nearest':
      return minimum(maximum(place, 0), extent - 1);
    case 'reflect': {
      const period = remainder(place, 2 * extent);
      return minimum(period, subtract(2 * extent - 1, period));
    }
    case 'wrap':
      return remainder(place, extent);
    default:
      return mode satisfies never;
  }
}

/** place mod period, in [0, period); both are whole numbers. */
function remainder(place: Tensor, period: number): Tensor {
  return subtract(place, multiply(floor(multiply(add(place, 0.5), 1 / period)), period));
}
