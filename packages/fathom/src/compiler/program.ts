import type { BinaryOp, UnaryOp } from '../ir/expr.ts';
import type { DType, Shape } from '../ir/shape.ts';
import type { NumericArray, Tensor, Variable } from '../ir/tensor.ts';

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
  /** Multiply-adds that start in one cycle, and cycles until a result can be used. */
  readonly fmaPerCycle: number;
  readonly fmaLatency: number;
  readonly loadsPerCycle: number;
  /**
   * The code generator below moves all loads of a loop body to its beginning (V8's optimizing compiler does), so
   * that every value loaded in a body needs a register of its own: bodies must be short.
   */
  readonly hoistsLoads: boolean;
  /** Bytes of the cache in which a kernel's working set should stay. */
  readonly cacheBytes: number;
  /** How contractions are cut whose operands are larger than that. */
  readonly block: Block;
}

/** Most rows of the repeated operand, and steps of the reduction, that are worked on together. */
export interface Block {
  readonly rows: number;
  readonly steps: number;
  /**
   * Whether the repeated operand is copied block by block too. Its rows lie far apart, often on the same cache lines:
   * the more of them a tile has, the more those push each other out.
   */
  readonly copiesRows: boolean;
}

/** A piece of memory that kernels read and write; all offsets count from its beginning. */
export type Buffer = { readonly size: number; readonly dtype: DType } & (
  | { readonly kind: 'arena'; readonly offset: number }
  /** Memory of one chunk of one stage, of which every thread has its own: task t's slice begins at t·slice mod size. */
  | { readonly kind: 'scratch'; readonly offset: number }
  | { readonly kind: 'variable'; readonly variable: Variable }
  | { readonly kind: 'constant'; readonly values: NumericArray }
);

/** Everything a backend needs to run a graph: plain data, for no device in particular. */
export interface Program {
  readonly graph: Graph;
  readonly buffers: readonly Buffer[];
  /** Buffers of the graph's inputs and outputs, in the graph's order. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly launches: readonly Launch[];
  /** Parts of `launches` that are repeated, in order; they do not overlap. */
  readonly loops: readonly Loop[];
  /**
   * So many launches come first, whole stages, whose results stay in memory: they depend on variables alone that the
   * program does not change, and are left out while those have the values of the last run.
   */
  readonly prepared: number;
  readonly arenaBytes: number;
  /** Scratch memory that each thread needs. */
  readonly scratchBytes: number;
}

/**
 * Whole stages that are repeated: launches [first, end), `count` times over, with the number of the repetition given to
 * every launch (see {@link ITERATION}).
 *
 * - All launches are of one stage: no chunk needs anything of another one in any iteration. Each thread takes its share
 *   of the chunks as one range of tasks, and goes through all iterations of it without waiting for anybody.
 * - Launches are of several stages: all threads go through the iterations together; a launch's `barrier` holds in every
 *   iteration. The first launch has one.
 *
 * No buffer that a loop's launches touch is scratch memory.
 */
export interface Loop {
  readonly first: number;
  readonly end: number;
  readonly count: number;
}

/**
 * In the terms of an address, the number of this variable stands for the iteration of the loop around the launch:
 * 0 in the first one. Launches outside of loops do not use it.
 */
export const ITERATION = -1;

/**
 * A kernel: work for all threads. The parallel loops of its body run over `count` tasks, of which each thread takes
 * a contiguous range; any partition gives the same bits.
 */
export interface Launch {
  readonly name: string;
  readonly count: number;
  readonly body: readonly Stmt[];
  /** Small work: the first thread does all of it. */
  readonly solo: boolean;
  /** All threads wait for each other before this launch. */
  readonly barrier: boolean;
  /**
   * Launches with one stage number follow each other. A thread runs its share of a stage in chunks, each chunk
   * through all launches of the stage, so that what one launch leaves the next finds in the cache. Chunk i of a
   * launch is its tasks [i·count/chunks, (i+1)·count/chunks).
   */
  readonly stage: number;
  readonly chunks: number;
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** Elements of a buffer that belong to one task, for buffers that the tasks share out among them. */
  readonly slices: ReadonlyMap<number, number>;
  /** Arithmetic operations of the whole launch, all iterations counted, for profiles. */
  readonly flops: number;
  /** Bytes that it touches at least: each element that it reads or writes counted once an iteration. */
  readonly bytes: number;
  readonly work: Work;
  /** The nodes of the graph that it computes; none for copies that the compiler has put in. */
  readonly origin: readonly Origin[];
}

