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

export function exact(value: number): string {
  return formatNumber(value, DIGITS);
}

/** All digits of a number, with a true minus sign. */
export function inFull(value: number): string {
  return String(value).replaceAll('-', '−');
}
