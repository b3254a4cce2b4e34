import type { Program } from '../../compiler/program.ts';
import type { NumericArray } from '../../ir/tensor.ts';
import type { Executable, LaunchSpan, LaunchTime, Sharing } from '../backend.ts';
import { type Block, view } from './memory.ts';

/** A compiled program with its memory. */
export class NativeExecutable implements Executable {
  readonly program: Program;
  onDispose: () => void = () => {};
  onTrace: (steps: number) => Promise<LaunchSpan[]> = async () => [];
  keeps: readonly Block[] = [];
  sharing: Sharing | undefined;
  readonly #places: readonly { block: Block; offset: number }[];
  readonly #working: <T>(work: () => T) => T;
  readonly #run: () => void;
  readonly #kernel: (launch: number, count: number, step: number, iterations: number) => void;
  #disposed = false;

  constructor(
    program: Program,
    places: readonly { block: Block; offset: number }[],
    working: <T>(work: () => T) => T,
    run: () => void,
    kernel: (launch: number, count: number, step: number, iterations: number) => void,
  ) {
    this.program = program;
    this.#places = places;
    this.#working = working;
    this.#run = run;
    this.#kernel = kernel;
  }

  write(input: number, values: ArrayLike<number>): void {
    const elements = this.#view(this.program.inputs[input]!);
    if (values.length !== elements.length) {
      throw new RangeError(
        `write: input ${input} takes ${elements.length} values; received ${values.length}.`,
      );
    }
    elements.set(values);
  }

  run(): void {
    this.#check();
    this.#working(this.#run);
  }

  read(output: number): NumericArray {
    return this.#view(this.program.outputs[output]!).slice();
  }

  profile(rounds: number): LaunchTime[] {
    this.#check();
    return this.#working(() => this.#times(rounds));
  }

  #times(rounds: number): LaunchTime[] {
    const { launches, loops } = this.program;
    const times = launches.map(({ name, flops }) => ({
      name,
      flops,
      milliseconds: Number.POSITIVE_INFINITY,
    }));
    for (let round = 0; round < rounds; round++) {
      launches.forEach(({ count, chunks, solo, stage }, i) => {
        const iterations = loops.find(({ first, end }) => first <= i && i < end)?.count ?? 1;
        const alone = launches[i - 1]?.stage !== stage && launches[i + 1]?.stage !== stage;
        const start = performance.now();
        this.#kernel(i, count, solo || alone ? count : count / chunks, iterations);
        times[i]!.milliseconds = Math.min(times[i]!.milliseconds, performance.now() - start);
      });
    }
    return times;
  }

  trace(steps: number): Promise<LaunchSpan[]> {
    this.#check();
    return this.onTrace(steps);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.onDispose();
  }

  #view(buffer: number): Float32Array | Int32Array {
    this.#check();
    const { size, dtype } = this.program.buffers[buffer]!;
    const { block, offset } = this.#places[buffer]!;
    return view(block, offset, dtype, size);
  }

  #check(): void {
    if (this.#disposed) throw new Error('native: this program has been disposed of. Load it again.');
  }
}