/** The kind of work of a launch, in the words of a profile. */
export type Work = 'sums of products' | 'sums' | 'maxima' | 'element by element' | 'copy' | 'zeros';

/** A node of the graph, in a profile. */
export interface Origin {
  readonly op: string;
  /** Where the node was made, such as a layer. */
  readonly label: string | undefined;
  readonly shape: Shape;
  /** Whether its values are stored in memory; all others are only used on the way. */
  readonly stored: boolean;
}

/** Element offset in a buffer: offset + Σ stride · loop variable, of which {@link ITERATION} is one. */
export interface Address {
  readonly buffer: number;
  readonly offset: number;
  readonly terms: readonly { readonly variable: number; readonly stride: number }[];
  /**
   * A further stride · index elements, where each lane of `index` (int32) is checked already. Where the index is
   * `uniform` all lanes have the same, and the elements lie as they would without it; else each lane has its own.
   */
  readonly indirect?: { readonly index: Vector; readonly stride: number; readonly uniform: boolean };
}

/** Structured code over vector registers. Loop variables are numbered; so are registers. */
export type Stmt =
  | {
      readonly kind: 'loop';
      readonly variable: number;
      readonly count: number;
      readonly body: readonly Stmt[];
      /** Of a parallel loop: the number of its first task. */
      readonly firstTask?: number;
    }
  | { readonly kind: 'assign'; readonly register: number; readonly value: Vector }
  /** Register i gets lane i of each of the rows, of which there are as many as a vector has lanes. */
  | { readonly kind: 'turn'; readonly registers: readonly number[]; readonly rows: readonly Vector[] }
  | {
      readonly kind: 'store';
      readonly address: Address;
      /** Distance between neighbouring lanes, in elements. */
      readonly stride: number;
      readonly lanes: number;
      readonly value: Vector;
    };

/** An expression over vectors. Nodes are shared, not copied: a renderer computes each once. */
export type Vector = { readonly dtype: DType } & (
  | { readonly kind: 'const'; readonly value: number }
  | {
      readonly kind: 'load';
      readonly address: Address;
      /** Distance between neighbouring lanes, in elements: 0 repeats one element. */
      readonly stride: number;
      readonly lanes: number;
    }
  | {
      readonly kind: 'index';
      readonly offset: number;
      readonly terms: Address['terms'];
      readonly stride: number;
    }
  | { readonly kind: 'register'; readonly register: number }
  | { readonly kind: 'unary'; readonly op: UnaryOp; readonly a: Vector }
  | { readonly kind: 'binary'; readonly op: BinaryOp; readonly a: Vector; readonly b: Vector }
  | { readonly kind: 'fma'; readonly a: Vector; readonly b: Vector; readonly c: Vector }
  | { readonly kind: 'select'; readonly condition: Vector; readonly a: Vector; readonly b: Vector }
);

/** The direct operands of a vector expression. */
export function vectorOperands(value: Vector): readonly Vector[] {
  switch (value.kind) {
    case 'const':
    case 'index':
    case 'register':
      return [];
    case 'load':
      return value.address.indirect ? [value.address.indirect.index] : [];
    case 'unary':
      return [value.a];
    case 'binary':
      return [value.a, value.b];
    case 'fma':
      return [value.a, value.b, value.c];
    case 'select':
      return [value.condition, value.a, value.b];
    default:
      return value satisfies never;
  }
}

/** What a statement computes: its value, and the place of a store that is known only at run time. */
export function valuesOf(statement: Exclude<Stmt, { kind: 'loop' }>): readonly Vector[] {
  if (statement.kind === 'turn') return statement.rows;
  if (statement.kind === 'store' && statement.address.indirect) {
    return [statement.address.indirect.index, statement.value];
  }
  return [statement.value];
}
