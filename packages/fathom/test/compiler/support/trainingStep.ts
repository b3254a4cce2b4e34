import type { Graph } from '../../../src/compiler/program.ts';
import {
  averagePool2d,
  conv2d,
  matmul,
  maxPool2d,
  mean,
  relu,
  sparseCategoricalCrossentropy,
} from '../../../src/functional/index.ts';
import { type Tensor, Variable } from '../../../src/ir/tensor.ts';
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
} from '../../../src/ops/index.ts';
import { pick, seeded } from '../../support/random.ts';

const CLASSES = 10;

/** A training step of a small network of random form, large enough for stages of several kernels and for threads. */
export function trainingStep(seed: number): { graph: Graph; feeds: Map<Tensor, Float64Array> } {
  const random = seeded(seed);
  const variables: Variable[] = [];
  const weights = (shape: number[]) => {
    const size = shape.reduce((a, b) => a * b);
    const scale = 1 / Math.sqrt(size / shape.at(-1)!);
    const values = Float32Array.from({ length: size }, () => scale * (2 * random() - 1));
    variables.push(new Variable(`w${variables.length}`, shape, 'float32', values));
    return read(variables.at(-1)!);
  };
  const batch = pick(random, [1, 5, 8, 16, 32]);
  const side = pick(random, [11, 14, 15]);
  const channels = pick(random, [1, 3]);
  const images = input('images', [batch, side, side, channels]);
  let x: Tensor = images;
  for (let layer = 0; layer < 2; layer++) {
    const filters = pick(random, [6, 16, 16]);
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
