import { HANDS } from './hands.ts';
import type { CounterRandom } from './random.ts';

/** A written digit: samples of the pen's path with the half width of the line there, in skeleton units. */
export interface Trace {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Half the width of the line; zero where the pen left no ink. */
  readonly radius: Float64Array;
  /** 1 where the pen was put down: no line leads here from the sample before. */
  readonly down: Uint8Array;
  length: number;
}

/** Samples of the curve between two points of a skeleton. */
const SAMPLES = 6;
const MAX_SAMPLES = 256;

/** The middle and half the height of a skeleton. */
const CENTRE_X = 35;
const CENTRE_Y = 50;
const HALF = 50;

// How much writers differ, as standard deviations in skeleton units (the digit is 100 high) or as ratios. They are
// somewhat wider than MNIST's own: a network trained on the wider range is the better one on real digits.

/** How far beyond the mean of its forms a hand may reach. */
const EXTRAPOLATION = 0.5;
const POINT_JITTER = 4.5;
/** How much of its error the pen carries on to the next point; the rest is fresh, so that the variance stays 1. */
const DRIFT = 0.4;
const FRESH = Math.sqrt(1 - DRIFT * DRIFT);
const ROUND_CORNER = 0.25;

const BEND = 0.14;
const WAVE = 0.026;
const SLANT_MEAN = 0.14;
const SLANT_SPREAD = 0.25;
const ROTATION_SPREAD = 0.2;
const ASPECT_MEAN = 1.04;
const ASPECT_SPREAD = 0.2;

const RADIUS_MEAN = 6.7;
const RADIUS_SPREAD = 0.29;
const MIN_RADIUS = 1.5;
/** The widest pen each digit, 0 to 9, stays legible with: small loops fill in. */
const MAX_RADIUS = [13, 17, 12, 12, 12, 12, 11.5, 13, 10.5, 11.5];
/** How often a thick pen is used, and how much thicker it is. */
const THICK_PEN = 0.05;
const THICK_PEN_RATIO = 1.6;
const PRESSURE = 0.16;
/** Samples of the path over which the pressure goes from one random value to the next. */
const PRESSURE_PERIOD = 7;
const NIB = 0.1;
const TREMOR = 0.6;
/** How often the ink fails for a moment, and over what length. */
const SKIP = 0.03;
const SKIP_SHORTEST = 2;
const SKIP_LONGEST = 9;

export function makeTrace(): Trace {
  return {
    x: new Float64Array(MAX_SAMPLES),
    y: new Float64Array(MAX_SAMPLES),
    radius: new Float64Array(MAX_SAMPLES),
    down: new Uint8Array(MAX_SAMPLES),
    length: 0,
  };
}

/** Writes one digit in a random hand into `trace`. */
export function writeDigit(digit: number, random: CounterRandom, trace: Trace): void {
  followSkeleton(chooseSkeleton(digit, random), random, trace);
  bend(random, trace);
  slantAndStretch(random, trace);
  press(digit, random, trace);
}

interface Skeleton {
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Index one past the last point of each stroke. */
  readonly ends: readonly number[];
  readonly corner: readonly boolean[];
}

/** A random mean of the forms of a random hand. */
function chooseSkeleton(digit: number, random: CounterRandom): Skeleton {
  const hand = hands()[digit]!;
  const forms = hand.forms[random.pick(hand.weights)]!;
  const shares = forms.map(() => {
    const share = random.uniform() + 0.03;
    return share * share;
  });
  let total = 0;
  for (const share of shares) total += share;
  const first = forms[0]!;
  const x = new Float64Array(first.x.length);
  const y = new Float64Array(first.x.length);
  const jitter = POINT_JITTER * random.skewed(0.4);
  let errorX = 0;
  let errorY = 0;
  for (let i = 0; i < x.length; i++) {
    forms.forEach((form, k) => {
      const share = (1 + EXTRAPOLATION) * (shares[k]! / total) - EXTRAPOLATION / forms.length;
      x[i] = x[i]! + share * form.x[i]!;
      y[i] = y[i]! + share * form.y[i]!;
    });
    errorX = DRIFT * errorX + FRESH * random.normal();
    errorY = DRIFT * errorY + FRESH * random.normal();
    x[i] = x[i]! + jitter * errorX;
    y[i] = y[i]! + jitter * errorY;
  }
  return { x, y, ends: first.ends, corner: first.corner };
}

