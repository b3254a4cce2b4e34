import type { Tensor, Variable } from '../ir/tensor.ts';

/** What one run computes: outputs from inputs, and new values of variables. */
export interface Graph {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly updates: readonly { readonly variable: Variable; readonly value: Tensor }[];
}

/** What the scheduler must know of a machine. */
export interface Target {
  readonly name: string;
  /** Elements in one vector register. */
  readonly lanes: number;
  /** Vector registers that a kernel may use. */
  readonly registers: number;
}

export interface Program {
  readonly graph: Graph;
}
