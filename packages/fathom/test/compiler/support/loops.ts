import type { Graph } from '../../../src/compiler/program.ts';
import { matmul } from '../../../src/functional/index.ts';
import { type Tensor, Variable } from '../../../src/ir/tensor.ts';
import {
  add,
  broadcast,
  concat,
  constant,
  gradients,
  input,
  less,
  maximum,
  multiply,
  pad,
  read,
  reshape,
  scan,
  sigmoid,
  slice,
  subtract,
  sum,
  tanh,
  transpose,
  where,
  zeros,
} from '../../../src/ops/index.ts';
import { integer, pick, type Random, seeded } from '../../support/random.ts';

/**
 * A random loop and its gradients: several carries, some of which stay as they are or change places, products with
 * weights, and bodies whose rows need each other or do not. The same one for the same seed.
 */
export function loopGraph(seed: number): { graph: Graph; feeds: Map<Tensor, Float64Array> } {
  const random = seeded(seed * 7919 + 3);
  const [rows, width] = [pick(random, [1, 2, 4, 7, 8, 12, 16, 32]), pick(random, [1, 3, 4, 8, 17])];
  const length = pick(random, [1, 2, 3, 5]);
  const feeds = new Map<Tensor, Float64Array>();
  const given = (name: string, shape: number[]) => {
    const node = input(name, shape);
    feeds.set(
      node,
      Float64Array.from({ length: node.size }, () => Math.fround(2 * random() - 1)),
    );
    return node;
  };
  const count = integer(random, 1, 3);
  const init = Array.from({ length: count }, (_, i) =>
    random() < 0.3 ? zeros([rows, width]) : given(`init${i}`, [rows, width]),
  );
  const xs = Array.from({ length: integer(random, 0, 2) }, (_, i) => given(`x${i}`, [length, rows, width]));
  const weights = given('weights', [width, width]);
  const scale = new Variable('scale', [width], 'float32', Float32Array.from({ length: width }, random));
  const { carries, ys } = scan(
    (state, items) => {
      const nodes = [...state, ...items];
      const steps = integer(random, 1, 5);
      for (let i = 0; i < steps; i++) nodes.push(changed(pick(random, nodes), nodes, weights, scale, random));
      const next = state.map((carry, i) => {
        const chance = random();
        if (chance < 0.15) return carry;
        return chance < 0.3 ? state[(i + 1) % state.length]! : pick(random, nodes);
      });
      return { carries: next, ys: Array.from({ length: integer(random, 0, 2) }, () => pick(random, nodes)) };
    },
    { init, xs, length, reverse: random() < 0.4 },
  );
  const values = [...carries, ...ys];
  const terms = values.map((value) => {
    const dy = constant(
      Float32Array.from({ length: value.size }, () => 2 * random() - 1),
      value.shape,
    );
    return sum(multiply(value, dy));
  });
  const loss = terms.reduce((total, term) => add(total, term));
  const wrt = [...feeds.keys()];
  const [slope, ...slopes] = gradients(loss, [read(scale), ...wrt]);
  const updates = [{ variable: scale, value: subtract(read(scale), multiply(slope!, 0.1)) }];
  return { graph: { inputs: wrt, outputs: [...values, ...slopes], updates }, feeds };
}

function changed(
  x: Tensor,
  nodes: readonly Tensor[],
  weights: Tensor,
  scale: Variable,
  random: Random,
): Tensor {
  const [rows, width] = x.shape as [number, number];
  const other = pick(random, nodes);
  switch (integer(random, 0, 9)) {
    case 0:
      return tanh(x);
    case 1:
      return sigmoid(add(x, other));
    case 2:
    case 3:
      return tanh(matmul(x, weights));
    case 4:
      return multiply(x, broadcast(read(scale), x.shape, [1]));
    case 5:
      return where(less(x, other), x, multiply(other, 0.5));
    case 6:
      // Rows of one need all rows of the other.
      return subtract(x, broadcast(multiply(sum(other, 0), 1 / rows), x.shape, [1]));
    case 7:
      return width < 2 ? maximum(x, 0) : concat([slice(x, [0, 1], [rows, width - 1]), slice(other, [0, 0], [rows, 1])], 1); // biome-ignore format: one line
    case 8:
      return add(x, pad(slice(other, [0, 0], [rows, 1]), { low: [0, width - 1], high: [0, 0] }));
    default:
      return tanh(reshape(transpose(reshape(x, [width, rows])), [rows, width]));
  }
}
