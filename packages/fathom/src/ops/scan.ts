import { topologicalOrder } from '../ir/graph.ts';
import { LoopAttrs, LoopBody, loopKey, substitute } from '../ir/loop.ts';
import type { Op } from '../ir/op.ts';
import { formatShape, sameShape } from '../ir/shape.ts';
import { type Aval, type NumericArray, Tensor } from '../ir/tensor.ts';
import { add } from './add.ts';
import { sum } from './broadcast.ts';
import { contract } from './contract.ts';
import { input } from './leaves.ts';
import { multiply } from './multiply.ts';
import { loopGradients, loopResult } from './scan-gradient.ts';
import { tanh } from './tanh.ts';

/** What one iteration gives: the carries for the next one, and values to stack. */
export interface ScanStep {
  readonly carries: readonly Tensor[];
  readonly ys?: readonly Tensor[];
}

export interface ScanOptions {
  /** The carries before the first iteration. */
  readonly init: readonly Tensor[];
  /** Stacks of items: iteration t is given x[t] of each. Default none. */
  readonly xs?: readonly Tensor[];
  /** From the last item to the first; `ys` lie in the order of the items all the same. Default false. */
  readonly reverse?: boolean;
  /** Number of iterations; by default the leading extent of `xs`. */
  readonly length?: number;
}

/** The carries after the last iteration, and the stacks [T, ...] of what the step gave as `ys`. */
export interface ScanResult {
  readonly carries: readonly Tensor[];
  readonly ys: readonly Tensor[];
}

/**
 * One value of a loop: cₜ₊₁ = f(cₜ, xₜ, k) for t = 0 … T−1, and from it c_T, or the stack over t of any value
 * inside f. Values of one loop are nodes of their own and are computed in one run of it.
 *
 * The gradient is a loop that goes the other way, over stacks of what the forward loop computed.
 * Griewank and Walther: Evaluating Derivatives, 2008, chapter 3.
 */
export const scanOp: Op = {
  name: 'scan',
  doc: 'A loop with carried values: c[t+1], y[t] = step(c[t], x[t]) for t = 0 … T−1.',
  infer(inputs, attrs) {
    const { body, result } = attrs as LoopAttrs;
    const { carries, items, constants, next, length } = body;
    if (!Number.isSafeInteger(length) || length < 1) {
      throw new RangeError(
        `scan: expected at least one iteration; received ${length}. Give it stacks with a leading axis of 1 or more, or 'length'.`,
      );
    }
    const expected: Aval[] = [
      ...carries,
      ...items.map(({ shape, dtype }) => ({ shape: [length, ...shape], dtype })),
      ...constants,
    ];
    if (inputs.length !== expected.length) {
      throw new TypeError(`scan: expected ${expected.length} operands; received ${inputs.length}.`);
    }
    inputs.forEach((given, i) => {
      checkAlike(given, expected[i]!, `scan: expected as operand ${i}`);
    });
    next.forEach((value, i) => {
      checkAlike(value, carries[i]!, `scan: carry ${i} must keep its shape and type: expected`);
    });
    if (result.kind === 'final') {
      const { shape, dtype } = carries[result.carry]!;
      return { shape, dtype };
    }
    return { shape: [length, ...result.value.shape], dtype: result.value.dtype };
  },
  lower: { kind: 'loop', loop: ({ attrs }) => attrs as LoopAttrs },
  reference(inputs, node, out) {
    const { body, result } = node.attrs as LoopAttrs;
    const { carries, items, constants, next, length, reverse } = body;
    const order = topologicalOrder(result.kind === 'stack' ? [...next, result.value] : next);
    const double = [...inputs, out].some((values) => values instanceof Float64Array);
    const allocate = ({ dtype, size }: Tensor): NumericArray => {
      if (dtype !== 'float32') return new Int32Array(size);
      return double ? new Float64Array(size) : new Float32Array(size);
    };
    let state = inputs.slice(0, carries.length);
    for (let iteration = 0; iteration < length; iteration++) {
      const t = reverse ? length - 1 - iteration : iteration;
      const values = new Map<Tensor, NumericArray>();
      carries.forEach((carry, i) => {
        values.set(carry, state[i]!);
      });
      items.forEach((item, i) => {
        values.set(item, inputs[carries.length + i]!.subarray(t * item.size, (t + 1) * item.size));
      });
      constants.forEach((constant, i) => {
        values.set(constant, inputs[carries.length + items.length + i]!);
      });
      for (const inner of order) {
        if (values.has(inner)) continue;
        const array = allocate(inner);
        inner.op.reference(
          inner.inputs.map((operand) => values.get(operand)!),
          inner,
          array,
        );
        values.set(inner, array);
      }
      if (result.kind === 'stack') out.set(values.get(result.value)!, t * result.value.size);
      state = next.map((value) => values.get(value)!);
    }
    if (result.kind === 'final') out.set(state[result.carry]!);
  },
  vjp: (node, dy) => loopGradients([node], [dy]),
  family: { keyOf: loopKey, vjp: loopGradients },
  examples: scanExamples(),
};

