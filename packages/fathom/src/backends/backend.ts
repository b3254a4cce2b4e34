import type { Program, Target } from '../compiler/program.ts';
import type { NumericArray } from '../ir/tensor.ts';

/**
 * The seam between the compiler and a device: a backend turns a program into something that runs.
 * A new backend is a folder beside this file and one line in `runtime.ts`.
 */
export interface Backend {
  readonly name: string;
  /** What programs are scheduled for; `undefined` for a backend that interprets the graph itself. */
  readonly target: Target | undefined;
  /** Threads that share the work of one run. */
  readonly threads: number;
  /** Nothing can be loaded or run any more. */
  readonly disposed: boolean;
  /** The backend that programs are loaded on from now on, since this one can load no more of them. */
  readonly substitute?: Backend | undefined;
  /** Why there is a substitute. */
  readonly failure?: string | undefined;
  /** Called while a compiler of its own works, which may take seconds: at the beginning, after each step, at the end. */
  onCompiling?: ((progress: CompilerProgress) => void) | undefined;
  load(program: Program): Promise<Executable>;
  /** Gives threads and memory back. Variables that live here are read to the host first. */
  dispose(): Promise<void>;
}

/** How much of what a compiler has to do now is done; all of it at the end. */
export interface CompilerProgress {
  readonly steps: number;
  readonly done: number;
}

/** A program on a device, bound to the variables of its graph. */
export interface Executable {
  /** What it runs: the graph, and on compiling backends the kernels (see `printProgram`). */
  readonly program: Program;
  /** Copies the values of input number `input`, in the order of the graph's inputs. */
  write(input: number, values: ArrayLike<number>): void;
  /** Computes all outputs and updates all variables, once. */
  run(): void | Promise<void>;
  /** A copy of output number `output`. */
  read(output: number): NumericArray | Promise<NumericArray>;
  /** Runs every kernel by itself on one thread and gives the shortest of `rounds` times. State advances too. */
  profile?(rounds: number): LaunchTime[];
  /**
   * Runs some steps as `run` does and tells when each thread was in which kernel. Noting the times makes steps a little
   * slower. State advances too.
   */
  trace?(steps: number): Promise<LaunchSpan[]>;
  /** How many threads share a run, where that is chosen while it runs: what it comes to is the same bits. */
  readonly sharing?: Sharing | undefined;
  dispose(): void;
}

/** The threads of a program's runs, at most the backend's. */
export interface Sharing {
  /** Threads of the next run. */
  readonly threads: number;
  /** Whether these are chosen; else numbers of threads are being compared, or are yet to be. */
  readonly isChosen: boolean;
}

/** A time that a thread spent in one kernel, or waiting for other threads. */
export interface LaunchSpan {
  readonly step: number;
  readonly thread: number;
  /** Its number in the program's `launches`; −1 for waiting. */
  readonly launch: number;
  /** Milliseconds since the first span began. */
  readonly startMs: number;
  readonly endMs: number;
}

/** One kernel of a program in a profile. */
export interface LaunchTime {
  readonly name: string;
  readonly milliseconds: number;
  /** Arithmetic operations of the kernel. */
  readonly flops: number;
}
