import { interpolateLab } from 'd3-interpolate';

/** What is known of the theme in use. */
interface Known {
  readonly theme: string;
  readonly colours: Map<string, string>;
  table: Uint8ClampedArray | undefined;
}

/**
 * A colour of the theme by its name. Each is asked for once a theme: to ask means that the page works its styles out
 * anew, which pictures that follow a training cannot wait for.
 */
export function colourOf(name: `--${string}`): string {
  const { colours } = knownNow();
  const colour =
    colours.get(name) ?? getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  colours.set(name, colour);
  return colour;
}

/**
 * Red, green and blue of `STEPS` values from −1 to 1, one after another, in the colours of the theme: pictures of many
 * numbers look colours up instead of mixing them.
 */
export function signedTable(): Uint8ClampedArray {
  const now = knownNow();
  now.table ??= mixed();
  return now.table;
}

function mixed(): Uint8ClampedArray {
  const zero = colourOf('--zero');
  const [below, above] = [
    interpolateLab(zero, colourOf('--negative')),
    interpolateLab(zero, colourOf('--positive')),
  ];
  const table = new Uint8ClampedArray(3 * STEPS);
  for (let i = 0; i < STEPS; i++) {
    const at = (2 * i) / (STEPS - 1) - 1;
    const text = at < 0 ? below(-at) : above(at);
    table.set(
      text
        .match(/[\d.]+/g)!
        .slice(0, 3)
        .map(Number),
      3 * i,
    );
  }
  return table;
}

/** Place in the table of a value, given the magnitude that is coloured fully. */
export function signedIndex(value: number, magnitude: number): number {
  const share = magnitude === 0 ? 0 : Math.max(-1, Math.min(1, value / magnitude));
  return Math.round(((share + 1) / 2) * (STEPS - 1));
}

const STEPS = 255;

let known: Known = { theme: '', colours: new Map(), table: undefined };

function knownNow(): Known {
  const theme = document.documentElement.dataset.theme ?? '';
  if (theme !== known.theme) known = { theme, colours: new Map(), table: undefined };
  return known;
}
