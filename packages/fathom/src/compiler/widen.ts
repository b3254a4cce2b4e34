import { type Access, acc, type Expr, load, mapLeaves } from '../ir/expr.ts';
import { type Load, rewriteNest } from './axes.ts';
import type { Nest } from './nest.ts';
import type { Target } from './program.ts';
import { chooseTiling } from './tile.ts';

/** Positions that become lanes, at most. */
const MOST_POSITIONS = 8;
/** Widening must save this share of the vector operations to be worth its copies. */
const WORTH = 0.92;
/** Smaller nests are not worth a copy. */
const FEWEST_POINTS = 1 << 14;

/** A convolution with few channels, as a nest: out[p, v] += x[p + t] · w[t, v], with other axes besides. */
interface Narrow {
  /** The operand that moves along positions and taps alike. */
  readonly signal: Load;
  readonly other: Load;
  readonly position: number;
  readonly tap: number;
  readonly lanes: number;
  /** Taps from one position to the next. */
  readonly stride: number;
}

/**
 * Fills the lanes of contractions whose vector axis is short and no multiple of a vector (LeNet-5's 6 channels in 4
 * or 16 lanes): lanes come from neighbouring positions as well, at the price of some products with 0.
 *
 * With k positions side by side, position p = k·P + i, the sum Σₜ x[s·p + t]·w[t, v] is Σ_T x[s·k·P + T]·w′[T, (i, v)],
 * where T = s·i + t and w′[T, (i, v)] = w[T − s·i, v], or 0 outside of the kernel. The adjoint for w sums positions:
 * w̄[t, v] = Σᵢ w̄′[s·i + t, (i, v)]. The adjoint for x adds whole rows (t, v) to memory, one position after another.
 */
export function widenLanes(nest: Nest, target: Target, allocate: (size: number) => number): Nest[] {
  if (nest.reduce?.combine !== 'sum' || nest.loop || nest.tasks !== undefined) return [nest];
  if (nest.stores.length !== 1 || nest.stores[0]!.accumulate || nest.stores[0]!.access.indirect)
    return [nest];
  if (nest.axes.reduce((product, size) => product * size, 1) < FEWEST_POINTS) return [nest];
  const { vectorAxis } = chooseTiling(nest, target);
  if (vectorAxis < 0 || nest.axes[vectorAxis]! % target.lanes === 0) return [nest];
  if (nest.reduce.colliding.length > 0) return [joinRows(nest, vectorAxis, target)];
  const narrow = asNarrow(nest, vectorAxis);
  if (!narrow) return [nest];
  const positions = choosePositions(nest, narrow, target);
  if (positions === undefined) return [nest];
  const { strides } = nest.stores[0]!.access;
  if (strides[narrow.position] === 0) return widenGradient(nest, narrow, positions, allocate);
  return widenResult(nest, narrow, positions, allocate) ?? [nest];
}

/** The nest as a narrow convolution, or as the gradient of its kernel. */
function asNarrow(nest: Nest, lanes: number): Narrow | undefined {
  const { body } = nest.reduce!;
  if (body.kind !== 'binary' || body.op !== 'mul' || body.a.kind !== 'load' || body.b.kind !== 'load') return;
  const store = nest.stores[0]!.access.strides;
  const width = nest.axes[lanes]!;
  for (const [signal, other] of [
    [body.a, body.b],
    [body.b, body.a],
  ] as const) {
    if (signal.access.indirect || other.access.indirect || signal.access.strides[lanes] !== 0) continue;
    for (let position = 0; position < nest.axes.length; position++) {
      const step = signal.access.strides[position]!;
      // Of result and other operand, one lies as (position, lanes) and the other as (tap, lanes).
      const [lying, kernel] =
        store[position] === 0 ? [other.access.strides, store] : [store, other.access.strides];
      if (step === 0 || lying[lanes] !== 1 || lying[position] !== width || kernel[position] !== 0) continue;
      for (let tap = 0; tap < nest.axes.length; tap++) {
        const unit = signal.access.strides[tap]!;
        if (tap === position || unit <= 0 || step % unit !== 0) continue;
        if (lying[tap] !== 0 || kernel[tap] === 0 || kernel[lanes] === 0) continue;
        const stride = step / unit;
        if (stride < nest.axes[tap]!) return { signal, other, position, tap, lanes, stride };
      }
    }
  }
  return;
}

