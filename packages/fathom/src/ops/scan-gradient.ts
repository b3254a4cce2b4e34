import { apply, topologicalOrder, vjp } from '../ir/graph.ts';
import { LoopAttrs, LoopBody, type LoopResult, substitute } from '../ir/loop.ts';
import type { Op } from '../ir/op.ts';
import { Tensor } from '../ir/tensor.ts';
import { add } from './add.ts';
import { broadcast, sum } from './broadcast.ts';
import { zeros } from './full.ts';
import { input } from './leaves.ts';
import { reshape } from './reshape.ts';

/** A value of a loop with these operands: a node of the loop's op, or something simpler that is equal. */
export function loopResult(op: Op, body: LoopBody, operands: readonly Tensor[], result: LoopResult): Tensor {
  const { carries, items, constants, next, length } = body;
  if (result.kind === 'final') {
    const value = next[result.carry]!;
    if (value === carries[result.carry]) return operands[result.carry]!;
    return apply(op, operands, new LoopAttrs(body, result));
  }
  const { value } = result;
  const item = items.indexOf(value);
  if (item >= 0) return operands[carries.length + item]!;
  const shape = [length, ...value.shape];
  const repeated = (x: Tensor) =>
    broadcast(
      x,
      shape,
      x.shape.map((_, d) => d + 1),
    );
  const constant = constants.indexOf(value);
  if (constant >= 0) return repeated(operands[carries.length + items.length + constant]!);
  if (value.inputs.length === 0 && !carries.includes(value)) return repeated(value);
  if (value.op.lower.kind === 'alias') {
    return reshape(loopResult(op, body, operands, { kind: 'stack', value: value.inputs[0]! }), shape);
  }
  return apply(op, operands, new LoopAttrs(body, result));
}

/**
 * Gradients of a loop with respect to its operands, as a loop that goes the other way. With c' = f(c, x, k) for the
 * carries c, items x and constants k, and the cotangents ċ' of the new carries, each of its iterations is the gradient
 * of the body, (ċ, ẋ, k̇) = ∂f/∂(c, x, k)ᵀ·(ċ', ẏ), at values of the forward loop that are stacked for it.
 *
 * k̇ is a sum over iterations. Where the terms come from a reduction, such as hᵀ·dz of a weight matrix, the sum is
 * one more axis of that reduction, over the stacks of h and dz, outside of the loop (see `overStacks`); elsewhere it is
 * a carry.
 */
export function loopGradients(members: readonly Tensor[], dys: readonly Tensor[]): (Tensor | undefined)[] {
  return new LoopGradient(members, dys).build();
}

/** What stands in the reversed loop for values from outside of it. */
interface Placeholders {
  readonly parameters: Tensor[];
  readonly operands: Tensor[];
}

class LoopGradient {
  readonly #op: Op;
  readonly #forward: LoopBody;
  readonly #operands: readonly Tensor[];
  readonly #members: readonly Tensor[];
  readonly #dys: readonly Tensor[];
  readonly #carries: Placeholders = { parameters: [], operands: [] };
  readonly #items: Placeholders = { parameters: [], operands: [] };
  readonly #constants: Placeholders = { parameters: [], operands: [] };
  /** Nodes of the forward body, and what they are in the reversed one. */
  readonly #known = new Map<Tensor, Tensor>();
  readonly #primal: ReadonlySet<Tensor>;

  constructor(members: readonly Tensor[], dys: readonly Tensor[]) {
    const [{ op, inputs }] = members as [Tensor];
    this.#op = op;
    this.#members = members;
    this.#dys = dys;
    this.#operands = inputs;
    this.#forward = attrsOf(members[0]!).body;
    const values = members.flatMap((member) => {
      const { result } = attrsOf(member);
      return result.kind === 'stack' ? [result.value] : [];
    });
    this.#primal = new Set(topologicalOrder([...this.#forward.next, ...values]));
  }

