import { formatShape, type Shape } from '../ir/shape.ts';

/** How the border is treated: only whole windows, or so much padding that ⌈n / stride⌉ windows fit. */
export type Padding = 'valid' | 'same';
/** Along time, 'causal' pads at the front only, so that no window sees what comes after its last place. */
export type TimePadding = Padding | 'causal';

/** One number for all axes of space, or one for each. */
export type PerAxis = number | readonly number[];
/** One number, or [steps]. */
export type Single = number | readonly [number];
/** One number for both directions, or [height, width]. */
export type Pair = number | readonly [number, number];
/** One number for all three directions, or [depth, height, width]. */
export type Triple = number | readonly [number, number, number];

/** Where windows lie along one axis. */
export interface Windows {
  /** Number of windows. */
  readonly count: number;
  /** Places added before the first and after the last element. */
  readonly low: number;
  readonly high: number;
}

/** [height, width] of a {@link Pair}. */
export function pairOf(value: Pair): readonly [number, number] {
  return typeof value === 'number' ? [value, value] : value;
}

/**
 * One number for each of `axes` axes of space.
 *
 * @throws RangeError when a list has another length
 */
export function perAxis(value: PerAxis, axes: number, where: string): readonly number[] {
  if (typeof value === 'number') return new Array<number>(axes).fill(value);
  if (value.length === axes) return value;
  throw new RangeError(
    `${where}: expected one number or ${axes}, one for each axis of space; received ${formatShape(value)}.`,
  );
}

/**
 * The windows along an axis of `extent` places, as Keras and TensorFlow lay them.
 *
 * - valid: ⌊(n − f) / s⌋ + 1 windows, no padding (f = dilation·(size − 1) + 1)
 * - same: ⌈n / s⌉ windows; an odd number of padded places has the larger half at the end
 * - causal: ⌈n / s⌉ windows, f − 1 places of padding before the first
 *
 * The count is 0 or less where not even one window fits.
 */
export function windowsAlong(
  extent: number,
  size: number,
  stride: number,
  padding: TimePadding,
  dilation = 1,
): Windows {
  const reach = dilation * (size - 1) + 1;
  switch (padding) {
    case 'valid':
      return { count: Math.floor((extent - reach) / stride) + 1, low: 0, high: 0 };
    case 'same': {
      const count = Math.ceil(extent / stride);
      const total = Math.max(0, (count - 1) * stride + reach - extent);
      const low = Math.floor(total / 2);
      return { count, low, high: total - low };
    }
    case 'causal':
      return { count: Math.ceil(extent / stride), low: reach - 1, high: 0 };
    default:
      return padding satisfies never;
  }
}

/** The axes of a picture [B, ...space, C], as messages call them. */
export function pictureAxes(axes: number): string {
  return `[B,${letters(axes).map((letter) => letter.toUpperCase())},C]`;
}

/** One letter for each axis of space: t; h, w; d, h, w. */
export function letters(axes: number): readonly string[] {
  const known = [[], ['t'], ['h', 'w'], ['d', 'h', 'w']][axes];
  return known ?? Array.from({ length: axes }, (_, axis) => `s${axis}`);
}

/** Low and high padding of [B, ...space, C] for windows along each axis of space. */
export function spacePadding(windows: readonly Windows[]): { low: number[]; high: number[] } {
  return {
    low: [0, ...windows.map(({ low }) => low), 0],
    high: [0, ...windows.map(({ high }) => high), 0],
  };
}

/** The extents of space in the shape [B, ...space, C]. */
export function spaceOf(shape: Shape): readonly number[] {
  return shape.slice(1, -1);
}
