import type { Box, Grid } from './ink.ts';

/** The smallest box around all pixels above `threshold`; undefined when there is none. */
export function boundingBox({ values, width, height }: Grid, threshold: number): Box | undefined {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (values[y * width + x]! <= threshold) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** The mean position of the ink, Σ v·p / Σ v, in pixel indices. */
export function centreOfMass({ values, width }: Grid): { x: number; y: number } {
  let [mass, x, y] = [0, 0, 0];
  values.forEach((value, i) => {
    mass += value;
    x += value * (i % width);
    y += value * Math.floor(i / width);
  });
  return { x: x / mass, y: y / mass };
}

export function crop(grid: Grid, box: Box): Grid {
  const values = new Float32Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const start = (box.top + y) * grid.width + box.left;
    values.set(grid.values.subarray(start, start + box.width), y * box.width);
  }
  return { values, width: box.width, height: box.height };
}

/** The share of the largest piece's ink that a piece needs to be part of the digit. */
const SPECK_SHARE = 0.03;

/** Removes pieces of ink (pixels joined by side or corner) that are far smaller than the largest one. */
export function dropSpecks({ values, width, height }: Grid): Grid {
  const pieces = new Int32Array(values.length);
  const masses = [0];
  const stack: number[] = [];
  for (let start = 0; start < values.length; start++) {
    if (values[start] === 0 || pieces[start] !== 0) continue;
    const piece = masses.length;
    let mass = 0;
    pieces[start] = piece;
    stack.push(start);
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      mass += values[at]!;
      const x = at % width;
      const y = (at - x) / width;
      for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny++) {
        for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx++) {
          const next = ny * width + nx;
          if (values[next] === 0 || pieces[next] !== 0) continue;
          pieces[next] = piece;
          stack.push(next);
        }
      }
    }
    masses.push(mass);
  }
  const least = SPECK_SHARE * masses.reduce((a, b) => Math.max(a, b));
  const kept = Float32Array.from(values);
  for (let i = 0; i < kept.length; i++) if (masses[pieces[i]!]! < least) kept[i] = 0;
  return { values: kept, width, height };
}

/**
 * Draws lines thicker when their width, as a share of the longest side, is less than `share`.
 *
 * Every pixel nearer to ink than half of the missing width becomes ink.
 */
export function thicken(grid: Grid, share: number): Grid {
  const missing = share * Math.max(grid.width, grid.height) - strokeWidth(grid);
  if (missing <= 0) return grid;
  // The thicker drawing is larger itself, so its line has to make up for that as well.
  const radius = missing / (1 - share) / 2;
  const margin = Math.ceil(radius);
  const width = grid.width + 2 * margin;
  const height = grid.height + 2 * margin;
  const padded = new Float32Array(width * height);
  for (let y = 0; y < grid.height; y++) {
    padded.set(grid.values.subarray(y * grid.width, (y + 1) * grid.width), (y + margin) * width + margin);
  }
  const distances = squaredDistances(padded, width, height);
  for (let i = 0; i < padded.length; i++) {
    const reach = Math.min(1, radius + 0.5 - Math.sqrt(distances[i]!));
    if (reach > padded[i]!) padded[i] = reach;
  }
  return { values: padded, width, height };
}

/** Scales so that the longer side becomes `size` and the strongest ink 1. */
export function fit(grid: Grid, size: number): Grid {
  const scale = size / Math.max(grid.width, grid.height);
  const width = Math.max(1, Math.round(grid.width * scale));
  const height = Math.max(1, Math.round(grid.height * scale));
  const columns = resampleRows(grid.values, grid.width, grid.height, width);
  const rows = resampleRows(transpose(columns, width, grid.height), grid.height, width, height);
  const values = transpose(rows, height, width);
  const strongest = values.reduce((a, b) => Math.max(a, b));
  return { values: values.map((value) => value / strongest), width, height };
}

/**
 * Mean width of the lines: 2 · area / length of the outline.
 *
 * A line of width w and length l has area w·l and outline 2·l; counted along pixel edges, an outline of random
 * direction is 4/π too long. Without any covered pixel there is nothing to measure, and the width is Infinity.
 */
