import { CounterRandom } from './digits/random.ts';

/** A point of the plane and the class it belongs to. */
export interface PlanePoint {
  readonly x: number;
  readonly y: number;
  readonly label: 0 | 1;
}

/**
 * Sets of points: two clouds that a line parts; XOR as four quarters of a square and as its four corners; AND; a disc in
 * a ring; two half moons; two spirals.
 */
export type PlaneSet = 'clouds' | 'xor' | 'corners' | 'and' | 'circle' | 'moons' | 'spiral';

export interface PlanePointsOptions {
  /** Default 0. */
  readonly seed?: number;
  /** Default 200. */
  readonly count?: number;
  /** Default 0.25. */
  readonly noise?: number;
}

/**
 * Points of two classes in the plane, made up: what networks of two inputs are taught with.
 *
 * @param count points of the set; those of four corners are always four
 * @param noise deviation that is added to both coordinates
 * @returns points from −3.5 to 3.5 both ways; the same seed gives the same ones
 * @example
 * const points = planePoints('moons', { seed: 1, count: 100 });
 * points.length; // 100
 */
export function planePoints(
  name: PlaneSet,
  { seed = 0, count = 200, noise = 0.25 }: PlanePointsOptions = {},
): PlanePoint[] {
  const random = new CounterRandom(PLANE, seed);
  const point = (x: number, y: number, label: number): PlanePoint => ({
    x: bounded(x + noise * random.normal()),
    y: bounded(y + noise * random.normal()),
    label: label === 1 ? 1 : 0,
  });
  const each = (make: (i: number, label: 0 | 1) => PlanePoint) =>
    Array.from({ length: count }, (_, i) => make(Math.floor(i / 2), i % 2 === 0 ? 0 : 1));
  const half = Math.max(1, Math.ceil(count / 2) - 1);
  switch (name) {
    case 'clouds':
      return each((_, label) => {
        const side = label === 1 ? 1.3 : -1.3;
        return point(side + 0.6 * random.normal(), side + 0.6 * random.normal(), label);
      });
    case 'xor':
      return Array.from({ length: count }, () => {
        const [x, y] = [3 * (2 * random.uniform() - 1), 3 * (2 * random.uniform() - 1)];
        return point(x, y, x * y < 0 ? 1 : 0);
      });
    case 'corners':
      return corners((a, b) => (a !== b ? 1 : 0));
    case 'and':
      return corners((a, b) => (a && b ? 1 : 0));
    case 'circle':
      return each((_, label) => {
        const radius = label === 1 ? 1.2 * Math.sqrt(random.uniform()) : 2.1 + 0.8 * random.uniform();
        const angle = 2 * Math.PI * random.uniform();
        return point(radius * Math.cos(angle), radius * Math.sin(angle), label);
      });
    case 'moons':
      return each((i, label) => {
        const angle = (Math.PI * i) / half;
        return label === 0
          ? point(1.6 * Math.cos(angle) - 0.8, 1.6 * Math.sin(angle) - 0.4, 0)
          : point(0.8 - 1.6 * Math.cos(angle), 0.4 - 1.6 * Math.sin(angle), 1);
      });
    case 'spiral':
      return each((i, label) => {
        const share = i / half;
        const angle = 1.75 * 2 * Math.PI * share + (label === 1 ? Math.PI : 0);
        return point(3 * share * Math.sin(angle), 3 * share * Math.cos(angle), label);
      });
    default:
      return name satisfies never;
  }
}

/**
 * A made-up study to put a line through: years still to live at an age in decades, about 80 − 9·age, between 0 and 8
 * decades.
 *
 * @example
 * const people = lifeExpectancy({ seed: 1 });
 * people.length; // 24
 */
export function lifeExpectancy({
  seed = 0,
  count = 24,
}: {
  readonly seed?: number;
  readonly count?: number;
} = {}): {
  readonly x: number;
  readonly y: number;
}[] {
  const random = new CounterRandom(LINE, seed);
  return Array.from({ length: count }, () => {
    const x = Math.round(80 * random.uniform()) / 10;
    return { x, y: Math.round(10 * Math.max(0, 80 - 9 * x + 6 * random.normal())) / 10 };
  });
}

function corners(label: (a: boolean, b: boolean) => 0 | 1): PlanePoint[] {
  return [false, true].flatMap((a) =>
    [false, true].map((b): PlanePoint => ({ x: a ? 1 : 0, y: b ? 1 : 0, label: label(a, b) })),
  );
}

function bounded(value: number): number {
  return Math.max(-PLANE_EXTENT, Math.min(PLANE_EXTENT, value));
}

/** The plane reaches from −PLANE_EXTENT to PLANE_EXTENT both ways. */
export const PLANE_EXTENT = 3.5;
/** Each kind of data has a stream of its own. */
const PLANE = 1;
const LINE = 2;
