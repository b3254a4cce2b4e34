import type { Tensor } from '../ir/tensor.ts';
import { ContractAttrs, contract, type IndexMap } from './contract.ts';
import { reshape } from './reshape.ts';
import { pad, slice } from './slice.ts';
import { tileAssemble, tileTransform } from './tile-transform.ts';

/**
 * Fast convolution by 3×3 kernels: F(4×4, 3×3) makes a tile of 4×4 results with 36 multiplications instead of 144.
 *
 *   y = Aᵀ[(G·w·Gᵀ) ⊙ (Bᵀ·x·B)]A for each tile; sums over channels are matrix products, one for each of the 36.
 *
 * The adjoints use the same matrices: dx = B[(G·w·Gᵀ) ⊙ (A·dy·Aᵀ)]Bᵀ and dw = Gᵀ[(Bᵀ·x·B) ⊙ (A·dy·Aᵀ)]G.
 * Rounding errors are about ten times those of the direct sum, still some 1e-6 of the largest result.
 *
 * Lavin and Gray: Fast algorithms for convolutional neural networks. CVPR 2016.
 */
export function winograd(node: Tensor): Tensor | undefined {
  if (!(node.attrs instanceof ContractAttrs)) return undefined;
  for (const [a, b] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const result = rewrite(node, node.inputs[a]!, node.inputs[b]!, a === 0);
    if (result) return result;
  }
  return undefined;
}

/** Results in a tile of one side; kernels are 3 wide, so tiles of the input are 6 wide. */
const RESULTS = 4;
const KERNEL = 3;
const VALUES = RESULTS + KERNEL - 1;

/** Bᵀ, 6×6: the input transform. */
const INPUT = [
  [4, 0, -5, 0, 1, 0],
  [0, -4, -4, 1, 1, 0],
  [0, 4, -4, -1, 1, 0],
  [0, -2, -1, 2, 1, 0],
  [0, 2, -1, -2, 1, 0],
  [0, 4, 0, -5, 0, 1],
];
/** G, 6×3: the kernel transform. */
const FILTER = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];
/** A, 6×4: the transform of the results, used transposed. */
const RESULT = [
  [1, 0, 0, 0],
  [1, 1, 1, 1],
  [1, -1, 1, -1],
  [1, 2, 4, 8],
  [1, -2, 4, -8],
  [0, 0, 0, 1],
];

/** Below this many channels the transforms cost more than they save. */
const FEWEST_CHANNELS = 16;
/**
 * With fewer tiles than this in all pictures together, it takes longer to transform the kernels, whose values become
 * four times as many and must all be written and read again, than the multiplications take that are saved.
 */
const FEWEST_TILES = 16;
/** Multiplications must fall at least to this share. */
const WORTHWHILE = 0.55;

/** What takes part in a convolution x ∗ w = y over the axes (b, oh, ow, f, kh, kw, c). */
interface Roles {
  readonly x: IndexMap;
  readonly w: IndexMap;
  readonly y: IndexMap;
}

interface Convolution {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
}

function rewrite(node: Tensor, first: Tensor, second: Tensor, inOrder: boolean): Tensor | undefined {
  const { a, b, out, axes } = node.attrs as ContractAttrs;
  const [firstMap, secondMap] = inOrder ? [a, b] : [b, a];
  const size = (map: IndexMap, d: number) => axes[map[d]?.[0]?.[0] ?? -1]?.size ?? 0;
  const match = (roles: Roles) => recognize(roles, size, axes.length);

  const forward = match({ x: firstMap, w: secondMap, y: out });
  if (forward)
    return result(
      forward,
      product(transformed(first, forward), filter(second, forward), 'cf', forward),
      node,
    );
  const byInput = match({ x: out, w: secondMap, y: firstMap });
  if (byInput)
    return input(byInput, product(cotangent(first, byInput), filter(second, byInput), 'fc', byInput), node);
  const byFilter = match({ x: firstMap, w: out, y: secondMap });
  if (byFilter)
    return kernel(
      byFilter,
      product(transformed(first, byFilter), cotangent(second, byFilter), 'p', byFilter),
    );
  return undefined;
}

/** The convolution's extents if the maps are those of a 3×3 convolution of stride 1 that is worth transforming. */
function recognize(
  { x, w, y }: Roles,
  size: (map: IndexMap, d: number) => number,
  rank: number,
): Convolution | undefined {
  if (x.length !== 4 || w.length !== 4 || y.length !== 4 || rank !== 7) return undefined;
  const only = (map: IndexMap, d: number) =>
    map[d]!.length === 1 && map[d]![0]![1] === 1 ? map[d]![0]![0] : -1;
  const yAxes = [0, 1, 2, 3].map((d) => only(y, d));
  const wAxes = [0, 1, 2, 3].map((d) => only(w, d));
  const sums = (d: number, i: number, j: number) =>
    x[d]!.length === 2 &&
    x[d]!.every(([, c]) => c === 1) &&
    x[d]!.some(([axis]) => axis === i) &&
    x[d]!.some(([axis]) => axis === j);
  const fits =
    [...yAxes, ...wAxes].every((axis) => axis >= 0) &&
    only(x, 0) === yAxes[0] &&
    sums(1, yAxes[1]!, wAxes[0]!) &&
    sums(2, yAxes[2]!, wAxes[1]!) &&
    only(x, 3) === wAxes[2] &&
    yAxes[3] === wAxes[3] &&
    size(w, 0) === KERNEL &&
    size(w, 1) === KERNEL;
  if (!fits) return undefined;
  const found = {
    batch: size(y, 0),
    height: size(y, 1),
    width: size(y, 2),
    channels: size(w, 2),
    filters: size(w, 3),
  };
  const tiles = tilesOf(found.height) * tilesOf(found.width);
  const share = (tiles * VALUES ** 2) / (found.height * found.width * KERNEL ** 2);
  const wide = Math.min(found.channels, found.filters) >= FEWEST_CHANNELS;
  const many = found.batch * tiles >= FEWEST_TILES;
  return wide && many && share <= WORTHWHILE ? found : undefined;
}

