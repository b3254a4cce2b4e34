import type { Access, Expr } from '../ir/expr.ts';
import type { Origin } from './program.ts';

/** A loop around several nests, which is run through `count` times; nests of one loop have the same object. */
export interface Repetition {
  readonly count: number;
}

/**
 * A loop nest before scheduling: an iteration space, what to accumulate over it, and what to store.
 * Accesses name buffers of the whole program. Axes along which no store moves are reduced.
 */
export interface Nest {
  readonly name: string;
  readonly axes: readonly number[];
  /** The accumulated value; absent for plain elementwise work. */
  readonly reduce?: {
    readonly combine: 'sum' | 'max';
    readonly body: Expr;
    /** Axes that lead different points of the space to the same place: run in sequence, adding to memory. */
    readonly colliding: readonly number[];
  };
  readonly stores: readonly NestStore[];
  /**
   * Axes along which different points can fall on one place: work is not divided among threads along them. Empty
   * where every point has a place of its own.
   */
  readonly entangled: readonly number[];
  /** The axis to divide the work along, where an earlier pass has made one for that. */
  readonly tasks?: number;
  /** The axis over the panels of a contraction cut into blocks: a register tile lies in one of them. */
  readonly panels?: number;
  /** The loop that the nest is repeated in; the nests of a loop follow each other. */
  readonly loop?: Repetition;
  /** Elements to set to zero first: the space does not reach every place of the result. */
  readonly fill?: { readonly buffer: number; readonly size: number };
  /** Computed a second time: not before it is needed. */
  readonly late?: boolean;
  /** The nodes that it computes, for profiles. */
  readonly origin?: readonly Origin[];
}

export interface NestStore {
  readonly access: Access;
  /** May use `acc`, the accumulated value. */
  readonly value: Expr;
  /** Adds to what is there. */
  readonly accumulate: boolean;
}