/** Samples a smooth curve through the points; some writers round the corners. */
function followSkeleton(skeleton: Skeleton, random: CounterRandom, trace: Trace): void {
  const { x, y, ends } = skeleton;
  const rounded = random.chance(ROUND_CORNER);
  trace.length = 0;
  let first = 0;
  for (const end of ends) {
    append(trace, x[first]!, y[first]!, 1);
    let start = first;
    for (let i = first; i < end - 1; i++) {
      if (skeleton.corner[i] && !rounded) start = i;
      let stop = i + 1;
      while (stop < end - 1 && (rounded || !skeleton.corner[stop])) stop++;
      sampleSegment(x, y, i, start, stop, trace);
    }
    first = end;
  }
}

/**
 * The centripetal Catmull-Rom segment from point i to i + 1, within the smooth piece start..stop. Knots at the square
 * root of the distance: no cusps or overshoot where points are unevenly spaced (Yuksel, Schaefer, Keyser 2011).
 */
function sampleSegment(
  x: Float64Array,
  y: Float64Array,
  i: number,
  start: number,
  stop: number,
  trace: Trace,
): void {
  const before = Math.max(start, i - 1);
  const after = Math.min(stop, i + 2);
  const t = knot(x, y, i, i + 1);
  const t0 = before < i ? knot(x, y, before, i) : 0;
  const t2 = after > i + 1 ? knot(x, y, i + 1, after) : 0;
  const slopeX = (x[i + 1]! - x[i]!) / t;
  const slopeY = (y[i + 1]! - y[i]!) / t;
  const fromX = t0 > 0 ? tangent((x[i]! - x[before]!) / t0, slopeX, t0, t) : slopeX;
  const fromY = t0 > 0 ? tangent((y[i]! - y[before]!) / t0, slopeY, t0, t) : slopeY;
  const toX = t2 > 0 ? tangent(slopeX, (x[after]! - x[i + 1]!) / t2, t, t2) : slopeX;
  const toY = t2 > 0 ? tangent(slopeY, (y[after]! - y[i + 1]!) / t2, t, t2) : slopeY;
  for (let s = 1; s <= SAMPLES; s++) {
    const u = s / SAMPLES;
    const v = 1 - u;
    const a = v * v * (1 + 2 * u);
    const b = u * u * (3 - 2 * u);
    const c = u * v * v * t;
    const d = -u * u * v * t;
    append(
      trace,
      a * x[i]! + b * x[i + 1]! + c * fromX + d * toX,
      a * y[i]! + b * y[i + 1]! + c * fromY + d * toY,
      0,
    );
  }
}

function knot(x: Float64Array, y: Float64Array, i: number, j: number): number {
  const dx = x[j]! - x[i]!;
  const dy = y[j]! - y[i]!;
  return Math.sqrt(Math.sqrt(dx * dx + dy * dy)) + 1e-6;
}

/** The slope at the knot between two intervals: their slopes weighted by the other's length. */
function tangent(slopeBefore: number, slopeAfter: number, before: number, after: number): number {
  return (slopeBefore * after + slopeAfter * before) / (before + after);
}

function append(trace: Trace, x: number, y: number, down: number): void {
  const i = trace.length++;
  trace.x[i] = x;
  trace.y[i] = y;
  trace.down[i] = down;
}

/** Elastic distortion: a random smooth displacement field, cubic in the plane, plus a slow wave. */
function bend(random: CounterRandom, trace: Trace): void {
  const amount = BEND * random.skewed(0.3);
  const cubic = Array.from({ length: 14 }, () => amount * random.normal());
  const waves = Array.from({ length: 2 }, () => ({
    alongX: random.uniform(-1, 1),
    alongY: random.uniform(-1, 1),
    phase: random.uniform(),
    x: WAVE * random.normal(),
    y: WAVE * random.normal(),
  }));
  for (let i = 0; i < trace.length; i++) {
    const u = (trace.x[i]! - CENTRE_X) / HALF;
    const v = (trace.y[i]! - CENTRE_Y) / HALF;
    let dx = 0;
    let dy = 0;
    const terms = [u * u, u * v, v * v, u * u * u, u * u * v, u * v * v, v * v * v];
    for (let k = 0; k < terms.length; k++) {
      dx += cubic[k]! * terms[k]!;
      dy += cubic[7 + k]! * terms[k]!;
    }
    for (const wave of waves) {
      const height = sine(wave.alongX * u + wave.alongY * v + wave.phase);
      dx += wave.x * height;
      dy += wave.y * height;
    }
    trace.x[i] = u + dx;
    trace.y[i] = v + dy;
  }
}

