import type { Tensor } from '../ir/tensor.ts';
import { input, multiply, sum } from '../ops/index.ts';
import { type Inspectable, nodesOf } from './nodes.ts';
import { endsInSoftmax } from './objective.ts';
import { isWeighted, type TracedNetwork } from './trace.ts';

/** How much a network speaks for a class, as graph: the sum of its logits over a batch, chosen by an input [B, K]. */
export function scoreOf(
  model: Inspectable,
  traced: TracedNetwork,
  output: number,
): { readonly score: Tensor; readonly chosen: Tensor } {
  const { nodes, outputs } = nodesOf(model);
  const source = outputs[output]!;
  const last = nodes[source.node]!;
  // Before softmax, where more of one class does not mean less of another alone.
  const isSoftmax = endsInSoftmax(model, output);
  const y = traced.values[source.node]![source.output]!;
  const before = isWeighted(last.layer)
    ? traced.preActivations[last.index]!
    : traced.values[last.sources[0]?.node ?? last.index]![last.sources[0]?.output ?? 0]!;
  const logits = isSoftmax ? before : y;
  const chosen = input('chosen', logits.shape);
  return { score: sum(multiply(logits, chosen)), chosen };
}

/** For each of `count` samples, 1 at the chosen one of the last axis. */
export function choose(
  model: Inspectable,
  classIndex: number,
  count: number,
  output: number,
  where: string,
): Float32Array {
  const shape = model.network.outputs[output]?.shape;
  const classes = shape?.at(-1) ?? 1;
  if (!shape || !Number.isInteger(classIndex) || classIndex < 0 || classIndex >= classes) {
    throw new RangeError(`${where}: expected a class 0…${classes - 1}; received ${classIndex}.`);
  }
  const size = count * shape.reduce((product, extent) => product * extent, 1);
  return Float32Array.from({ length: size }, (_, i) => Number(i % classes === classIndex));
}
