import { factor, formatNumber } from '../../views/matrix.ts';

/** A product of a sum: two numbers, and what they come to. */
export interface Product {
  readonly left: number;
  readonly right: number;
  readonly product: number;
}

/** Decimals of numbers in a sum that is written out. */
export const DIGITS = 4;

/** A sum as one writes it: so many products in full, those of most weight, and the others in one number. */
export interface WrittenSum {
  readonly text: string;
  readonly left: number;
  /** What the products that are not written come to. */
  readonly rest: number;
}

/**
 * @example
 * writeSum([{ left: 2, right: -3, product: -6 }], 12).text; // '2·(−3)'
 */
export function writeSum(products: readonly Product[], most: number): WrittenSum {
  const all = products.length <= most;
  const shown = all
    ? products
    : products
        .filter(({ product }) => product !== 0)
        .sort((a, b) => Math.abs(b.product) - Math.abs(a.product))
        .slice(0, most);
  const total = (list: readonly Product[]) => list.reduce((sum, { product }) => sum + product, 0);
  return {
    text: shown.map(({ left, right }) => `${factor(left, DIGITS)}·${factor(right, DIGITS)}`).join(' + '),
    left: products.length - shown.length,
    rest: total(products) - total(shown),
  };
}

/**
 * The formula with its numbers in place of its letters; undefined where one of them is not known.
 *
 * @example
 * insert('y = x·scale + offset', { x: 2, scale: 0.5, offset: -1 }); // 'y = 2·0.5 + (−1)'
 */
export function insert(formula: string, numbers: Readonly<Record<string, number>>): string | undefined {
  const [left, ...right] = formula.split(' = ');
  let isKnown = true;
  const text = right.join(' = ').replace(/√?[a-z]\w*[₁₂₃]?/giu, (word) => {
    if (word === 'max' || word === 'min') return word;
    const root = word.startsWith('√') ? '√' : '';
    const value = numbers[root ? word.slice(1) : word];
    if (value === undefined) isKnown = false;
    return value === undefined ? word : root + factor(value, DIGITS);
  });
  return isKnown ? `${left} = ${text}` : undefined;
}

export function exact(value: number): string {
  return formatNumber(value, DIGITS);
}

/** All digits of a number, with a true minus sign. */
export function inFull(value: number): string {
  return String(value).replaceAll('-', '−');
}
