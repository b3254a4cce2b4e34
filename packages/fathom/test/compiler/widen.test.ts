import { describe, expect, it } from 'vitest';
import { normalizeAxes } from '../../src/compiler/axes.ts';
import { compile } from '../../src/compiler/compile.ts';
import type { Nest } from '../../src/compiler/nest.ts';
import { widenLanes } from '../../src/compiler/widen.ts';
import { conv2d, relu } from '../../src/functional/index.ts';
import { int } from '../../src/ir/expr.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { add, gradients, input, sum } from '../../src/ops/index.ts';
import { seeded } from '../support/random.ts';
import { graphOf, simulate } from './support/machine.ts';
import { lowered, memoryOf, product, runNests } from './support/nests.ts';
import { WASM, WIDE } from './support/targets.ts';

/** A convolution with bias and relu, and the gradients of its sum. */
function convolution({ channels = 6, inputs = 1, size = 5, strides = 1, extent = 16, batch = 1 }) {
  const x = input('x', [batch, extent, extent, inputs]);
  const w = input('w', [size, size, inputs, channels]);
  const b = input('b', [channels]);
  const y = relu(add(conv2d(x, w, { strides }), b));
  const leaves = [x, w, b];
  return { leaves, outputs: [y, ...gradients(sum(y), leaves)] };
}

/** Whole numbers, of which sums are exact in any order. */
function wholeNumbers(leaves: readonly Tensor[]): Map<Tensor, Float32Array> {
  const random = seeded(7);
  return new Map(
    leaves.map((leaf) => [
      leaf,
      Float32Array.from({ length: leaf.size }, () => Math.floor(7 * random()) - 3),
    ]),
  );
}

const widenedOnes = (nests: readonly Nest[]) =>
  nests.filter(({ name }) => name.endsWith('.wide') || name.endsWith('.widen'));

describe('widenLanes', () => {
  it.each([
    { target: WASM, of: {} },
    { target: WIDE, of: { channels: 3, size: 7, strides: 2, extent: 33 } },
    { target: WIDE, of: { channels: 3, inputs: 2 } },
    { target: WIDE, of: { channels: 10, inputs: 2, size: 3, extent: 16 } },
    { target: { ...WIDE, lanes: 16 }, of: { channels: 6 } },
    { target: { ...WIDE, lanes: 16 }, of: { channels: 4, strides: 3, size: 7, inputs: 2, extent: 28 } },
  ])('means the same: $target.lanes lanes, $of', ({ target, of }) => {
    const { leaves, outputs } = convolution(of);
    const made = lowered(outputs);
    const nests = made.nests.map(normalizeAxes);
    const wide = nests.flatMap((nest) => widenLanes(nest, target, made.allocate));
    expect(wide).not.toEqual(nests);
    const values = wholeNumbers(leaves);
    const before = runNests(nests, memoryOf(made, values));
    const after = runNests(wide, memoryOf(made, values));
    for (const output of outputs) {
      const buffer = made.bufferOf(output);
      expect(after[buffer]).toEqual(before[buffer]);
    }
  });

  it('puts two positions of six channels side by side in vectors of four and sixteen', () => {
    const { outputs } = convolution({});
    for (const lanes of [4, 16]) {
      const made = lowered(outputs.slice(0, 1));
      const nests = made.nests
        .map(normalizeAxes)
        .flatMap((nest) => widenLanes(nest, { ...WASM, lanes }, made.allocate));
      expect(widenedOnes(nests)).toHaveLength(1);
      // [rows, positions / 2, 2 · 6 lanes, taps down, 5 + 1 taps along]
      expect(nests.at(-1)!.axes).toEqual([12, 6, 12, 5, 6]);
    }
  });

  it('adds whole rows of taps and channels where a gradient is scattered', () => {
    const x = input('x', [2, 9, 9, 6]);
    const w = input('w', [5, 5, 6, 16]);
    const made = lowered(gradients(sum(conv2d(x, w)), [x]));
    const nests = made.nests.map(normalizeAxes);
    const scattered = nests.find(({ reduce }) => (reduce?.colliding.length ?? 0) > 0)!;
    const [joined] = widenLanes(scattered, WASM, made.allocate);
    expect(joined!.axes).toContain(30);
    expect(joined!.axes).toHaveLength(scattered.axes.length - 1);
    // The gradient that comes in is whole numbers as well.
    const memory = () =>
      memoryOf(made, wholeNumbers([w])).map((values) => values.map((v) => Math.round(3 * v) + 0));
    const before = runNests([scattered], memory());
    const after = runNests([joined!], memory());
    const { buffer } = scattered.stores[0]!.access;
    expect(after[buffer]).toEqual(before[buffer]);
  });

  it('leaves alone what fills its vectors, what is small, and what is no convolution', () => {
    const untouched = (nest: Nest, target = WASM) => {
      const nothing = () => expect.unreachable('nothing should be allocated');
      expect(widenLanes(nest, target, nothing)).toEqual([nest]);
    };
    for (const nest of lowered(convolution({ channels: 8 }).outputs.slice(0, 1)).nests) {
      untouched(normalizeAxes(nest));
    }
    for (const nest of lowered(convolution({ extent: 7, batch: 1 }).outputs.slice(0, 1)).nests) {
      untouched(normalizeAxes(nest));
    }
    untouched(product(64, 30, 64), WIDE);
    untouched({ ...product(64, 64, 64), tasks: 0 });
    const [gathered] = lowered(convolution({}).outputs.slice(0, 1)).nests.map(normalizeAxes);
    const { stores } = gathered!;
    const indirect = { index: int(0), stride: 1, extent: 1 };
    untouched({ ...gathered!, stores: [{ ...stores[0]!, access: { ...stores[0]!.access, indirect } }] });
  });

  it('becomes programs that give what narrow ones give', () => {
    const { leaves, outputs } = convolution({});
    const feeds = wholeNumbers(leaves);
    const program = compile(graphOf(outputs, feeds), WASM);
    expect(program.launches.some(({ name }) => name.includes('.wide'))).toBe(true);
    const made = lowered(outputs);
    const expected = runNests(made.nests, memoryOf(made, feeds));
    for (const byTask of [false, true]) {
      const results = simulate(program, feeds, byTask);
      outputs.forEach((output, i) => {
        expect(results.outputs[i]).toEqual(Array.from(expected[made.bufferOf(output)]!));
      });
    }
  });
});