/** A wave of period 1 made of parabolas: like sin(2πt), from exact arithmetic. */
function sine(t: number): number {
  const x = 2 * (t - Math.floor(t)) - 1;
  return -4 * x * (1 - Math.abs(x));
}

/** Slant, rotation and an uneven scale; back to skeleton units around zero. */
function slantAndStretch(random: CounterRandom, trace: Trace): void {
  const slant = SLANT_MEAN + SLANT_SPREAD * random.normal();
  const halfTangent = (ROTATION_SPREAD / 2) * random.normal();
  const width = HALF * ASPECT_MEAN * random.skewed(ASPECT_SPREAD);
  // Cosine and sine from the tangent of half the angle: a true rotation from exact arithmetic.
  const scale = 1 / (1 + halfTangent * halfTangent);
  const cosine = (1 - halfTangent * halfTangent) * scale;
  const sineOf = 2 * halfTangent * scale;
  for (let i = 0; i < trace.length; i++) {
    const x = width * trace.x[i]! - HALF * slant * trace.y[i]!;
    const y = HALF * trace.y[i]!;
    trace.x[i] = cosine * x - sineOf * y;
    trace.y[i] = sineOf * x + cosine * y;
  }
}

/** The width of the line: the pen, the pressure, the direction of the nib, a tremor, and ink that fails. */
function press(digit: number, random: CounterRandom, trace: Trace): void {
  const pen = random.chance(THICK_PEN) ? THICK_PEN_RATIO * RADIUS_MEAN : RADIUS_MEAN;
  const base = Math.min(MAX_RADIUS[digit]!, pen * random.skewed(RADIUS_SPREAD));
  const nib = NIB * random.normal();
  const nibCross = NIB * random.normal();
  const skipAt = random.chance(SKIP) ? Math.floor(random.uniform(0, trace.length)) : -1;
  const skipLength = random.uniform(SKIP_SHORTEST, SKIP_LONGEST);
  const step = 1 / PRESSURE_PERIOD;
  let from = random.normal();
  let to = random.normal();
  let t = 0;
  for (let i = 0; i < trace.length; i++) {
    t += step;
    if (t >= 1) {
      t -= 1;
      from = to;
      to = random.normal();
    }
    const ahead = i + 1 < trace.length && !trace.down[i + 1] ? i + 1 : i;
    const back = trace.down[i] ? i : i - 1;
    const dx = trace.x[ahead]! - trace.x[back]!;
    const dy = trace.y[ahead]! - trace.y[back]!;
    const square = dx * dx + dy * dy + 1e-9;
    const direction = 1 + (nib * (dx * dx - dy * dy) + nibCross * 2 * dx * dy) / square;
    const pressure = 1 + PRESSURE * (from + (to - from) * t);
    const skipped = skipAt >= 0 && isNear(trace, i, skipAt, skipLength);
    trace.radius[i] = skipped ? 0 : Math.max(MIN_RADIUS, base * direction * pressure);
    trace.x[i] = trace.x[i]! + TREMOR * random.normal();
    trace.y[i] = trace.y[i]! + TREMOR * random.normal();
  }
}

function isNear(trace: Trace, i: number, j: number, distance: number): boolean {
  const dx = trace.x[i]! - trace.x[j]!;
  const dy = trace.y[i]! - trace.y[j]!;
  return dx * dx + dy * dy < distance * distance;
}

interface ParsedDigit {
  readonly weights: readonly number[];
  readonly forms: readonly (readonly Skeleton[])[];
}

let parsed: readonly ParsedDigit[] | undefined;

/** The tables of hands.ts as numbers, read on first use. */
function hands(): readonly ParsedDigit[] {
  parsed ??= HANDS.map((digit) => ({
    weights: digit.map((hand) => hand.weight),
    forms: digit.map((hand) => hand.forms.map(parseSkeleton)),
  }));
  return parsed;
}

function parseSkeleton(text: string): Skeleton {
  const xs: number[] = [];
  const ys: number[] = [];
  const corner: boolean[] = [];
  const ends: number[] = [];
  for (const stroke of text.split('|')) {
    for (const point of stroke.trim().split(' ')) {
      const [x, y] = point.replace('!', '').split(',');
      xs.push(Number(x));
      ys.push(Number(y));
      corner.push(point.endsWith('!'));
    }
    ends.push(xs.length);
  }
  return { x: Float64Array.from(xs), y: Float64Array.from(ys), ends, corner };
}
