/** How the border is treated: only whole windows, or so much padding that ⌈n / stride⌉ windows fit. */
export type Padding = 'valid' | 'same';

/** One number for both directions, or [height, width]. */
export type Pair = number | readonly [number, number];

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
 * The windows along an axis of `extent` places, as Keras and TensorFlow lay them.
 *
 * - valid: ⌊(n − f) / s⌋ + 1 windows, no padding (f = dilation·(size − 1) + 1)
 * - same: ⌈n / s⌉ windows; an odd number of padded places has the larger half at the end
 *
 * The count is 0 or less where not even one window fits.
 */
export function windowsAlong(
  extent: number,
  size: number,
  stride: number,
  padding: Padding,
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
    default:
      return padding satisfies never;
  }
}
