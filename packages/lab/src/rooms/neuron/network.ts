import {
  type Backend,
  type Executable,
  functional,
  gradients,
  initializers,
  load,
  ops,
  type Tensor,
  Variable,
} from 'fathom';
import { EXTENT, type Point } from './data.ts';
import { Stream } from './random.ts';

export type Activation = (typeof ACTIVATIONS)[number];
export type Output = (typeof OUTPUTS)[number];
export type Start = (typeof STARTS)[number]['id'];
export type LossName = (typeof LOSSES)[number]['id'];

export const ACTIVATIONS = ['tanh', 'relu', 'sigmoid', 'leakyRelu', 'linear', 'square'] as const;
export const OUTPUTS = ['sigmoid', 'step'] as const;
export const LOSSES = [
  { id: 'crossentropy', name: 'binary cross-entropy' },
  { id: 'squared', name: 'mean squared error' },
] as const;
export const STARTS = [
  { id: 'glorot', name: 'Glorot uniform' },
  { id: 'zeros', name: 'all 0' },
  { id: 'ones', name: 'all 1' },
  { id: 'small', name: 'normal, deviation 0.01' },
  { id: 'large', name: 'normal, deviation 5' },
] as const;

/** A network from the plane to one number, and how it is trained. */
export interface Plan {
  /** Units of each hidden layer; none is a single neuron. */
  readonly hidden: readonly number[];
  readonly activation: Activation;
  /** With `step` the neuron is a perceptron, trained by its own rule. */
  readonly output: Output;
  readonly loss: LossName;
  readonly start: Start;
  readonly rate: number;
  /** Points in a step; 0 is all of them. */
  readonly batch: number;
  readonly seed: number;
}

/** The weights of a layer as they are now. */
export interface LayerWeights {
  /** [from][to] */
  readonly kernel: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

/** How well the network does on all points. */
export interface Measure {
  readonly loss: number;
  readonly accuracy: number;
  /** ‖∂J/∂W‖ of each layer. */
  readonly gradients: readonly number[];
}

/** Rows and columns of the pictures. */
export const PICTURE = 48;

/**
 * A network on points of the plane. All of its numbers, its gradients too, are the library's: three programs share the
 * weights, one that trains, one that measures, one that paints.
 */
export class PlaneNetwork {
  readonly plan: Plan;
  readonly #points: readonly Point[];
  readonly #layers: readonly Weights[];
  readonly #batch: number;
  readonly #train: Executable;
  readonly #test: Executable;
  readonly #paint: Executable;
  readonly #order: Stream;
  #steps = 0;

  private constructor(
    plan: Plan,
    points: readonly Point[],
    layers: readonly Weights[],
    batch: number,
    programs: readonly [Executable, Executable, Executable],
  ) {
    this.plan = plan;
    this.#points = points;
    this.#layers = layers;
    this.#batch = batch;
    [this.#train, this.#test, this.#paint] = programs;
    this.#order = new Stream(plan.seed + 1);
  }

  static async create(plan: Plan, points: readonly Point[], backend: Backend): Promise<PlaneNetwork> {
    const layers = makeWeights(plan);
    const batch = plan.batch === 0 ? points.length : Math.min(plan.batch, points.length);
    const programs = await Promise.all([
      load(trainGraph(plan, layers, batch), backend),
      load(testGraph(plan, layers, points.length), backend),
      load(paintGraph(plan, layers), backend),
    ]);
    const network = new PlaneNetwork(plan, points, layers, batch, programs);
    network.#test.write(
      0,
      points.flatMap(({ x, y }) => [x, y]),
    );
    network.#test.write(
      1,
      points.map(({ label }) => label),
    );
    network.#paint.write(0, planeGrid());
    return network;
  }

  get steps(): number {
    return this.#steps;
  }

  /** Units of each layer, the two inputs first. */
  get sizes(): readonly number[] {
    return [2, ...this.plan.hidden, 1];
  }

