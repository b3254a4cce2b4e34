import { DataError } from './errors.ts';

/** Decoded pixels, row-major, channels last: grey, grey and alpha, RGB, or RGB and alpha; 0 … 255, sRGB. */
export type PixelImage = {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 2 | 3 | 4;
};

/** One number for each pixel, row-major. */
export type Grid = {
  readonly values: Float32Array<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
};

/**
 * How much ink lies on each pixel, 0 … 1: its distance from the colour of the ground.
 *
 * The distance is the largest over the channels, so red on green counts as much as black on white. Below half of
 * Otsu's threshold (N. Otsu, A threshold selection method from gray-level histograms, 1979) it is noise and
 * becomes 0; the mean of what lies above the threshold becomes 1.
 *
 * @returns the ink; whether it is darker than the ground; and the grey levels when the
 *   picture is grey on nearly black or nearly white
 * @throws DataError when the sizes disagree or all pixels are nearly of one colour
 */
export function inkGrid(
  image: PixelImage,
  where: string,
): { ink: Grid; inverted: boolean; grey: Uint8Array | undefined } {
  checkImage(image, where);
  const { width, height } = image;
  const colours = flatten(image);
  const ground = borderMedian(colours, width, height);
  const distances = new Uint8Array(width * height);
  for (let i = 0; i < distances.length; i++) {
    const red = Math.abs(colours[3 * i]! - ground[0]);
    const green = Math.abs(colours[3 * i + 1]! - ground[1]);
    const blue = Math.abs(colours[3 * i + 2]! - ground[2]);
    distances[i] = Math.max(red, green, blue);
  }
  const { threshold, level } = otsu(distances);
  if (level < MIN_CONTRAST) {
    throw new DataError({
      what: 'no digit can be seen in the picture',
      where,
      expected: `ink that differs from the ground by ${MIN_CONTRAST} of 255 levels or more`,
      received: `a difference of ${Math.round(level)}`,
      fix: 'Draw one digit, dark on light or light on dark.',
    });
  }
  const floor = threshold / 2;
  const values = new Float32Array(distances.length);
  for (let i = 0; i < values.length; i++) {
    values[i] = Math.min(1, Math.max(0, (distances[i]! - floor) / (level - floor)));
  }
  return {
    ink: { values, width, height },
    inverted: inkLuminance(colours, distances, threshold) < luminance(...ground),
    grey: ground[0] <= NEARLY || ground[0] >= 255 - NEARLY ? greyLevels(colours) : undefined,
  };
}

/** Levels by which ink must differ from the ground: less is noise of paper and camera. */
const MIN_CONTRAST = 25;

/** A ground this close to black or white counts as such. */
const NEARLY = 25;

type Colour = [red: number, green: number, blue: number];

function checkImage({ data, width, height, channels }: PixelImage, where: string): void {
  const usable = [width, height].every((extent) => Number.isSafeInteger(extent) && extent > 0);
  if (!usable || data.length !== width * height * channels) {
    throw new DataError({
      what: 'the pixels do not fit the size of the picture',
      where,
      expected: `${width} × ${height} × ${channels} bytes, at least one`,
      received: `${data.length} bytes`,
      fix: 'Check width, height and the number of channels.',
    });
  }
}

/** RGB without alpha: [width · height · 3]. A transparent ground becomes what the opaque pixels are not. */
function flatten({ data, width, height, channels }: PixelImage): Uint8Array {
  const colours = new Uint8Array(width * height * 3);
  const hasAlpha = channels === 2 || channels === 4;
  const green = channels > 2 ? 1 : 0;
  const blue = channels > 2 ? 2 : 0;
  const ground = hasAlpha ? contrastingGround(data, channels, green, blue) : 0;
  for (let from = 0, to = 0; from < data.length; from += channels, to += 3) {
    const alpha = hasAlpha ? data[from + channels - 1]! / 255 : 1;
    const below = ground * (1 - alpha);
    colours[to] = Math.round(data[from]! * alpha + below);
    colours[to + 1] = Math.round(data[from + green]! * alpha + below);
    colours[to + 2] = Math.round(data[from + blue]! * alpha + below);
  }
  return colours;
}

/** White unless what is opaque is bright itself. */
function contrastingGround(data: PixelImage['data'], channels: number, green: number, blue: number): 0 | 255 {
  let weight = 0;
  let sum = 0;
  for (let i = 0; i < data.length; i += channels) {
    const alpha = data[i + channels - 1]!;
    weight += alpha;
    sum += alpha * luminance(data[i]!, data[i + green]!, data[i + blue]!);
  }
  return weight > 0 && sum / weight > 127.5 ? 0 : 255;
}

/** The median of each channel along the four edges. */
function borderMedian(colours: Uint8Array, width: number, height: number): Colour {
  const border: number[] = [];
  for (let x = 0; x < width; x++) border.push(x, (height - 1) * width + x);
  for (let y = 1; y < height - 1; y++) border.push(y * width, y * width + width - 1);
  const median = (channel: number) => {
    const sorted = Uint8Array.from(border, (pixel) => colours[3 * pixel + channel]!).sort();
    return sorted[sorted.length >> 1]!;
  };
  return [median(0), median(1), median(2)];
}

/**
 * Otsu's threshold: the level that leaves the largest variance between the two sides, w₀ w₁ (μ₀ − μ₁)².
 *
 * @returns the threshold, and the mean of the values above it (0 when there are none)
 */
function otsu(values: Uint8Array): { threshold: number; level: number } {
  const histogram = new Float64Array(256);
  for (const value of values) histogram[value]!++;
  const total = values.length;
  const sum = histogram.reduce((acc, count, value) => acc + count * value, 0);
  let best = { variance: 0, threshold: 0, level: 0 };
  let below = 0;
  let sumBelow = 0;
  for (let value = 0; value < 255; value++) {
    below += histogram[value]!;
    sumBelow += histogram[value]! * value;
    if (below === 0) continue;
    if (below === total) break;
    const above = total - below;
    const level = (sum - sumBelow) / above;
    const variance = below * above * (sumBelow / below - level) ** 2;
    if (variance > best.variance) best = { variance, threshold: value, level };
  }
  return best;
}

function inkLuminance(colours: Uint8Array, distances: Uint8Array, threshold: number): number {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < distances.length; i++) {
    if (distances[i]! <= threshold) continue;
    sum += luminance(colours[3 * i]!, colours[3 * i + 1]!, colours[3 * i + 2]!);
    count++;
  }
  return sum / count;
}

/** Rec. 709 luma: how bright a colour looks. */
function luminance(red: number, green: number, blue: number): number {
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** One level for each pixel; undefined when the picture has colours. */
function greyLevels(colours: Uint8Array): Uint8Array | undefined {
  const levels = new Uint8Array(colours.length / 3);
  for (let i = 0; i < levels.length; i++) {
    levels[i] = colours[3 * i]!;
    if (levels[i] !== colours[3 * i + 1] || levels[i] !== colours[3 * i + 2]) return undefined;
  }
  return levels;
}
