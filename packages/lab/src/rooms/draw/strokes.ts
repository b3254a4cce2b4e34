/** One line of the pen: x and y in board units, 0 … BOARD. */
export type Stroke = readonly (readonly [x: number, y: number])[];

/** Side of the board in its own units, which are also the pixels of its canvas. */
export const BOARD = 280;

/** Steps of the grid on which a link keeps points: three characters, of 6 bits each, for both coordinates. */
const STEPS = 512;
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
/** A link to a drawing stays shorter than browsers allow. */
const MOST_POINTS = 1200;

/**
 * A drawing as text for a link: three characters a point, strokes apart by a dot.
 *
 * @example
 * encodeStrokes([[[0, 0], [280, 280]]]); // 'AAA___'
 */
export function encodeStrokes(strokes: readonly Stroke[]): string {
  let points = 0;
  const texts: string[] = [];
  for (const stroke of strokes) {
    points += stroke.length;
    if (points > MOST_POINTS) break;
    texts.push(stroke.map(letters).join(''));
  }
  return texts.join('.');
}

/** The opposite of `encodeStrokes`; what is no drawing is left out. */
export function decodeStrokes(text: string): Stroke[] {
  return text
    .split('.')
    .map((part) => {
      const points: [number, number][] = [];
      for (let i = 0; i + 2 < part.length; i += 3) {
        const digits = [...part.slice(i, i + 3)].map((letter) => ALPHABET.indexOf(letter));
        if (digits.includes(-1)) continue;
        const both = digits.reduce((value, digit) => value * ALPHABET.length + digit, 0);
        points.push([place(Math.floor(both / STEPS)), place(both % STEPS)]);
      }
      return points;
    })
    .filter((stroke) => stroke.length > 0);
}

/**
 * A stroke without the points that hardly matter, and on the grid of links: what is seen is then what a link shows.
 *
 * Paper: D. Douglas, T. Peucker, Algorithms for the reduction of the number of points required to represent a
 * digitized line or its caricature (1973).
 */
export function simplify(stroke: Stroke): Stroke {
  const kept = reduce(stroke);
  return kept.map(([x, y]) => [place(step(x)), place(step(y))] as const);
}

/** Distance of a point from the line below which it is left out, in board units. */
const TOLERANCE = 0.6;

function reduce(points: Stroke): Stroke {
  if (points.length < 3) return points;
  const [first, last] = [points[0]!, points[points.length - 1]!];
  let [farthest, most] = [0, -1];
  for (let i = 1; i < points.length - 1; i++) {
    const distance = distanceFrom(points[i]!, first, last);
    if (distance > most) [farthest, most] = [i, distance];
  }
  if (most <= TOLERANCE) return [first, last];
  return [...reduce(points.slice(0, farthest + 1)).slice(0, -1), ...reduce(points.slice(farthest))];
}

/** Of a point from the line between two others. */
function distanceFrom([x, y]: Stroke[number], [ax, ay]: Stroke[number], [bx, by]: Stroke[number]): number {
  const length2 = (bx - ax) ** 2 + (by - ay) ** 2;
  const along =
    length2 === 0 ? 0 : Math.max(0, Math.min(1, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length2));
  return Math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay));
}

function step(value: number): number {
  return Math.max(0, Math.min(STEPS - 1, Math.round((value / BOARD) * (STEPS - 1))));
}

function place(at: number): number {
  return (at / (STEPS - 1)) * BOARD;
}

function letters([x, y]: Stroke[number]): string {
  const both = step(x) * STEPS + step(y);
  const size = ALPHABET.length;
  return (
    ALPHABET[Math.floor(both / size / size)]! +
    ALPHABET[Math.floor(both / size) % size]! +
    ALPHABET[both % size]!
  );
}