  async train(steps: number, rate: number): Promise<void> {
    this.#train.write(2, [rate]);
    for (let i = 0; i < steps; i++) {
      if (this.#batch < this.#points.length || this.#steps === 0 || i === 0) this.#writeBatch();
      await this.#train.run();
      this.#steps++;
    }
  }

  async measure(): Promise<Measure> {
    await this.#test.run();
    const [loss, accuracy, ...norms] = await this.#readAll(this.#test, 2 + this.#layers.length);
    return { loss: loss![0]!, accuracy: accuracy![0]!, gradients: norms.map((norm) => norm[0]!) };
  }

  /** What every unit answers over the plane, layer by layer: [layer][unit] of PICTURE × PICTURE values, top row first. */
  async paint(): Promise<Float32Array[][]> {
    await this.#paint.run();
    const values = await this.#readAll(this.#paint, this.#layers.length);
    return values.map((flat, layer) => {
      const units = this.sizes[layer + 1]!;
      return Array.from({ length: units }, (_, unit) =>
        Float32Array.from({ length: PICTURE * PICTURE }, (_, i) => flat[i * units + unit]!),
      );
    });
  }

  async weights(): Promise<LayerWeights[]> {
    return Promise.all(
      this.#layers.map(async ({ kernel, bias }) => {
        const [values, biases] = [await kernel.read(), await bias.read()];
        const [from, to] = kernel.shape as readonly [number, number];
        return {
          kernel: Array.from({ length: from }, (_, i) => Array.from(values.subarray(i * to, (i + 1) * to))),
          bias: Array.from(biases),
        };
      }),
    );
  }

  /** Sets the weight of the edge from unit `from` to unit `to` of layer `layer`; without `from` the bias of `to`. */
  async setWeight(layer: number, from: number | undefined, to: number, value: number): Promise<void> {
    const { kernel, bias } = this.#layers[layer]!;
    const variable = from === undefined ? bias : kernel;
    const values = await variable.read();
    values[from === undefined ? to : from * kernel.shape[1]! + to] = value;
    variable.write(values);
  }

  dispose(): void {
    for (const program of [this.#train, this.#test, this.#paint]) program.dispose();
  }

  async #readAll(program: Executable, count: number) {
    return Promise.all(Array.from({ length: count }, (_, i) => program.read(i)));
  }

  #writeBatch(): void {
    const chosen =
      this.#batch === this.#points.length
        ? this.#points
        : Array.from(
            { length: this.#batch },
            () => this.#points[Math.floor(this.#order.uniform() * this.#points.length)]!,
          );
    this.#train.write(
      0,
      chosen.flatMap(({ x, y }) => [x, y]),
    );
    this.#train.write(
      1,
      chosen.map(({ label }) => label),
    );
  }
}

/** An activation by its name here; `square` is a polynomial, which no universal approximator can be built of. */
export function activate(name: Activation | Output, x: Tensor): Tensor {
  switch (name) {
    case 'tanh':
      return ops.tanh(x);
    case 'relu':
      return functional.relu(x);
    case 'sigmoid':
      return ops.sigmoid(x);
    case 'leakyRelu':
      return functional.leakyRelu(x);
    case 'linear':
      return x;
    case 'square':
      return ops.multiply(x, x);
    case 'step':
      return functional.step(x);
    default:
      return name satisfies never;
  }
}

interface Weights {
  readonly kernel: Variable;
  readonly bias: Variable;
}

/** The weights of a layer in a graph. */
interface Nodes {
  readonly kernel: Tensor;
  readonly bias: Tensor;
}

const nodesOf = (layers: readonly Weights[]): Nodes[] =>
  layers.map(({ kernel, bias }) => ({ kernel: ops.read(kernel), bias: ops.read(bias) }));

function makeWeights({ hidden, start, seed }: Plan): Weights[] {
  const sizes = [2, ...hidden, 1];
  return sizes.slice(1).map((to, layer) => {
    const shape = [sizes[layer]!, to] as const;
    const [a, b] = ops.threefry(seed | 0, layer, 0, WEIGHTS);
    const kernel = initializerOf(start).values(shape, [a, b]);
    return {
      kernel: new Variable(`kernel${layer}`, shape, 'float32', kernel),
      bias: new Variable(`bias${layer}`, [to], 'float32', new Float32Array(to)),
    };
  });
}