const tilesOf = (extent: number) => Math.ceil(extent / RESULTS);

/** Bᵀ·x·B as [6,6,B,I,J,C]; pictures are padded to whole tiles. */
function transformed(x: Tensor, { height, width }: Convolution): Tensor {
  const padded = padTo(x, RESULTS * tilesOf(height) + KERNEL - 1, RESULTS * tilesOf(width) + KERNEL - 1);
  return tileTransform(padded, { matrix: INPUT, stride: RESULTS });
}

/** A·dy·Aᵀ as [6,6,B,I,J,F]. */
function cotangent(dy: Tensor, { height, width }: Convolution): Tensor {
  const padded = padTo(dy, RESULTS * tilesOf(height), RESULTS * tilesOf(width));
  return tileTransform(padded, { matrix: RESULT, stride: RESULTS });
}

/** G·w·Gᵀ as [6,6,1,1,1,C·F]: one tile, whose channels are pairs. */
function filter(w: Tensor, { channels, filters }: Convolution): Tensor {
  const tile = reshape(w, [1, KERNEL, KERNEL, channels * filters]);
  return tileTransform(tile, { matrix: FILTER, stride: KERNEL });
}

/** Aᵀ·m·A, cut to the results that exist. */
function result({ height, width }: Convolution, m: Tensor, node: Tensor): Tensor {
  const [i, j] = [tilesOf(height), tilesOf(width)];
  const attrs = { matrix: RESULT, stride: RESULTS, height: RESULTS * i, width: RESULTS * j };
  return slice(tileAssemble(m, attrs), [0, 0, 0, 0], node.shape);
}

/** B·m·Bᵀ: tiles overlap and add up. Places of x that no window reaches stay 0. */
function input({ height, width }: Convolution, m: Tensor, node: Tensor): Tensor | undefined {
  const [i, j] = [tilesOf(height), tilesOf(width)];
  const [, wantedHeight, wantedWidth] = node.shape as [number, number, number, number];
  const full = { height: RESULTS * i + KERNEL - 1, width: RESULTS * j + KERNEL - 1 };
  if (wantedHeight > full.height || wantedWidth > full.width) return undefined;
  const dx = tileAssemble(m, { matrix: INPUT, stride: RESULTS, ...full });
  return slice(dx, [0, 0, 0, 0], node.shape);
}

/** Gᵀ·m·G as [3, 3, C, F]. */
function kernel({ channels, filters }: Convolution, m: Tensor): Tensor {
  const attrs = { matrix: FILTER, stride: KERNEL, height: KERNEL, width: KERNEL };
  return reshape(tileAssemble(m, attrs), [KERNEL, KERNEL, channels, filters]);
}

/** The 36 matrix products: V·U ('cf'), M·Uᵀ ('fc') or Vᵀ·M ('p', over all tiles). */
function product(a: Tensor, b: Tensor, over: 'cf' | 'fc' | 'p', { channels, filters }: Convolution): Tensor {
  const [, , batch, i, j] = a.shape as [number, number, number, number, number];
  const extents = { u: VALUES, v: VALUES, b: batch, i, j, c: channels, f: filters };
  const axes = Object.entries(extents).map(([name, size]) => ({ name, size }));
  const [u, v, tile, c, f] = [
    [[0, 1]],
    [[1, 1]],
    [[[2, 1]], [[3, 1]], [[4, 1]]],
    [[5, 1]],
    [[6, 1]],
  ] as const;
  const ofInput: IndexMap = [u, v, ...tile, c];
  const ofResult: IndexMap = [u, v, ...tile, f];
  const pair = [[5, filters] as const, [6, 1] as const];
  const ofFilter: IndexMap = [u, v, [], [], [], pair];
  if (over === 'cf') return contract(a, b, { axes, a: ofInput, b: ofFilter, out: ofResult });
  if (over === 'fc') return contract(a, b, { axes, a: ofResult, b: ofFilter, out: ofInput });
  return contract(a, b, { axes, a: ofInput, b: ofResult, out: ofFilter });
}

/** Adds zeros below and to the right; rows and columns beyond the size are not read by any tile and cut off. */
function padTo(x: Tensor, height: number, width: number): Tensor {
  const [batch, h, w, channels] = x.shape as [number, number, number, number];
  const cut = slice(x, [0, 0, 0, 0], [batch, Math.min(h, height), Math.min(w, width), channels]);
  const high = [0, Math.max(0, height - h), Math.max(0, width - w), 0];
  return pad(cut, { low: [0, 0, 0, 0], high });
}
