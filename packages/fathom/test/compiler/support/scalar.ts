// The scalar ALU, one lane at a time, as the types of programs describe it.

import type { BinaryOp, UnaryOp } from '../../../src/ir/expr.ts';
import type { DType } from '../../../src/ir/shape.ts';

/** Not Math.max and Math.min, which pass NaN of either operand on. */
const chosen = (condition: boolean, a: number, b: number) => (condition ? a : b);

const words = new DataView(new ArrayBuffer(4));

export function unary(op: UnaryOp, from: DType, a: number): number {
  const isFloat = from === 'float32';
  switch (op) {
    case 'neg':
      return isFloat ? -a : -a | 0;
    case 'abs':
      return isFloat ? Math.abs(a) : Math.abs(a) | 0;
    case 'sqrt':
      return Math.fround(Math.sqrt(a));
    case 'floor':
      return Math.floor(a);
    case 'not':
      return from === 'bool' ? Number(!a) : ~a;
    case 'toFloat':
      return Math.fround(a);
    case 'toInt':
      return Number.isNaN(a) ? 0 : Math.max(-2147483648, Math.min(2147483647, Math.trunc(a)));
    case 'bits':
      words.setFloat32(0, a);
      return words.getInt32(0);
    case 'fromBits':
      words.setInt32(0, a);
      return words.getFloat32(0);
    default:
      return op satisfies never;
  }
}

export function binary(op: BinaryOp, type: DType, a: number, b: number): number {
  const isFloat = type === 'float32';
  const rounded = (value: number) => (isFloat ? Math.fround(value) : value | 0);
  switch (op) {
    case 'add':
      return rounded(a + b);
    case 'sub':
      return rounded(a - b);
    case 'mul':
      return isFloat ? Math.fround(a * b) : Math.imul(a, b);
    case 'div':
      return Math.fround(a / b);
    case 'max':
      return chosen(a < b, b, a);
    case 'min':
      return chosen(b < a, b, a);
    case 'eq':
      return Number(a === b);
    case 'lt':
      return Number(a < b);
    case 'le':
      return Number(a <= b);
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return a << b;
    case 'shr':
      return (a >>> b) | 0;
    default:
      return op satisfies never;
  }
}