/** How many positions to put side by side: those that save the most vector operations. */
function choosePositions(nest: Nest, narrow: Narrow, target: Target): number | undefined {
  const [extent, taps, width] = [narrow.position, narrow.tap, narrow.lanes].map(
    (axis) => nest.axes[axis]!,
  ) as [number, number, number];
  const vectors = (lanes: number) => Math.ceil(lanes / target.lanes);
  let best: number | undefined;
  let bestCost = WORTH;
  for (let k = 2; k <= Math.min(MOST_POSITIONS, extent); k++) {
    if (extent % k !== 0) continue;
    const cost = ((taps + narrow.stride * (k - 1)) * vectors(k * width)) / (k * taps * vectors(width));
    if (cost < bestCost) {
      best = k;
      bestCost = cost;
    }
  }
  return best;
}

/** The convolution itself: the kernel is copied k times, each a position further, into a field of zeros. */
function widenResult(
  nest: Nest,
  narrow: Narrow,
  k: number,
  allocate: (size: number) => number,
): Nest[] | undefined {
  const { signal, other, position, tap, lanes, stride } = narrow;
  const width = nest.axes[lanes]!;
  const wide = k * width;
  const [store] = nest.stores as [Nest['stores'][number]];
  const axes = widened(nest, narrow, k);
  const kept = nest.axes.flatMap((_, axis) =>
    axis !== lanes && axis !== tap && other.access.strides[axis] !== 0 ? [axis] : [],
  );
  const strides = nest.axes.map(() => 0);
  let size = axes[tap]! * wide;
  for (const axis of [...kept].reverse()) {
    strides[axis] = size;
    size *= nest.axes[axis]!;
  }
  const kernel = allocate(size);
  const kernelAxes = [...kept, tap, lanes];
  const copies: Nest[] = [
    copy(
      `${nest.name}.widen`,
      [...kernelAxes.map((axis) => nest.axes[axis]!), k],
      { ...other.access, strides: [...kernelAxes.map((axis) => other.access.strides[axis]!), 0] },
      {
        buffer: kernel,
        offset: 0,
        strides: [...kept.map((axis) => strides[axis]!), wide, 1, stride * wide + width],
      },
      { buffer: kernel, size },
    ),
  ];
  // In the epilogue, what lies as the result does runs on; what lies along the lanes alone is repeated.
  const repeated = new Map<Access, Access>();
  let fits = true;
  const epilogue = mapLeaves(store.value, (leaf) => {
    if (leaf.kind === 'index') {
      if (leaf.affine.coefficients[position] || leaf.affine.coefficients[lanes]) fits = false;
      return leaf;
    }
    if (leaf.kind !== 'load') return leaf;
    const { access } = leaf;
    const [along, across] = [access.strides[lanes]!, access.strides[position]!];
    if (access.indirect) fits = false;
    if (across === width * along) {
      return { ...leaf, access: { ...access, strides: access.strides.with(position, across * k) } };
    }
    const alone = access.strides.every((s, axis) => s === 0 || axis === lanes);
    if (across !== 0 || !alone) {
      fits = false;
      return leaf;
    }
    let place = repeated.get(access);
    if (!place) {
      place = {
        buffer: allocate(wide),
        offset: 0,
        strides: nest.axes.map((_, axis) => (axis === lanes ? 1 : 0)),
      };
      repeated.set(access, place);
      copies.push(
        copy(
          `${nest.name}.repeat`,
          [k, width],
          { ...access, strides: [0, along] },
          { ...place, strides: [width, 1] },
        ),
      );
    }
    return { ...leaf, access: place };
  });
  if (!fits) return undefined;
  const { origin } = nest;
  return [
    ...copies.map((made) => (origin ? { ...made, origin } : made)),
    {
      ...nest,
      axes,
      reduce: {
        ...nest.reduce!,
        body: product(nest, [
          { ...signal, access: stretch(signal.access, position, k) },
          {
            ...other,
            access: { buffer: kernel, offset: 0, strides: strides.with(tap, wide).with(lanes, 1) },
          },
        ]),
      },
      stores: [{ ...store, access: stretch(store.access, position, k), value: epilogue }],
    },
  ];
}

