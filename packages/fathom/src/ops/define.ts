import type { Expr } from '../ir/expr.ts';
import type { Example, Op } from '../ir/op.ts';
import { type DType, formatShape, sameShape } from '../ir/shape.ts';
import type { Aval, Tensor } from '../ir/tensor.ts';

/** What one elementwise op needs beyond what all of them share. */
export interface PointwiseRules {
  readonly name: string;
  readonly doc: string;
  /** Element types accepted for the operands; one entry each. */
  readonly operands: readonly (readonly DType[])[];
  /** Element type of the result; default that of the first operand. */
  readonly result?: DType;
  /** The rule on plain numbers. */
  readonly scalar: (...operands: number[]) => number;
  /** The rule on int32 where it differs: products wrap, which doubles cannot show. */
  readonly integer?: (...operands: number[]) => number;
  /** The rule in the scalar ALU, from which every backend's code is printed. */
  readonly body: (operands: readonly Expr[]) => Expr;
  readonly vjp: (node: Tensor, dy: Tensor) => readonly (Tensor | undefined)[];
  readonly examples: readonly Example[];
  readonly monotone?: boolean;
  readonly linear?: boolean;
}

/** Completes the record of an elementwise op: equal shapes in, the same shape out. */
export function definePointwise(rules: PointwiseRules): Op {
  const { name, doc, operands, scalar, body, vjp, examples } = rules;
  return {
    name,
    doc,
    infer(inputs) {
      checkCount(name, inputs, operands.length);
      const [first] = inputs as [Aval];
      let operandType: DType | undefined;
      inputs.forEach((input, i) => {
        if (!sameShape(input.shape, first.shape)) {
          throw new RangeError(
            `${name}: expected operands of one shape; received ${formatShape(first.shape)} and ${formatShape(input.shape)}. Broadcast or reshape one of them.`,
          );
        }
        const accepted = operands[i]!;
        if (!accepted.includes(input.dtype)) {
          throw new TypeError(
            `${name}: expected ${accepted.join(' or ')} as operand ${i}; received ${input.dtype}. Use cast().`,
          );
        }
        if (accepted.length > 1) {
          operandType ??= input.dtype;
          if (input.dtype !== operandType) {
            throw new TypeError(
              `${name}: expected operands of one type; received ${operandType} and ${input.dtype}. Use cast().`,
            );
          }
        }
      });
      return { shape: first.shape, dtype: rules.result ?? operandType ?? first.dtype };
    },
    lower: { kind: 'pointwise', body },
    reference(inputs, node, out) {
      const [a, b, c] = inputs;
      const rule = (node.dtype === 'int32' && rules.integer) || scalar;
      if (inputs.length === 1) for (let i = 0; i < out.length; i++) out[i] = rule(a![i]!);
      else if (inputs.length === 2) for (let i = 0; i < out.length; i++) out[i] = rule(a![i]!, b![i]!);
      else for (let i = 0; i < out.length; i++) out[i] = rule(a![i]!, b![i]!, c![i]!);
    },
    vjp,
    examples,
    ...(rules.monotone ? { monotone: true } : {}),
    ...(rules.linear ? { linear: () => true } : {}),
  };
}

export function checkCount(name: string, inputs: readonly Aval[], expected: number): void {
  if (inputs.length !== expected) {
    throw new TypeError(`${name}: expected ${expected} operands; received ${inputs.length}.`);
  }
}

export const FLOAT: readonly DType[] = ['float32'];
export const NUMBER: readonly DType[] = ['float32', 'int32'];
export const INT: readonly DType[] = ['int32'];
export const BOOL: readonly DType[] = ['bool'];

export function checkFloat(name: string, inputs: readonly Aval[]): void {
  for (const { dtype } of inputs) {
    if (dtype !== 'float32') throw new TypeError(`${name}: expected float32; received ${dtype}. Use cast().`);
  }
}
