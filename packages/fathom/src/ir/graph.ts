import type { Op } from './op.ts';
import { formatShape, sameShape } from './shape.ts';
import { labelled, Tensor } from './tensor.ts';

const NONE: ReadonlySet<Tensor> = new Set();

/** Makes a node after the op's shape rule has accepted the operands. */
export function apply(op: Op, inputs: readonly Tensor[], attrs: unknown = undefined): Tensor {
  return new Tensor(op, inputs, attrs, op.infer(inputs, attrs));
}

/** All nodes that `outputs` depend on, each after its operands; those in `known` come without theirs. */
export function topologicalOrder(
  outputs: readonly Tensor[],
  known: { has(node: Tensor): boolean } = NONE,
): Tensor[] {
  const order: Tensor[] = [];
  const seen = new Set<Tensor>();
  const stack: { node: Tensor; next: number }[] = [];
  for (const output of outputs) {
    if (seen.has(output)) continue;
    seen.add(output);
    stack.push({ node: output, next: 0 });
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const input = known.has(top.node) ? undefined : top.node.inputs[top.next++];
      if (input === undefined) {
        order.push(top.node);
        stack.pop();
      } else if (!seen.has(input)) {
        seen.add(input);
        stack.push({ node: input, next: 0 });
      }
    }
  }
  return order;
}

/** The two ops that reverse mode needs of its own; `ir` knows no op by name. */
export interface GradientAlgebra {
  add(a: Tensor, b: Tensor): Tensor;
  zeros(shape: readonly number[]): Tensor;
}

/**
 * Reverse-mode gradients, graph to graph: Σ over outputs of ⟨dyᵢ, ∂yᵢ/∂x⟩ for every x in `wrt`.
 * The results are nodes like any other, so they can be differentiated again.
 */
export function vjp(
  outputs: readonly Tensor[],
  cotangents: readonly Tensor[],
  wrt: readonly Tensor[],
  algebra: GradientAlgebra,
): Tensor[] {
  const order = topologicalOrder(outputs);
  const families = familiesOf(order);
  const needed = new Set<Tensor>(wrt);
  for (const node of order) if (node.inputs.some((input) => needed.has(input))) needed.add(node);

  const gradients = new Map<Tensor, Tensor>();
  const accumulate = (node: Tensor, gradient: Tensor) => {
    const sum = gradients.get(node);
    gradients.set(node, sum ? algebra.add(sum, gradient) : gradient);
  };
  outputs.forEach((output, i) => {
    accumulate(output, cotangents[i]!);
  });
  for (const node of order.reverse()) {
    if (!needed.has(node) || node.inputs.length === 0) continue;
    const family = families.get(node);
    // The member that comes first in order is met last, when the cotangents of all others are complete.
    if (family && family[0] !== node) continue;
    const members = (family ?? [node]).filter((member) => gradients.has(member));
    if (members.length === 0) continue;
    const cotangentsOf = members.map((member) => gradients.get(member)!);
    labelled(gradientLabel(node.label), () => {
      const slopes = family
        ? node.op.family!.vjp(members, cotangentsOf)
        : node.op.vjp(node, cotangentsOf[0]!);
      slopes.forEach((gradient, i) => {
        const input = node.inputs[i]!;
        if (!gradient || !needed.has(input)) return;
        if (!sameShape(gradient.shape, input.shape)) {
          throw new Error(
            `vjp of ${node.op.name}: gradient of input ${i} has shape ${formatShape(gradient.shape)}, the input ${formatShape(input.shape)}. This is a fault of the op's record.`,
          );
        }
        accumulate(input, gradient);
      });
    });
  }
  return wrt.map((x) => gradients.get(x) ?? algebra.zeros(x.shape));
}

/** How a gradient is called in profiles; that of a gradient as the gradient itself. */
function gradientLabel(label: string | undefined): string | undefined {
  return label === undefined || label.startsWith(GRADIENT) ? label : `${GRADIENT}${label}`;
}

/** What the labels of gradients begin with. */
export const GRADIENT = 'gradient of ';

/** For each node that has relatives (see `Op.family`) all of them, in order. */
function familiesOf(order: readonly Tensor[]): Map<Tensor, Tensor[]> {
  const byKey = new Map<string, Tensor[]>();
  const families = new Map<Tensor, Tensor[]>();
  for (const node of order) {
    if (!node.op.family) continue;
    const key = `${node.op.name} ${node.op.family.keyOf(node)}`;
    const members = byKey.get(key) ?? [];
    byKey.set(key, members);
    members.push(node);
    families.set(node, members);
  }
  return families;
}

/**
 * The graph as text, one node a line: `%3 = add(%1, %2) : float32[2,3]`. Numbers count from 0 in order of need,
 * so equal graphs print equally; the compiler's cache relies on it.
 */
export function print(outputs: readonly Tensor[]): string {
  const numbers = new Map<Tensor, number>();
  const lines: string[] = [];
  for (const node of topologicalOrder(outputs)) {
    numbers.set(node, numbers.size);
    const operands = node.inputs.map((input) => `%${numbers.get(input)}`).join(', ');
    const attrs = node.attrs === undefined ? '' : ` ${formatAttrs(node.attrs)}`;
    lines.push(
      `%${numbers.get(node)} = ${node.op.name}(${operands})${attrs} : ${node.dtype}${formatShape(node.shape)}`,
    );
  }
  lines.push(`return ${outputs.map((output) => `%${numbers.get(output)}`).join(', ')}`);
  return lines.join('\n');
}

/** Attributes as text; equal texts mean equal attributes (−0 and NaN included), but for large constants' digests. */
export function formatAttrs(attrs: unknown): string {
  if (attrs === undefined) return '';
  const { toText } = attrs as { toText?: () => string };
  if (toText) return toText.call(attrs);
  return JSON.stringify(attrs, (_key, value: unknown) =>
    typeof value === 'number' ? formatNumber(value) : value,
  );
}

/** A number as JSON has it, or as text where JSON would lose it. */
export function formatNumber(value: number): number | string {
  if (Object.is(value, -0)) return '-0';
  return Number.isFinite(value) ? value : String(value);
}

/** Checks that every node still has the shape and type that its op's rule gives; used after compiler passes. */
export function verify(outputs: readonly Tensor[], after: string): void {
  for (const node of topologicalOrder(outputs)) {
    for (const input of node.inputs) {
      if (input.id >= node.id) {
        throw new Error(`verify after ${after}: ${node} uses ${input}, which was made later.`);
      }
    }
    const aval = node.op.infer(node.inputs, node.attrs);
    if (aval.dtype !== node.dtype || !sameShape(aval.shape, node.shape)) {
      throw new Error(
        `verify after ${after}: ${node} should be ${aval.dtype}${formatShape(aval.shape)} by its op's rule.`,
      );
    }
  }
}
