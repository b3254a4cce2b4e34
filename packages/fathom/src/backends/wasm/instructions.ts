import type { Vector } from '../../compiler/program.ts';
import { simd } from './assembler.ts';

const NONE = -1;

/** For each operation its float and its integer (or bitwise) instruction. */
export const BINARY: Record<
  Exclude<Extract<Vector, { kind: 'binary' }>['op'], 'shl' | 'shr'>,
  readonly [number, number]
> = {
  add: [simd.f32x4Add, simd.i32x4Add],
  sub: [simd.f32x4Sub, simd.i32x4Sub],
  mul: [simd.f32x4Mul, simd.i32x4Mul],
  div: [simd.f32x4Div, NONE],
  max: [simd.f32x4Pmax, simd.i32x4MaxS],
  min: [simd.f32x4Pmin, simd.i32x4MinS],
  eq: [simd.f32x4Eq, simd.i32x4Eq],
  lt: [simd.f32x4Lt, simd.i32x4LtS],
  le: [simd.f32x4Le, simd.i32x4LeS],
  and: [simd.v128And, simd.v128And],
  or: [simd.v128Or, simd.v128Or],
  xor: [simd.v128Xor, simd.v128Xor],
};
