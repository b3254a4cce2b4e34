import type { inspect } from 'fathom';
import { factor, formatNumber } from '../../views/matrix.ts';
import type { Settings } from './settings.ts';

/** A formula in its general form, with its values, and its result. */
export interface Written {
  readonly general: string;
  readonly values: string;
  readonly result: string;
}

/** The result of a window with every number: `10·2 + 2·2 + … + 0 = 82`. */
export function writeSum(
  operation: inspect.WindowOperation,
  terms: readonly inspect.WindowTerm[],
  bias: number,
  result: number,
): Written {
  const total = formatNumber(result, 4);
  switch (operation) {
    case 'convolution':
    case 'transposed': {
      const products = terms.map(({ value, weight }) => `${factor(value, 4)}·${factor(weight, 4)}`);
      const all = [...products, ...(bias === 0 ? [] : [factor(bias, 4)])];
      return { general: 'Σ x·w + b', values: all.length === 0 ? '0' : all.join(' + '), result: total };
    }
    case 'max': {
      const values = seenValues(terms);
      return { general: 'max x', values: `max(${values.join(', ')})`, result: total };
    }
    case 'average': {
      const values = seenValues(terms);
      return { general: '(1/n) Σ x', values: `(${values.join(' + ')}) / ${values.length}`, result: total };
    }
    default:
      return operation satisfies never;
  }
}

/** The number of results along one axis, with its values. */
export function writeSize(
  { operation, padding }: Settings,
  geometry: inspect.WindowGeometry,
  axis: inspect.WindowAxis,
): Written {
  const { stride, dilation } = geometry;
  const { extent, size, reach, low, high, count } = axis;
  const field = dilation === 1 ? String(size) : `(${dilation}·(${size} − 1) + 1)`;
  if (operation === 'transposed') {
    return padding === 'same'
      ? { general: 'n·s', values: `${extent}·${stride}`, result: String(count) }
      : {
          general: '(n − 1)·s + f − 2p',
          values: `(${extent} − 1)·${stride} + ${field} − 2·${padding}`,
          result: String(count),
        };
  }
  if (padding === 'same') {
    return {
      general: '⌈n / s⌉',
      values: `⌈${extent} / ${stride}⌉`,
      result: `${count}, with ${low} + ${high} ${low + high === 1 ? 'zero' : 'zeros'} and f = ${reach}`,
    };
  }
  return {
    general: '⌊(n + 2p − f)/s + 1⌋',
    values: `⌊(${extent} + 2·${padding} − ${field})/${stride} + 1⌋`,
    result: String(count),
  };
}

/** Padding takes no part in pooling. */
function seenValues(terms: readonly inspect.WindowTerm[]): string[] {
  return terms.filter(({ inside }) => inside).map(({ value }) => factor(value, 4));
}