export function strokeWidth({ values, width, height }: Grid): number {
  let area = 0;
  let edges = 0;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (values[i]! < LINE_INK) continue;
      area++;
      if (x === 0 || values[i - 1]! < LINE_INK) edges++;
      if (x === width - 1 || values[i + 1]! < LINE_INK) edges++;
      if (y === 0 || values[i - width]! < LINE_INK) edges++;
      if (y === height - 1 || values[i + width]! < LINE_INK) edges++;
    }
  }
  return edges === 0 ? Number.POSITIVE_INFINITY : (2 * area) / ((edges * Math.PI) / 4);
}

/** Ink from which on a pixel counts as covered by a line. */
const LINE_INK = 0.5;

/**
 * Squared distance of each pixel to the nearest covered one: the lower envelope of parabolas, first down the
 * columns, then along the rows (P. Felzenszwalb, D. Huttenlocher, Distance transforms of sampled functions, 2012).
 */
function squaredDistances(values: Float32Array, width: number, height: number): Float32Array {
  const far = (width + height) ** 2;
  const covered = values.map((value) => (value >= LINE_INK ? 0 : far));
  const columns = envelopeOfRows(transpose(covered, width, height), height, width);
  return envelopeOfRows(transpose(columns, height, width), width, height);
}

function envelopeOfRows(values: Float32Array, width: number, height: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  const vertices = new Int32Array(width);
  const borders = new Float64Array(width + 1);
  for (let y = 0; y < height; y++) {
    const row = y * width;
    let last = 0;
    vertices[0] = 0;
    borders[0] = Number.NEGATIVE_INFINITY;
    for (let q = 1; q < width; q++) {
      let crossing = crossingOf(values, row, vertices[last]!, q);
      while (crossing <= borders[last]!) crossing = crossingOf(values, row, vertices[--last]!, q);
      borders[++last] = crossing;
      vertices[last] = q;
    }
    borders[last + 1] = Number.POSITIVE_INFINITY;
    for (let x = 0, k = 0; x < width; x++) {
      while (borders[k + 1]! < x) k++;
      const away = x - vertices[k]!;
      result[row + x] = values[row + vertices[k]!]! + away * away;
    }
  }
  return result;
}

/** Where the parabolas over two places of a row meet. */
function crossingOf(values: Float32Array, row: number, p: number, q: number): number {
  return (values[row + q]! + q * q - values[row + p]! - p * p) / (2 * (q - p));
}

/** Scales each row to `target` values: mean over the covered part when shrinking, linear when enlarging. */
function resampleRows(
  values: Float32Array,
  width: number,
  height: number,
  target: number,
): Float32Array<ArrayBuffer> {
  const result = new Float32Array(target * height);
  const step = width / target;
  for (let x = 0; x < target; x++) {
    const taps =
      step > 1 ? areaTaps(x * step, (x + 1) * step, width) : linearTaps((x + 0.5) * step - 0.5, width);
    for (let y = 0; y < height; y++) {
      let sum = 0;
      for (let i = 0; i < taps.weights.length; i++)
        sum += values[y * width + taps.first + i]! * taps.weights[i]!;
      result[y * target + x] = sum;
    }
  }
  return result;
}

/** Weights of a value and of those that follow it. */
type Taps = { readonly first: number; readonly weights: readonly number[] };

function areaTaps(from: number, to: number, width: number): Taps {
  const first = Math.floor(from);
  const weights: number[] = [];
  for (let at = first; at < Math.min(Math.ceil(to), width); at++) {
    weights.push((Math.min(at + 1, to) - Math.max(at, from)) / (to - from));
  }
  return { first, weights };
}

function linearTaps(position: number, width: number): Taps {
  const at = Math.max(0, Math.min(position, width - 1));
  const first = Math.floor(at);
  // Nothing follows the last.
  return { first, weights: first === width - 1 ? [1] : [1 - (at - first), at - first] };
}

/** [height, width] to [width, height]. */
function transpose(values: Float32Array, width: number, height: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) result[x * height + y] = values[y * width + x]!;
  }
  return result;
}
