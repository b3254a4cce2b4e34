import { describe, expect, it } from 'vitest';
import { compile } from '../../src/compiler/compile.ts';
import type { Graph, Program } from '../../src/compiler/program.ts';
import {
  averagePool2d,
  conv2d,
  matmul,
  maxPool2d,
  mean,
  relu,
  sparseCategoricalCrossentropy,
} from '../../src/functional/index.ts';
import { type Tensor, Variable } from '../../src/ir/tensor.ts';
import {
  add,
  divide,
  gradients,
  input,
  multiply,
  read,
  reshape,
  sqrt,
  subtract,
} from '../../src/ops/index.ts';
import { winograd } from '../../src/ops/winograd.ts';
import { evaluate } from '../../src/runtime.ts';
import { distance, expectAgreement } from '../support/compare.ts';
import { exact, plain } from '../support/differences.ts';
import { pick, seeded } from '../support/random.ts';
import { Machine } from './support/machine.ts';
import { WASM, WIDE } from './support/targets.ts';

const CLASSES = 10;

/** A training step of a small network of random form, large enough for stages of several kernels and for threads. */
function trainingStep(seed: number): { graph: Graph; feeds: Map<Tensor, Float64Array> } {
  const random = seeded(seed);
  const variables: Variable[] = [];
  const weights = (shape: number[]) => {
    const size = shape.reduce((a, b) => a * b);
    const scale = 1 / Math.sqrt(size / shape.at(-1)!);
    const values = Float32Array.from({ length: size }, () => scale * (2 * random() - 1));
    variables.push(new Variable(`w${variables.length}`, shape, 'float32', values));
    return read(variables.at(-1)!);
  };
  const batch = pick(random, [1, 5, 8, 16]);
  const side = pick(random, [10, 12, 13]);
  const channels = pick(random, [1, 3]);
  const images = input('images', [batch, side, side, channels]);
  let x: Tensor = images;
  for (let layer = 0; layer < 2; layer++) {
    const filters = pick(random, [4, 6, 16]);
    const padding = pick(random, ['same', 'valid'] as const);
    x = relu(add(conv2d(x, weights([3, 3, x.shape[3]!, filters]), { padding }), weights([filters])));
    const pool = pick(random, [maxPool2d, averagePool2d]);
    x = pool(x, { poolSize: 2, strides: pick(random, [1, 2]) });
  }
  x = reshape(x, [batch, -1]);
  x = relu(add(matmul(x, weights([x.shape[1]!, 20])), weights([20])));
  x = add(matmul(x, weights([20, CLASSES])), weights([CLASSES]));
  const labels = input('labels', [batch], 'int32');
  const loss = mean(sparseCategoricalCrossentropy(labels, x, { fromLogits: true }));
  const parameters = [...variables];
  const slopes = gradients(loss, parameters.map(read));
  const updates = parameters.flatMap((parameter, i) => {
    const slot = new Variable(
      `s${i}`,
      parameter.shape,
      'float32',
      new Float32Array(parameter.size).fill(0.01),
    );
    const squares = add(read(slot), multiply(subtract(multiply(slopes[i]!, slopes[i]!), read(slot)), 0.1));
    const step = divide(multiply(slopes[i]!, 0.01), add(sqrt(squares), 1e-7));
    return [
      { variable: slot, value: squares },
      { variable: parameter, value: subtract(read(parameter), step) },
    ];
  });
  const feeds = new Map([
    [images, Float64Array.from({ length: images.size }, () => Math.fround(random()))],
    [labels, Float64Array.from({ length: batch }, () => Math.floor(CLASSES * random()))],
  ]);
  return { graph: { inputs: [images, labels], outputs: [loss], updates }, feeds };
}

/** How large the program's loops are: a measure of what is checked. */
const kindsOf = ({ launches, buffers }: Program) => ({
  shared: launches.some(({ solo }) => !solo),
  stages: launches.some(({ stage }, i) => launches[i + 1]?.stage === stage),
  scratch: buffers.some(({ kind }) => kind === 'scratch'),
});

describe('training steps of random networks', () => {
  it('never race, read what is not written, or leave their buffers, and follow the oracle', async () => {
    const met = { shared: 0, stages: 0, scratch: 0 };
    for (let seed = 1; seed <= 8; seed++) {
      const { graph, feeds } = trainingStep(seed);
      const values = [...graph.outputs, ...graph.updates.map(({ value }) => value)];
      const expected = await evaluate(values, feeds, exact);
      const rounded = await evaluate(values, feeds, plain);
      const program = compile(graph, seed % 4 === 0 ? WIDE : WASM, [winograd]);
      const kinds = kindsOf(program);
      met.shared += Number(kinds.shared);
      met.stages += Number(kinds.stages);
      met.scratch += Number(kinds.scratch);
      for (const byTask of [false, true]) {
        const machine = new Machine(program, byTask);
        const results = machine.run(feeds);
        for (const { variable } of graph.updates) results.push(machine.valueOf(variable));
        results.forEach((actual, i) => {
          const slack = 10 * distance(rounded[i]!, expected[i]!) + 1e-5;
          expectAgreement(actual, expected[i]!, 'sum', `network ${seed}, value ${i}`, slack);
        });
      }
    }
    expect(Math.min(met.shared, met.stages, met.scratch), JSON.stringify(met)).toBeGreaterThan(2);
  });
});
