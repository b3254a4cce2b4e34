import { apply, formatNumber } from '../ir/graph.ts';
import type { Op } from '../ir/op.ts';
import { checkShape, type DType, formatShape, type Shape, sizeOf } from '../ir/shape.ts';
import type { NumericArray, Tensor, Variable } from '../ir/tensor.ts';

/** A value that is given anew for each run. */
export interface InputAttrs {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
}

/** The current values of a variable. */
export class VariableAttrs {
  readonly variable: Variable;
  constructor(variable: Variable) {
    this.variable = variable;
  }
  toText(): string {
    return JSON.stringify(this.variable.name);
  }
}

/** Values fixed when the graph is made. */
export class ConstantAttrs {
  readonly values: NumericArray;
  readonly shape: Shape;
  readonly dtype: DType;
  constructor(values: NumericArray, shape: Shape, dtype: DType) {
    this.values = values;
    this.shape = shape;
    this.dtype = dtype;
  }
  toText(): string {
    return this.values.length <= 16
      ? `[${Array.from(this.values, formatNumber).join(',')}]`
      : `(${digest(this.values)})`;
  }
}

export const inputOp: Op = leaf('input', 'A value given for each run.', (attrs) => attrs as InputAttrs);
export const variableOp: Op = leaf(
  'variable',
  'The values that a variable has before the run.',
  (attrs) => (attrs as VariableAttrs).variable,
);
export const constantOp: Op = leaf(
  'constant',
  'Values fixed with the graph.',
  (attrs) => attrs as ConstantAttrs,
);

/** A placeholder for a value of the given shape, fed by name or by order at each run. */
export function input(name: string, shape: Shape, dtype: DType = 'float32'): Tensor {
  checkShape(shape, `input ${name}`);
  return apply(inputOp, [], { name, shape, dtype } satisfies InputAttrs);
}

/** The node that reads `variable`. */
export function read(variable: Variable): Tensor {
  return apply(variableOp, [], new VariableAttrs(variable));
}

/**
 * A tensor of fixed values.
 *
 * @example
 * const identity = constant([1, 0, 0, 1], [2, 2]);
 */
export function constant(values: ArrayLike<number>, shape?: Shape, dtype: DType = 'float32'): Tensor {
  const shapeOrVector = shape ?? [values.length];
  checkShape(shapeOrVector, 'constant');
  if (values.length !== sizeOf(shapeOrVector)) {
    throw new RangeError(
      `constant: expected ${sizeOf(shapeOrVector)} values for shape ${formatShape(shapeOrVector)}; received ${values.length}.`,
    );
  }
  const array = dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
  return apply(constantOp, [], new ConstantAttrs(array, shapeOrVector, dtype));
}

function leaf(name: string, doc: string, aval: (attrs: unknown) => { shape: Shape; dtype: DType }): Op {
  return {
    name,
    doc,
    infer: (_inputs, attrs) => ({ shape: aval(attrs).shape, dtype: aval(attrs).dtype }),
    lower: { kind: 'leaf' },
    reference(_inputs, node, out) {
      if (node.attrs instanceof ConstantAttrs) out.set(node.attrs.values);
      else throw new Error(`${node} has no value: feed it or read its variable.`);
    },
    vjp: () => [],
    examples: [],
  };
}

/** FNV-1a over the bytes, so that graphs with different constants print differently. */
function digest(values: NumericArray): string {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (const byte of bytes) {
    low = Math.imul(low ^ byte, 0x01000193);
    high = Math.imul(high ^ byte, 0x85ebca6b) ^ (high >>> 13);
  }
  return (low >>> 0).toString(16).padStart(8, '0') + (high >>> 0).toString(16).padStart(8, '0');
}
