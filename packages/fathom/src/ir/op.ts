import type { Affine, Expr } from './expr.ts';
import type { LoopAttrs } from './loop.ts';
import type { DType, Shape } from './shape.ts';
import type { Aval, NumericArray, Tensor } from './tensor.ts';

/** A place along one axis of an operand: affine in the axes of the nest, or an int32 that is computed. */
export type Place = Affine | Expr;
/** The element of an operand at a place; at most one of its axes may be computed, and the operand is then in memory. */
export type Operand = (input: number, index: readonly Place[]) => Expr;

/**
 * How an op becomes part of a loop nest. The compiler reads this and never an op's name.
 *
 * - `leaf`: a value given from outside (input, variable, constant data).
 * - `pointwise`: result[i] = f(operands[i]).
 * - `index`: result[i] = operand[map(i)], with an affine map; costs nothing inside another kernel.
 * - `generate`: result[i] computed from i (and whole operands, read at fixed places).
 * - `alias`: the same elements in the same order under another shape.
 * - `pieces`: the result is put together from regions, each a constant or an operand.
 * - `nest`: a reduction over an iteration space of its own.
 * - `loop`: a value of a loop over a body graph; nodes with one body and the same operands come from one run of it.
 */
export type Lowering =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'pointwise'; readonly body: (operands: readonly Expr[], node: Tensor) => Expr }
  | { readonly kind: 'index'; readonly map: (index: readonly Affine[], node: Tensor) => Affine[] }
  | {
      readonly kind: 'generate';
      readonly body: (index: readonly Affine[], node: Tensor, operand: Operand) => Expr;
    }
  | { readonly kind: 'alias' }
  | { readonly kind: 'pieces'; readonly pieces: (node: Tensor) => Piece[] }
  | { readonly kind: 'nest'; readonly nest: (node: Tensor) => NestSpec }
  | { readonly kind: 'loop'; readonly loop: (node: Tensor) => LoopAttrs };

/** A region of a result: result[start + step·i] for i below `extent`, in each axis. */
export interface Piece {
  readonly start: readonly number[];
  readonly step: readonly number[];
  readonly extent: readonly number[];
  /** The operand whose element i goes there, or a constant. */
  readonly source: { readonly input: number } | { readonly constant: number };
}

/**
 * An iteration space, the expression to accumulate at each of its points, and the place in the result.
 * Points that fall on the same place are combined by `combine`; places that no point reaches are 0.
 * Kernels whose results are not one accumulated value a place give `stores` instead.
 */
export interface NestSpec {
  readonly axes: readonly number[];
  readonly combine: 'sum' | 'max';
  /** Index in the result of every iteration point, one affine map for each axis of the result. */
  readonly out: readonly Affine[];
  readonly body: (operand: Operand) => Expr;
  /** Inputs that must be plain buffers because their elements are read many times over. */
  readonly direct: readonly number[];
  /**
   * Several results of one iteration point, each with its own place. Given instead of `out` and `body` by
   * adjoints of selections (max pooling), where one window decides over all of its places at once.
   */
  readonly scatter?: {
    readonly offsets: readonly (readonly number[])[];
    readonly values: (operand: Operand) => Expr[];
    /**
     * The place along one axis of the result is this int32, which must lie inside of it, in place of what `out` says.
     * Points that meet are added in row-major order of the iteration space.
     */
    readonly computed?: { readonly axis: number; readonly place: (operand: Operand) => Expr };
  };
}

/** One use of an op, from which shape tests, gradient checks, backend comparisons and documentation are made. */
export interface Example {
  readonly inputs: readonly {
    readonly shape: Shape;
    readonly dtype?: DType;
    /** Values are drawn from this interval; default [-1, 1]. */
    readonly range?: readonly [number, number];
    /** Values to use instead of drawn ones: kinks, ties, special numbers. */
    readonly values?: readonly number[];
  }[];
  readonly attrs?: unknown;
  /** The example must be refused with a message that holds this text. */
  readonly error?: string;
  /** False where finite differences do not apply (a kink or a tie on purpose). */
  readonly differentiable?: boolean;
}

/**
 * Everything that Fathom knows of one op. A missing rule does not compile.
 */
export interface Op {
  readonly name: string;
  /** One sentence and the formula. */
  readonly doc: string;
  /** The shape rule; throws at the user's call. */
  readonly infer: (inputs: readonly Aval[], attrs: unknown) => Aval;
  readonly lower: Lowering;
  /** The rule in plain TypeScript, in the precision of the arrays it is given: the oracle of every backend. */
  readonly reference: (inputs: readonly NumericArray[], node: Tensor, out: NumericArray) => void;
  /** Gradients with respect to the inputs, as graph; `undefined` where there is none (integers, constants). */
  readonly vjp: (node: Tensor, dy: Tensor) => readonly (Tensor | undefined)[];
  readonly examples: readonly Example[];
  /**
   * Nodes of one key have the same operands and are computed together, so they are differentiated together as well:
   * given those members that have a cotangent, the gradients with respect to their operands.
   */
  readonly family?: {
    readonly keyOf: (node: Tensor) => string;
    readonly vjp: (members: readonly Tensor[], dys: readonly Tensor[]) => readonly (Tensor | undefined)[];
  };
  /** Whether a node is linear in all operands together: op(Σ x, Σ y) = Σ op(x, y). Views and reshapes always are. */
  readonly linear?: (node: Tensor) => boolean;
  /**
   * Σₜ op(x[t], y[t]) where the operands with `stacked` have t as a further axis 0, the others are the same for
   * all t: for reductions, to which t is one axis more.
   */
  readonly overStacks?: (node: Tensor, inputs: readonly Tensor[], stacked: readonly boolean[]) => Tensor;
  /**
   * The value of a node whose operand is a sum over the samples of two others, from sums over `parts` parts of the samples:
   * each is used by itself before they are added up. `sums` are those of all parts; nothing where the operand is no such sum.
   */
  readonly overParts?: (
    node: Tensor,
    operands: readonly Tensor[],
    parts: number,
  ) => { readonly value: Tensor; readonly sums: Tensor } | undefined;
  /** The operand of a node, read out of its value, of which it is a part. */
  readonly readBack?: (node: Tensor) => Tensor;
  /**
   * Non-decreasing in its first operand while the others are fixed, so that it commutes with a maximum.
   * Only for ops of which equal results of different operands have gradient zero.
   */
  readonly monotone?: boolean;
  /** Every element has the same value whatever the shape, which is the attribute `shape`. */
  readonly uniform?: boolean;
}
