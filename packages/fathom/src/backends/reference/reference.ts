import type { Program } from '../../compiler/program.ts';
import { topologicalOrder } from '../../ir/graph.ts';
import type { DType } from '../../ir/shape.ts';
import type { NumericArray, Tensor, Variable } from '../../ir/tensor.ts';
import type { Backend, Executable } from '../backend.ts';

export interface ReferenceOptions {
  /** Arithmetic of float32 values: 64 bits give an oracle for tests of the faster backends. Default 32. */
  readonly precision?: 32 | 64;
  /** Called with every computed node, in order: debuggers look for the first NaN here. */
  readonly onValue?: (node: Tensor, values: NumericArray) => void;
}

/**
 * Interprets the graph op by op in plain TypeScript, with each op's own rule: slow, simple, and the oracle that every
 * other backend is tested against.
 */
export function referenceBackend(options: ReferenceOptions = {}): Backend {
  return {
    name: 'reference',
    target: undefined,
    threads: 1,
    disposed: false,
    load: async (program: Program) => new ReferenceExecutable(program, options),
    dispose: async () => {},
  };
}

class ReferenceExecutable implements Executable {
  readonly program: Program;
  readonly #options: ReferenceOptions;
  readonly #order: readonly Tensor[];
  readonly #feeds = new Map<Tensor, NumericArray>();
  #outputs: NumericArray[] = [];

  constructor(program: Program, options: ReferenceOptions) {
    const { graph } = program;
    this.program = program;
    this.#options = options;
    this.#order = topologicalOrder([...graph.outputs, ...graph.updates.map(({ value }) => value)]);
  }

  write(input: number, values: ArrayLike<number>): void {
    const node = this.program.graph.inputs[input]!;
    const array = this.#allocate(node.dtype, node.size);
    array.set(values);
    this.#feeds.set(node, array);
  }

  async run(): Promise<void> {
    const values = new Map<Tensor, NumericArray>(this.#feeds);
    for (const node of this.#order) {
      if (values.has(node)) continue;
      const variable = variableOf(node);
      const out = this.#allocate(node.dtype, node.size);
      if (variable) out.set(await variable.read());
      else {
        node.op.reference(
          node.inputs.map((input) => values.get(input)!),
          node,
          out,
        );
      }
      values.set(node, out);
      this.#options.onValue?.(node, out);
    }
    this.#outputs = this.program.graph.outputs.map((output) => values.get(output)!);
    for (const { variable, value } of this.program.graph.updates) variable.write(values.get(value)!);
  }

  read(output: number): NumericArray {
    const values = this.#outputs[output];
    if (!values)
      throw new RangeError(`read: output ${output} of ${this.#outputs.length} has not been computed.`);
    return values.slice();
  }

  dispose(): void {
    this.#feeds.clear();
    this.#outputs = [];
  }

  #allocate(dtype: DType, size: number): NumericArray {
    if (dtype !== 'float32') return new Int32Array(size);
    return this.#options.precision === 64 ? new Float64Array(size) : new Float32Array(size);
  }
}

/** The variable that a leaf reads, if it is one. */
export function variableOf(node: Tensor): Variable | undefined {
  return (node.attrs as { variable?: Variable } | undefined)?.variable;
}
