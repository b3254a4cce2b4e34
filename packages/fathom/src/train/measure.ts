import type { Backend, Executable } from '../backends/backend.ts';
import type { NumericArray, Variable } from '../ir/tensor.ts';

/** A training step that somebody measures. */
export interface MeasuredStep {
  readonly executable: Executable;
  readonly backend: Backend;
  readonly batchSize: number;
}

/** Something with a training step to measure: a compiled model, or a step of one's own. */
export interface Measurable {
  measureStep<T>(batchSize: number, measure: (step: MeasuredStep) => T | Promise<T>): Promise<T>;
}

/** Writes data to the first inputs of a program: numbers in [0, 1) where it takes floats, zeros where it takes integers. */
export function writeMadeUpData(executable: Executable, inputs: number): void {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  executable.program.graph.inputs.slice(0, inputs).forEach((input, i) => {
    const floats = input.dtype === 'float32';
    executable.write(
      i,
      floats ? Float32Array.from({ length: input.size }, next) : new Int32Array(input.size),
    );
  });
}

/** Runs `body`, and gives all variables of a program the values back that they had before. */
export async function keepingVariables<T>({ program }: Executable, body: () => T | Promise<T>): Promise<T> {
  const variables = program.buffers.flatMap((buffer) =>
    buffer.kind === 'variable' ? [buffer.variable] : [],
  );
  const before = new Map<Variable, NumericArray>();
  for (const variable of variables) before.set(variable, await variable.read());
  try {
    return await body();
  } finally {
    for (const [variable, values] of before) variable.write(values);
  }
}
