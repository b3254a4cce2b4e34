import { interpolateLab } from 'd3-interpolate';

/** The theme's colours of signed values, as the page has them now. */
export interface SignedColours {
  readonly negative: string;
  readonly zero: string;
  readonly positive: string;
}

export function signedColours(element: Element): SignedColours {
  const style = getComputedStyle(element);
  const read = (name: string) => style.getPropertyValue(name).trim();
  return { negative: read('--negative'), zero: read('--zero'), positive: read('--positive') };
}

/**
 * Red, green and blue of `STEPS` values from −1 to 1, one after another: pictures of many numbers look colours up
 * instead of mixing them.
 */
export function signedTable({ negative, zero, positive }: SignedColours): Uint8ClampedArray {
  const [below, above] = [interpolateLab(zero, negative), interpolateLab(zero, positive)];
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
