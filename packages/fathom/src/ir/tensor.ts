import type { Op } from './op.ts';
import { checkShape, type DType, formatShape, type Shape, sizeOf } from './shape.ts';

/** The plain arrays that hold element values on the host. */
export type NumericArray = Float32Array | Float64Array | Int32Array;

/** What is known of a value before anything runs. */
export interface Aval {
  readonly shape: Shape;
  readonly dtype: DType;
}

let nextId = 0;
let currentLabel: string | undefined;

/**
 * Runs `body`; the nodes that it makes say in profiles that they come from `label`, such as a layer. Inside of another
 * label it takes the place of that one.
 */
export function labelled<T>(label: string | undefined, body: () => T): T {
  const outer = currentLabel;
  currentLabel = label;
  try {
    return body();
  } finally {
    currentLabel = outer;
  }
}

/** As `labelled`, for what is a part of what the current label names: `encoder/dense`. */
export function labelledPart<T>(name: string, body: () => T): T {
  return labelled(currentLabel === undefined ? name : `${currentLabel}/${name}`, body);
}

/**
 * An immutable node of the graph: one value with a static shape and element type.
 * Nothing is computed when it is made; a value is computed when it is read or when a step that needs it runs.
 */
export class Tensor implements Aval {
  /** Grows with creation, so that operands always have smaller ids than their results. */
  readonly id: number;
  readonly op: Op;
  readonly inputs: readonly Tensor[];
  readonly attrs: unknown;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Where it comes from, in words for profiles; it changes nothing of what is computed. */
  readonly label: string | undefined;

  constructor(op: Op, inputs: readonly Tensor[], attrs: unknown, aval: Aval, label = currentLabel) {
    this.id = nextId++;
    this.op = op;
    this.inputs = inputs;
    this.attrs = attrs;
    this.shape = aval.shape;
    this.dtype = aval.dtype;
    this.label = label;
  }

  get rank(): number {
    return this.shape.length;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  toString(): string {
    return `${this.op.name} ${this.dtype}${formatShape(this.shape)}`;
  }
}

/**
 * A value that outlives a step: a parameter, an optimizer slot, a running statistic, a counter.
 * Programs read it and write it in place; `value` is its node in the graph.
 */
export class Variable implements Aval {
  /** A label; a layer's weights get theirs when a model names the layer. */
  name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Values on the host, or `undefined` while a device holds the newest ones. */
  host: NumericArray | undefined;
  /** The device memory that holds the newest values, if any. */
  home: VariableHome | undefined;

  constructor(name: string, shape: Shape, dtype: DType, initial: NumericArray) {
    checkShape(shape, `variable ${name}`);
    if (initial.length !== sizeOf(shape)) {
      throw new RangeError(
        `variable ${name}: expected ${sizeOf(shape)} values for ${formatShape(shape)}; received ${initial.length}.`,
      );
    }
    this.name = name;
    this.shape = shape;
    this.dtype = dtype;
    this.host = initial;
  }

  get size(): number {
    return sizeOf(this.shape);
  }

  /** A copy of the newest values. */
  async read(): Promise<NumericArray> {
    return this.home ? await this.home.read() : this.host!.slice();
  }

  /** Replaces the values; they move to a device when a program next needs them there. */
  write(values: ArrayLike<number>): void {
    if (values.length !== this.size) {
      throw new RangeError(
        `variable ${this.name}: expected ${this.size} values for ${formatShape(this.shape)}; received ${values.length}.`,
      );
    }
    const host: NumericArray = this.dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values);
    if (this.home) this.home.write(host);
    else this.host = host;
  }
}

/** Device memory in which a variable lives; given by a backend. */
export interface VariableHome {
  read(): NumericArray | Promise<NumericArray>;
  write(values: NumericArray): void;
}
