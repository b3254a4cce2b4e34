import { readFileSync } from 'node:fs';
import { sizeOf } from '../../src/ir/shape.ts';

/** An operand that `generate.py` and the test both compute from its seed. */
export interface SeededArray {
  readonly shape: readonly number[];
  readonly seed: number;
  readonly low: number;
  readonly high: number;
}

export interface FunctionCase {
  readonly name: string;
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly inputs: readonly SeededArray[];
  readonly cotangentSeed: number;
  readonly shape: readonly number[];
  /** Results in float64, rounded once to float32. */
  readonly value: readonly number[];
  /** One for each operand that has a gradient; those come first. */
  readonly gradients: readonly (readonly number[])[];
}

export interface Training {
  readonly batch: number;
  readonly batches: number;
  readonly steps: number;
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly imageSeed: number;
  readonly labelSeed: number;
  readonly networks: readonly {
    readonly name: string;
    readonly weights: readonly SeededArray[];
    /** Before each step, in float32 and in float64. */
    readonly losses: readonly number[];
    readonly losses64: readonly number[];
    /** Euclidean norm of each weight array after the last step. */
    readonly norms: readonly number[];
  }[];
}

export interface Versions {
  readonly versions: Readonly<Record<'python' | 'torch' | 'numpy', string>>;
}

export const functionGoldens = (): { cases: FunctionCase[] } & Versions => readGolden('functions.json');
export const trainingGoldens = (): Training & Versions => readGolden('training.json');

function readGolden<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`./data/${name}`, import.meta.url), 'utf8')) as T;
}

/** Uniform float32 in [low, high), the same numbers as `seeded` in generate.py. */
export function seededArray({ shape, seed, low, high }: SeededArray): Float32Array {
  return Float32Array.from({ length: sizeOf(shape) }, (_, i) => {
    const unit = (word(seed, i) >>> 8) / 2 ** 24;
    return low + unit * (high - low);
  });
}

export function seededLabels(seed: number, count: number, classes: number): number[] {
  return Array.from({ length: count }, (_, i) => word(seed, i) % classes);
}

/** The finalizer of MurmurHash3 over a Weyl sequence. */
function word(seed: number, i: number): number {
  let h = (Math.imul(i, 0x9e3779b9) + Math.imul(seed, 0x85ebca6b)) | 0;
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  h ^= h >>> 16;
  return h >>> 0;
}
