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

/** A part of a grid. */
export type Box = {
  readonly left: number;
  readonly top: number;
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
 * @returns the ink, without the clear margins of a picture that is not yet of `prepared` size; whether it is darker than
 *   the ground; and the grey levels when the picture is of that size, and grey on nearly black or nearly white
 * @throws DataError when the sizes disagree or all pixels are nearly of one colour
 */
export function inkGrid(
  image: PixelImage,
  where: string,
  prepared: number,
): { ink: Grid; inverted: boolean; grey: Uint8Array | undefined } {
  checkImage(image, where);
  const { width, height } = image;
  const isPrepared = width === prepared && height === prepared;
  const whole = { left: 0, top: 0, width, height };
  const box = isPrepared ? whole : opaqueBox(image);
  const paper = paperOf(image, box);
  const ground = borderMedian(image, paper);
  // The margins are of one colour; where that is the ground they are 0, and need not be looked at.
  const part = ground.every((level) => level === paper) ? box : whole;
  const colours = flatten(image, part, paper);
  const distances = new Uint8Array(part.width * part.height);
  for (let i = 0; i < distances.length; i++) {
    const red = Math.abs(colours[3 * i]! - ground[0]);
    const green = Math.abs(colours[3 * i + 1]! - ground[1]);
    const blue = Math.abs(colours[3 * i + 2]! - ground[2]);
    distances[i] = Math.max(red, green, blue);
  }
  const { threshold, level } = otsu(distances, width * height - distances.length);
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
  const inkOf = Float32Array.from({ length: 256 }, (_, distance) =>
    Math.min(1, Math.max(0, (distance - floor) / (level - floor))),
  );
  const values = new Float32Array(distances.length);
  for (let i = 0; i < values.length; i++) values[i] = inkOf[distances[i]!]!;
  const isExtreme = ground[0] <= NEARLY || ground[0] >= 255 - NEARLY;
  return {
    ink: { values, width: part.width, height: part.height },
    inverted: inkLuminance(colours, distances, threshold) < luminance(...ground),
    grey: isPrepared && isExtreme ? greyLevels(colours) : undefined,
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

/** How many bytes after the first of a pixel green, blue and alpha are; no alpha is undefined. */
function placesOf(channels: PixelImage['channels']) {
  const [green, blue] = channels > 2 ? [1, 2] : [0, 0];
  return { green, blue, alpha: channels === 2 || channels === 4 ? channels - 1 : undefined };
}

/** What is not fully transparent; the whole picture if it has no alpha, or nothing else. */
function opaqueBox({ data, width, height, channels }: PixelImage): Box {
  const whole = { left: 0, top: 0, width, height };
  const { alpha } = placesOf(channels);
  if (alpha === undefined) return whole;
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let y = 0, at = alpha; y < height; y++) {
    for (let x = 0; x < width; x++, at += channels) {
      if (data[at] === 0) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return right < 0 ? whole : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** RGB without alpha, of a part of the picture: [height · width · 3]. */
function flatten({ data, width, channels }: PixelImage, part: Box, paper: number): Uint8Array {
  const colours = new Uint8Array(part.width * part.height * 3);
  const { green, blue, alpha } = placesOf(channels);
  for (let y = 0, to = 0; y < part.height; y++) {
    let from = ((part.top + y) * width + part.left) * channels;
    for (let x = 0; x < part.width; x++, from += channels, to += 3) {
      const opacity = alpha === undefined ? 255 : data[from + alpha]!;
      colours[to] = over(data[from]!, opacity, paper);
      colours[to + 1] = over(data[from + green]!, opacity, paper);
      colours[to + 2] = over(data[from + blue]!, opacity, paper);
    }
  }
  return colours;
}

/** A level that is seen through to the paper. */
function over(level: number, opacity: number, paper: number): number {
  if (opacity === 255) return level;
  if (opacity === 0) return paper;
  const alpha = opacity / 255;
  return Math.round(level * alpha + paper * (1 - alpha));
}

/** The paper below what is transparent: white unless what is opaque is bright itself. */
function paperOf({ data, width, channels }: PixelImage, box: Box): 0 | 255 {
  const { green, blue, alpha } = placesOf(channels);
  if (alpha === undefined) return 0;
  let weight = 0;
  let sum = 0;
  for (let y = 0; y < box.height; y++) {
    let at = ((box.top + y) * width + box.left) * channels;
    for (let x = 0; x < box.width; x++, at += channels) {
      const opacity = data[at + alpha]!;
      if (opacity === 0) continue;
      weight += opacity;
      sum += opacity * luminance(data[at]!, data[at + green]!, data[at + blue]!);
    }
  }
  return weight > 0 && sum / weight > 127.5 ? 0 : 255;
}

/** The median of each channel along the four edges. */
function borderMedian({ data, width, height, channels }: PixelImage, paper: number): Colour {
  const border: number[] = [];
  for (let x = 0; x < width; x++) border.push(x, (height - 1) * width + x);
  for (let y = 1; y < height - 1; y++) border.push(y * width, y * width + width - 1);
  const { green, blue, alpha } = placesOf(channels);
  const median = (channel: number) => {
    const levels = border.map((pixel) => {
      const at = pixel * channels;
      return over(data[at + channel]!, alpha === undefined ? 255 : data[at + alpha]!, paper);
    });
    const sorted = Uint8Array.from(levels).sort();
    return sorted[sorted.length >> 1]!;
  };
  return [median(0), median(green), median(blue)];
}

/**
 * Otsu's threshold: the level that leaves the largest variance between the two sides, w₀ w₁ (μ₀ − μ₁)².
 *
 * @param zeros how many values there are besides, which are 0
 * @returns the threshold, and the mean of the values above it (0 when there are none)
 */
function otsu(values: Uint8Array, zeros: number): { threshold: number; level: number } {
  const histogram = new Float64Array(256);
  for (let i = 0; i < values.length; i++) histogram[values[i]!]!++;
  histogram[0]! += zeros;
  const total = values.length + zeros;
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