  build(): (Tensor | undefined)[] {
    const { carries, items, constants, next, length, reverse } = this.#forward;
    const float = (nodes: readonly Tensor[]) => nodes.filter(({ dtype }) => dtype === 'float32');
    const [floatCarries, floatItems, floatConstants] = [float(carries), float(items), float(constants)];
    // What the body's results are worth: the carries to the iteration after it, the stacked values to the outside.
    const results: Tensor[] = [];
    const cotangents: Tensor[] = [];
    const cotangentOf = new Map<Tensor, Tensor>();
    for (const carry of floatCarries) {
      const i = carries.indexOf(carry);
      const final = this.#cotangent((result) => result.kind === 'final' && result.carry === i);
      const parameter = placeholder(this.#carries, final ?? zeros(carry.shape), carry.shape, 'carry');
      cotangentOf.set(carry, parameter);
      results.push(next[i]!);
      cotangents.push(parameter);
    }
    this.#members.forEach((member, i) => {
      const { result } = attrsOf(member);
      if (result.kind !== 'stack') return;
      results.push(result.value);
      cotangents.push(placeholder(this.#items, this.#dys[i]!, result.value.shape, 'item'));
    });
    const wrt = [...floatCarries, ...floatItems, ...floatConstants];
    const slopes = this.#closed(vjp(results, cotangents, wrt, { add, zeros }));
    const nextCarries = slopes.slice(0, floatCarries.length);
    const itemSlopes = slopes.slice(floatCarries.length, floatCarries.length + floatItems.length);
    const constantSlopes = slopes.slice(floatCarries.length + floatItems.length);

    const sums = constantSlopes.map((slope) => this.#planSum(slope, nextCarries));
    const body = new LoopBody({
      carries: this.#carries.parameters,
      items: this.#items.parameters,
      constants: this.#constants.parameters,
      next: nextCarries,
      length,
      reverse: !reverse,
    });
    const operands = [...this.#carries.operands, ...this.#items.operands, ...this.#constants.operands];
    const value = (result: LoopResult) => loopResult(this.#op, body, operands, result);
    const gradients = new Map<Tensor, Tensor>();
    floatCarries.forEach((carry, i) => {
      gradients.set(carry, value({ kind: 'final', carry: i }));
    });
    floatItems.forEach((item, i) => {
      gradients.set(item, value({ kind: 'stack', value: itemSlopes[i]! }));
    });
    floatConstants.forEach((constant, i) => {
      gradients.set(constant, sums[i]!(value));
    });
    return [...carries, ...items, ...constants].map((parameter) => gradients.get(parameter));
  }

  /** The cotangent of the member with such a result, if it has one. */
  #cotangent(which: (result: LoopResult) => boolean): Tensor | undefined {
    const at = this.#members.findIndex((member) => which(attrsOf(member).result));
    return this.#dys[at];
  }

  /** The graph of `outputs` with placeholders for all values of the forward body that it uses. */
  #closed(outputs: readonly Tensor[]): Tensor[] {
    const used = topologicalOrder(outputs, this.#primal).filter((node) => this.#primal.has(node));
    for (const node of used) this.#known.set(node, this.#standIn(node));
    return substitute(outputs, this.#known);
  }

  /**
   * A value of the forward body in the reversed one. Views, and truths and integers, are computed again from their
   * operands; every other value is stacked by the forward loop.
   */
  #standIn(node: Tensor): Tensor {
    const known = this.#known.get(node);
    if (known) return known;
    const { carries, items, constants } = this.#forward;
    const constant = constants.indexOf(node);
    const { kind } = node.op.lower;
    let result: Tensor;
    if (constant >= 0) {
      const operand = this.#operands[carries.length + items.length + constant]!;
      result = placeholder(this.#constants, operand, node.shape, 'constant');
    } else if (node.inputs.length === 0 && !carries.includes(node) && !items.includes(node)) result = node;
    else {
      const again = node.dtype !== 'float32' && node.inputs.length > 0;
      if (again || kind === 'index' || kind === 'alias') {
        const inputs = node.inputs.map((operand) => this.#standIn(operand));
        result = new Tensor(node.op, inputs, node.attrs, node);
      } else {
        const stack = loopResult(this.#op, this.#forward, this.#operands, { kind: 'stack', value: node });
        result = placeholder(this.#items, stack, node.shape, 'item');
      }
    }
    this.#known.set(node, result);
    return result;
  }

  /** How to sum `slope` over all iterations; called with the values of the reversed loop once it is made. */
  #planSum(slope: Tensor, nextCarries: Tensor[]): (value: (result: LoopResult) => Tensor) => Tensor {
    const { length } = this.#forward;
    const { op, inputs, attrs } = slope;
    const stacked = (node: Tensor) => !this.#constants.parameters.includes(node);
    if (op.uniform && inputs.length === 0 && isZero(slope)) return () => slope;
    if (op.overStacks && inputs.some(stacked)) {
      const { overStacks } = op;
      return (value) =>
        overStacks(
          slope,
          inputs.map((node) =>
            stacked(node)
              ? value({ kind: 'stack', value: node })
              : this.#constants.operands[this.#constants.parameters.indexOf(node)]!,
          ),
          inputs.map(stacked),
        );
    }
    const linear = op.linear?.(slope) || op.lower.kind === 'index' || op.lower.kind === 'alias';
    if (linear && inputs.length > 0) {
      const sums = inputs.map((node) => this.#planSum(node, nextCarries));
      return (value) =>
        apply(
          op,
          sums.map((total) => total(value)),
          attrs,
        );
    }
    if (this.#items.parameters.includes(slope)) {
      return (value) => sum(value({ kind: 'stack', value: slope }), 0);
    }
    if (!stacked(slope)) {
      return () => {
        const operand = this.#constants.operands[this.#constants.parameters.indexOf(slope)]!;
        const all = broadcast(
          operand,
          [length, ...slope.shape],
          slope.shape.map((_, d) => d + 1),
        );
        return sum(all, 0);
      };
    }
    const total = placeholder(this.#carries, zeros(slope.shape), slope.shape, 'carry');
    const carry = this.#carries.parameters.length - 1;
    nextCarries.push(add(total, slope));
    return (value) => value({ kind: 'final', carry });
  }
}

const attrsOf = (node: Tensor) => node.attrs as LoopAttrs;

function placeholder(
  { parameters, operands }: Placeholders,
  operand: Tensor,
  shape: readonly number[],
  what: string,
): Tensor {
  const parameter = input(`${what}${parameters.length}`, shape, operand.dtype);
  parameters.push(parameter);
  operands.push(operand);
  return parameter;
}

/** Whether a uniform value is 0, whose sum is itself. */
function isZero({ attrs }: Tensor): boolean {
  return (attrs as { value?: number }).value === 0;
}
