import { describe, expect, it } from 'vitest';
import type { Scheduled } from '../../src/compiler/schedule.ts';
import { verifyGraph, verifyMemory, verifyNests, verifyOrder } from '../../src/compiler/verify.ts';
import { Variable } from '../../src/ir/tensor.ts';
import { add, constant, read } from '../../src/ops/index.ts';
import { at, elementwise, loadAt } from './support/nests.ts';

describe('verifyNests', () => {
  const sizes = (buffer: number) => [20, 12][buffer]!;
  const check = (nest: ReturnType<typeof elementwise>) => verifyNests([nest], sizes, 'cutting');

  it('accepts what stays inside', () => {
    expect(() => check(elementwise([3, 4], at(1, [4, 1]), loadAt(0, [-5, 1], 10)))).not.toThrow();
    expect(() => check(elementwise([0, 4], at(1, [4, 1], 99), loadAt(0, [-5, 1])))).not.toThrow();
  });

  it('names the pass and the nest that reach outside', () => {
    const high = elementwise([3, 4], at(1, [4, 1], 1), loadAt(0, [4, 1]));
    expect(() => check(high)).toThrow(
      'verify after cutting: map reaches elements 1 to 12 of buffer 1, which has 12',
    );
    const low = elementwise([3, 4], at(1, [4, 1]), loadAt(0, [-5, 1], 9));
    expect(() => check(low)).toThrow('reaches elements -1 to 12 of buffer 0');
    const short = elementwise([3, 4], at(1, [4, 1]), loadAt(0, [4]));
    expect(() => check(short)).toThrow('map has 2 axes, an access 1');
  });
});

describe('verifyOrder', () => {
  const launch = (name: string, reads: number[], writes: number[]): Scheduled => ({
    name,
    reads,
    writes,
    count: 1,
    body: [],
    solo: true,
    slices: new Map(),
    flops: 0,
    bytes: 0,
    work: 'copy',
    origin: [],
  });
  const [make, use, renew] = [launch('make', [], [0]), launch('use', [0], [1]), launch('renew', [], [0])];

  it('accepts the order that was, and what changes nothing', () => {
    const apart = launch('apart', [], [2]);
    expect(() => verifyOrder([make, use, renew, apart], [apart, make, use, renew])).not.toThrow();
  });

  it('refuses to read early, to write early, and to lose a launch', () => {
    expect(() => verifyOrder([make, use], [use, make])).toThrow('use reads buffer 0 before it is written');
    expect(() => verifyOrder([make, use, renew], [make, renew, use])).toThrow('renew writes buffer 0 before');
    expect(() => verifyOrder([make, renew], [renew, make])).toThrow('renew writes buffer 0 before');
    expect(() => verifyOrder([make, use], [make])).toThrow('2 launches went in, 1 came out');
  });
});

describe('verifyMemory', () => {
  const life = (first: number, last: number) => ({ bytes: 64, first, last });

  it('lets only buffers share memory that are not alive together', () => {
    expect(() => verifyMemory([life(0, 1), life(2, 3)], [0, 0])).not.toThrow();
    expect(() => verifyMemory([life(0, 1), life(1, 3)], [0, 128])).not.toThrow();
    expect(() => verifyMemory([life(0, 1), life(1, 3)], [0, 64])).toThrow('buffers 0 and 1');
  });
});

describe('verifyGraph', () => {
  const v = new Variable('v', [2], 'float32', Float32Array.of(1, 2));
  const graph = (...values: ReturnType<typeof read>[]) => ({
    inputs: [],
    outputs: [],
    updates: values.map((value) => ({ variable: v, value })),
  });

  it('says what is wrong with an update', () => {
    expect(() => verifyGraph(graph(add(read(v), 1)))).not.toThrow();
    expect(() => verifyGraph(graph(read(v), read(v)))).toThrow('variable v is updated twice');
    expect(() => verifyGraph(graph(constant([1])))).toThrow('is float32[2]; its new value is float32[1]');
  });
});