function initializerOf(start: Start): initializers.Initializer {
  switch (start) {
    case 'glorot':
      return initializers.glorotUniform();
    case 'zeros':
      return initializers.zeros();
    case 'ones':
      return initializers.ones();
    case 'small':
      return initializers.randomNormal({ stddev: 0.01 });
    case 'large':
      return initializers.randomNormal({ stddev: 5 });
    default:
      return start satisfies never;
  }
}

/** All activations, and the sum that goes into the last. */
function forward({ activation, output }: Plan, layers: readonly Nodes[], x: Tensor) {
  let value = x;
  let before = x;
  const activations = layers.map(({ kernel, bias }, i) => {
    before = ops.add(functional.matmul(value, kernel), bias);
    value = activate(i === layers.length - 1 ? output : activation, before);
    return value;
  });
  return { activations, logits: before, result: value };
}

function lossOf({ output, loss }: Plan, t: Tensor, logits: Tensor, result: Tensor): Tensor {
  if (output === 'step') {
    // F. Rosenblatt (1958): w ← w + α (t − o) x. The loss whose gradient that is: (o − t)·z, with o held fixed.
    return functional.mean(ops.multiply(ops.stopGradient(ops.subtract(result, t)), logits));
  }
  return loss === 'crossentropy'
    ? functional.mean(functional.binaryCrossentropy(t, result))
    : functional.mean(functional.meanSquaredError(t, result));
}

function trainGraph(plan: Plan, layers: readonly Weights[], batch: number) {
  const x = ops.input('x', [batch, 2]);
  const t = ops.input('t', [batch, 1]);
  const rate = ops.input('rate', []);
  const nodes = nodesOf(layers);
  const { logits, result } = forward(plan, nodes, x);
  const loss = lossOf(plan, t, logits, result);
  const variables = layers.flatMap(({ kernel, bias }) => [kernel, bias]);
  const values = nodes.flatMap(({ kernel, bias }) => [kernel, bias]);
  const slopes = gradients(loss, values);
  const updates = variables.map((variable, i) => ({
    variable,
    value: ops.subtract(values[i]!, ops.multiply(slopes[i]!, rate)),
  }));
  return { inputs: [x, t, rate], outputs: [loss], updates };
}

function testGraph(plan: Plan, layers: readonly Weights[], count: number) {
  const x = ops.input('x', [count, 2]);
  const t = ops.input('t', [count, 1]);
  const nodes = nodesOf(layers);
  const { logits, result } = forward(plan, nodes, x);
  const loss = lossOf(plan, t, logits, result);
  const right = ops.equal(ops.cast(ops.less(0.5, result), 'float32'), t);
  const slopes = gradients(
    loss,
    nodes.map(({ kernel }) => kernel),
  );
  const norms = slopes.map((slope) => ops.sqrt(ops.sum(ops.multiply(slope, slope))));
  return {
    inputs: [x, t],
    outputs: [loss, functional.mean(ops.cast(right, 'float32')), ...norms],
    updates: [],
  };
}

function paintGraph(plan: Plan, layers: readonly Weights[]) {
  const x = ops.input('x', [PICTURE * PICTURE, 2]);
  return { inputs: [x], outputs: forward(plan, nodesOf(layers), x).activations, updates: [] };
}

/** The middles of the pixels, top row first. */
function planeGrid(): number[] {
  const at = (i: number) => ((i + 0.5) / PICTURE) * 2 * EXTENT - EXTENT;
  return Array.from({ length: PICTURE * PICTURE }, (_, i) => [
    at(i % PICTURE),
    -at(Math.floor(i / PICTURE)),
  ]).flat();
}

/** Weights have keys of their own, apart from those of data. */
const WEIGHTS = 0x77656967;