/**
 * Repeats `step` T times: c₁, y₀ = step(c₀, x₀), c₂, y₁ = step(c₁, x₁), … The step is called once, to see what it
 * does; the loop itself runs inside of the compiled program, whose size does not depend on T. Tensors from outside that
 * the step uses are constants of the loop and have gradients.
 *
 * Shapes: init [...], the same after each step; xs [T, ...], of which the step is given [...]; ys [T, ...].
 *
 * @throws RangeError when there is no iteration, when stacks differ in length, or when a carry changes its shape;
 * TypeError when a carry changes its type, or on a scan within a scan
 * @example
 * const { carries: [total], ys: [sums] } = scan(
 *   ([sum], [x]) => ({ carries: [add(sum, x)], ys: [add(sum, x)] }),
 *   { init: [constant([0])], xs: [constant([1, 2, 3], [3, 1])] },
 * ); // total [6], sums [[1], [3], [6]]
 */
export function scan(
  step: (carries: readonly Tensor[], xs: readonly Tensor[]) => ScanStep,
  { init, xs = [], reverse = false, length }: ScanOptions,
): ScanResult {
  const steps = lengthOf(xs, length);
  const carries = init.map(({ shape, dtype }, i) => input(`carry${i}`, shape, dtype));
  const items = xs.map(({ shape, dtype }, i) => input(`item${i}`, shape.slice(1), dtype));
  const { carries: next, ys = [] } = step(carries, items);
  if (next.length !== init.length) {
    throw new TypeError(
      `scan: expected ${init.length} carries from the step, as many as in init; received ${next.length}.`,
    );
  }
  const { results, constants, operands } = close([...next, ...ys], [...carries, ...items]);
  const body = new LoopBody({
    carries,
    items,
    constants,
    next: results.slice(0, next.length),
    length: steps,
    reverse,
  });
  const all = [...init, ...xs, ...operands];
  return {
    carries: init.map((_, carry) => loopResult(scanOp, body, all, { kind: 'final', carry })),
    ys: results.slice(next.length).map((value) => loopResult(scanOp, body, all, { kind: 'stack', value })),
  };
}

function lengthOf(xs: readonly Tensor[], given: number | undefined): number {
  const length = given ?? xs[0]?.shape[0];
  if (length === undefined || !Number.isSafeInteger(length) || length < 1) {
    throw new RangeError(
      `scan: expected at least one iteration; received ${length === undefined ? 'neither xs nor length' : length}. Give it stacks with a leading axis of 1 or more, or 'length'.`,
    );
  }
  for (const { shape } of xs) {
    if (shape[0] !== length) {
      throw new RangeError(
        `scan: expected stacks [${length}, ...]; received ${formatShape(shape)}. The leading axis counts the iterations.`,
      );
    }
  }
  return length;
}

/**
 * The results of a traced step with placeholders for what it uses from outside. What does not depend on the
 * iteration is computed once, outside; views of it cost nothing inside, and constants without memory stay there.
 */