/** The gradient of the kernel: sums over every k-th position first, each for all k, then the sum of those. */
function widenGradient(nest: Nest, narrow: Narrow, k: number, allocate: (size: number) => number): Nest[] {
  const { signal, other, position, tap, lanes, stride } = narrow;
  const width = nest.axes[lanes]!;
  const wide = k * width;
  const [store] = nest.stores as [Nest['stores'][number]];
  const axes = widened(nest, narrow, k);
  const outputs = nest.axes.flatMap((_, axis) =>
    axis !== lanes && axis !== tap && store.access.strides[axis] !== 0 ? [axis] : [],
  );
  const strides = nest.axes
    .map(() => 0)
    .with(tap, wide)
    .with(lanes, 1);
  let size = axes[tap]! * wide;
  for (const axis of [...outputs].reverse()) {
    strides[axis] = size;
    size *= nest.axes[axis]!;
  }
  const buffer = allocate(size);
  const bare = acc(nest.reduce!.body.dtype);
  const sums: Nest = {
    ...nest,
    name: `${nest.name}.wide`,
    axes,
    reduce: {
      ...nest.reduce!,
      body: product(nest, [
        { ...signal, access: stretch(signal.access, position, k) },
        {
          ...other,
          access: {
            ...stretch(other.access, position, k),
            strides: other.access.strides.with(position, k * width),
          },
        },
      ]),
    },
    stores: [{ access: { buffer, offset: 0, strides }, value: bare, accumulate: false }],
  };
  const results = [...outputs, tap, lanes];
  const pick = (list: readonly number[]) => [...results.map((axis) => list[axis] ?? 0), 0];
  const body = load(
    {
      buffer,
      offset: 0,
      strides: [...results.map((axis) => strides[axis]!), stride * wide + width],
    },
    bare.dtype,
  );
  const total = rewriteNest(
    {
      name: nest.name,
      axes: nest.axes,
      stores: nest.stores,
      entangled: [],
      ...(nest.origin ? { origin: nest.origin } : {}),
    },
    [...results.map((axis) => nest.axes[axis]!), k],
    (access) => ({ ...access, strides: pick(access.strides) }),
    pick,
    (axis) => axis,
  );
  return [sums, { ...total, reduce: { combine: 'sum', body, colliding: [] } }];
}

/**
 * Scattered sums out[s·p + t, v]: positions take turns instead of taps, so that the taps and lanes of one position, which
 * lie in one run of memory, are vectors together.
 */
function joinRows(nest: Nest, lanes: number, target: Target): Nest {
  const reduce = nest.reduce!;
  const [store] = nest.stores as [Nest['stores'][number]];
  const { strides } = store.access;
  const width = nest.axes[lanes]!;
  const tap = reduce.colliding.find((axis) => strides[axis] === width && strides[lanes] === 1);
  const position = nest.entangled
    .filter((axis) => !reduce.colliding.includes(axis))
    .sort((a, b) => strides[a]! - strides[b]!)[0];
  if (tap === undefined || position === undefined || strides[position]! % width !== 0) return nest;
  const rows = nest.axes[tap]!;
  const vectors = (count: number) => Math.ceil(count / target.lanes);
  if (vectors(rows * width) > WORTH * rows * vectors(width)) return nest;
  const joins = (list: readonly number[]) => list[tap] === width * (list[lanes] ?? 0);
  let fits = store.value.kind === 'acc';
  mapLeaves(reduce.body, (leaf) => {
    if (leaf.kind === 'load' && (leaf.access.indirect || !joins(leaf.access.strides))) fits = false;
    if (leaf.kind === 'index') fits = false;
    return leaf;
  });
  if (!fits) return nest;
  const kept = nest.axes.map((_, axis) => axis).filter((axis) => axis !== tap);
  const drop = (list: readonly number[]) => kept.map((axis) => list[axis] ?? 0);
  const joined = rewriteNest(
    {
      ...nest,
      reduce: { ...reduce, colliding: reduce.colliding.map((axis) => (axis === tap ? position : axis)) },
    },
    kept.map((axis) => (axis === lanes ? rows * width : nest.axes[axis]!)),
    (access) => ({ ...access, strides: drop(access.strides) }),
    drop,
    (axis) => kept.indexOf(axis),
  );
  // The rows of neighbouring positions overlap.
  return { ...joined, entangled: [...joined.entangled, kept.indexOf(lanes)] };
}

/** Fewer positions, more taps, more lanes. */
function widened(nest: Nest, { position, tap, lanes, stride }: Narrow, k: number): number[] {
  return nest.axes
    .with(position, nest.axes[position]! / k)
    .with(tap, nest.axes[tap]! + stride * (k - 1))
    .with(lanes, nest.axes[lanes]! * k);
}

function stretch(access: Access, axis: number, factor: number): Access {
  return { ...access, strides: access.strides.with(axis, access.strides[axis]! * factor) };
}

function product(nest: Nest, [a, b]: readonly [Expr, Expr]): Expr {
  return { kind: 'binary', op: 'mul', dtype: nest.reduce!.body.dtype, a, b };
}

function copy(name: string, axes: readonly number[], from: Access, to: Access, fill?: Nest['fill']): Nest {
  const value = load(from, 'float32');
  return {
    name,
    axes,
    stores: [{ access: to, value, accumulate: false }],
    entangled: [],
    ...(fill ? { fill } : {}),
  };
}