function close(
  results: readonly Tensor[],
  parameters: readonly Tensor[],
): { results: Tensor[]; constants: Tensor[]; operands: Tensor[] } {
  const inside = new Set(parameters);
  const order = topologicalOrder(results);
  for (const node of order) if (node.inputs.some((operand) => inside.has(operand))) inside.add(node);
  const constants: Tensor[] = [];
  const operands: Tensor[] = [];
  const replaced = new Map<Tensor, Tensor>(parameters.map((parameter) => [parameter, parameter]));
  const close = (node: Tensor): Tensor => {
    const known = replaced.get(node);
    if (known) return known;
    const { kind } = node.op.lower;
    let result: Tensor;
    if (kind === 'index' || kind === 'alias') {
      result = new Tensor(node.op, [close(node.inputs[0]!)], node.attrs, node);
    } else if (kind === 'generate' && node.inputs.length === 0) result = node;
    else {
      result = input(`constant${constants.length}`, node.shape, node.dtype);
      constants.push(result);
      operands.push(node);
    }
    replaced.set(node, result);
    return result;
  };
  for (const node of order) {
    if (!inside.has(node)) continue;
    if (node.op.lower.kind === 'loop') {
      throw new TypeError(
        'scan: a scan within a scan is not supported where it depends on carries or items. Put the inner axis into the batch, or make one scan of both.',
      );
    }
    for (const operand of node.inputs) if (!inside.has(operand)) close(operand);
  }
  for (const result of results) if (!inside.has(result)) close(result);
  return { results: substitute(results, replaced), constants, operands };
}

function checkAlike(given: Aval, expected: Aval, what: string): void {
  if (given.dtype !== expected.dtype) {
    throw new TypeError(`${what} ${expected.dtype}; received ${given.dtype}. Use cast().`);
  }
  if (!sameShape(given.shape, expected.shape)) {
    throw new RangeError(
      `${what} ${formatShape(expected.shape)}; received ${formatShape(given.shape)}. Reshape or broadcast it.`,
    );
  }
}

function scanExamples(): Op['examples'] {
  const shape = [3, 4];
  const stacks = (length: number) => ({ shape: [length, ...shape] });
  const [carry, item, weights] = [input('carry0', shape), input('item0', shape), input('constant0', [4, 4])];
  const product = contract(carry, weights, {
    axes: [
      { name: 'm', size: 3 },
      { name: 'n', size: 4 },
      { name: 'k', size: 4 },
    ],
    a: [[[0, 1]], [[2, 1]]],
    b: [[[2, 1]], [[1, 1]]],
    out: [[[0, 1]], [[1, 1]]],
  });
  const cell = tanh(add(product, item));
  const scaled = multiply(carry, multiply(item, carry));
  const body = (length: number, reverse: boolean, next: Tensor, constants: readonly Tensor[]) =>
    new LoopBody({ carries: [carry], items: [item], constants, next: [next], length, reverse });
  const recurrent = body(5, false, cell, [weights]);
  const backwards = body(4, true, cell, [weights]);
  const plain = body(3, false, scaled, []);
  return [
    {
      inputs: [{ shape }, stacks(5), { shape: [4, 4] }],
      attrs: new LoopAttrs(recurrent, { kind: 'final', carry: 0 }),
    },
    {
      inputs: [{ shape }, stacks(4), { shape: [4, 4] }],
      attrs: new LoopAttrs(backwards, { kind: 'stack', value: cell }),
    },
    {
      inputs: [{ shape }, stacks(4), { shape: [4, 4] }],
      attrs: new LoopAttrs(backwards, { kind: 'stack', value: product }),
    },
    {
      inputs: [{ shape }, stacks(3)],
      attrs: new LoopAttrs(plain, { kind: 'stack', value: sum(scaled, 1) }),
    },
    {
      inputs: [{ shape }, stacks(1)],
      attrs: new LoopAttrs(body(1, false, scaled, []), { kind: 'final', carry: 0 }),
    },
    {
      inputs: [{ shape }, stacks(0)],
      attrs: new LoopAttrs(body(0, false, scaled, []), { kind: 'final', carry: 0 }),
      error: 'at least one iteration',
    },
    {
      inputs: [{ shape }, stacks(4)],
      attrs: new LoopAttrs(plain, { kind: 'final', carry: 0 }),
      error: 'expected as operand 1',
    },
  ];
}
