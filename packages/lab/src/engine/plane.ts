import {
  type ActivationLike,
  dense,
  functional,
  initializers,
  inspect,
  type LossLike,
  type Model,
  ops,
  optimizers,
  PLANE_EXTENT,
  type PlanePoint,
  permutation,
  selectBackend,
  sequential,
} from 'fathom';
import type { NeuronCalls, Plan, PlaneState } from './neuronTypes.ts';
import { PICTURE } from './neuronTypes.ts';
import type { Handlers } from './protocol.ts';

/**
 * A network on points of the plane: a model of the library, trained batch by batch, with what every neuron answers over
 * the plane.
 */
export class PlaneNetwork {
  readonly #plan: Plan;
  readonly #points: readonly PlanePoint[];
  readonly #model: Model;
  readonly #all: Samples;
  #order: readonly number[] = [];
  #epoch = 0;
  #steps = 0;

  private constructor(plan: Plan, points: readonly PlanePoint[], model: Model) {
    this.#plan = plan;
    this.#points = points;
    this.#model = model;
    this.#all = samplesOf(points);
  }

  static async create(plan: Plan, points: readonly PlanePoint[]): Promise<PlaneNetwork> {
    const model = modelOf(plan);
    model.compile({
      optimizer: optimizers.sgd({ learningRate: plan.rate }),
      loss: lossOf(plan),
      metrics: ['binaryAccuracy'],
      seed: plan.seed,
      // Networks of a few weights are done before threads have woken up.
      backend: await selectBackend('wasm', { threads: 1 }),
    });
    return new PlaneNetwork(plan, points, model);
  }

  /** Some steps, until they are done or the time is over. */
  async train(steps: number, rate: number, budgetMs = Number.POSITIVE_INFINITY): Promise<void> {
    const end = performance.now() + budgetMs;
    this.#model.optimizer!.learningRate = rate;
    for (let i = 0; i < steps && (i === 0 || performance.now() < end); i++) {
      const { x, y } = this.#nextBatch();
      await this.#model.trainOnBatch(x, y);
      this.#steps++;
    }
  }

  async state(): Promise<PlaneState> {
    const model = this.#model;
    const { x, y } = this.#all;
    const options = { backend: await selectBackend('wasm', { threads: 1 }) };
    const { loss, binaryAccuracy } = await model.evaluate(x, y, { batchSize: this.#points.length });
    const { gradients } = await inspect.gradientHistograms(model, x, y, {
      ...options,
      loss: lossOf(this.#plan),
      bins: 1,
    });
    const bounds = [-PLANE_EXTENT, PLANE_EXTENT] as const;
    const { layers } = await inspect.decisionGrid(model, { x: bounds, y: bounds }, PICTURE, options);
    return {
      steps: this.#steps,
      loss: loss!,
      accuracy: binaryAccuracy!,
      gradients: gradients.filter(({ name }) => name.endsWith('/kernel')).map(({ norm }) => norm),
      pictures: layers.map(({ neurons }) => neurons),
      weights: await this.#weights(),
    };
  }

  async setWeight(layer: number, from: number | undefined, to: number, value: number): Promise<void> {
    const weights = await this.#model.getWeights();
    const [kernel, bias] = [weights[2 * layer]!, weights[2 * layer + 1]!];
    if (from === undefined) bias.data[to] = value;
    else kernel.data[from * bias.data.length + to] = value;
    this.#model.setWeights(weights);
  }

  async dispose(): Promise<void> {
    await inspect.forget(this.#model);
    await this.#model.dispose();
  }

  async #weights(): Promise<inspect.DenseWeights[]> {
    const weights = await this.#model.getWeights();
    return this.#model.layers.map((_, l) => {
      const [kernel, bias] = [Array.from(weights[2 * l]!.data), Array.from(weights[2 * l + 1]!.data)];
      const rows = kernel.length / bias.length;
      return {
        kernel: Array.from({ length: rows }, (_, i) => kernel.slice(i * bias.length, (i + 1) * bias.length)),
        bias,
      };
    });
  }

  /** The next points of an endless order, in which each epoch has every point once. */
  #nextBatch(): Samples {
    const count = this.#points.length;
    const size = this.#plan.batch === 0 ? count : Math.min(this.#plan.batch, count);
    if (size === count) return this.#all;
    while (this.#order.length < size) {
      const next = permutation(count, { seed: this.#plan.seed, epoch: this.#epoch++ });
      this.#order = [...this.#order, ...next];
    }
    const chosen = this.#order.slice(0, size).map((i) => this.#points[i]!);
    this.#order = this.#order.slice(size);
    return samplesOf(chosen);
  }
}

let current: PlaneNetwork | undefined;
/** Calls wait for the one before: a network must not change while it learns. */
let last: Promise<unknown> = Promise.resolve();

function inTurn(work: () => Promise<PlaneNetwork>): Promise<PlaneState> {
  const result = last.then(work, work).then((network) => network.state());
  last = result.catch(() => undefined);
  return result;
}

function need(): PlaneNetwork {
  if (!current) throw new Error('there is no network in the plane yet.');
  return current;
}

export const planeHandlers: Handlers<Extract<keyof NeuronCalls, `plane/${string}`>> = {
  'plane/create': ({ plan, points }) =>
    inTurn(async () => {
      await current?.dispose();
      current = await PlaneNetwork.create(plan, points);
      return current;
    }),
  'plane/train': ({ steps, rate, budgetMs }) =>
    inTurn(async () => {
      await need().train(steps, rate, budgetMs);
      return need();
    }),
  'plane/weight': ({ layer, from, to, value }) =>
    inTurn(async () => {
      await need().setWeight(layer, from, to, value);
      return need();
    }),
};

interface Samples {
  readonly x: { readonly data: Float32Array; readonly shape: readonly number[] };
  readonly y: { readonly data: Float32Array; readonly shape: readonly number[] };
}

function samplesOf(points: readonly PlanePoint[]): Samples {
  return {
    x: { data: Float32Array.from(points.flatMap(({ x, y }) => [x, y])), shape: [points.length, 2] },
    y: { data: Float32Array.from(points, ({ label }) => label), shape: [points.length, 1] },
  };
}

function modelOf({ hidden, activation, output, start, seed }: Plan): Model {
  const kernelInitializer = initializerOf(start);
  const sizes = [...hidden, 1];
  return sequential(
    sizes.map((units, l) =>
      dense({
        units,
        activation: l < hidden.length ? activationOf(activation) : activationOf(output),
        kernelInitializer,
        ...(l === 0 ? { inputShape: [2] } : {}),
      }),
    ),
    { seed },
  );
}

function activationOf(name: Plan['activation'] | Plan['output']): ActivationLike {
  switch (name) {
    case 'square':
      return (z) => functional.power(z, 2);
    case 'step':
      // Forward the step, backward the identity: see the loss.
      return (z) => ops.add(functional.step(z), ops.subtract(z, ops.stopGradient(z)));
    default:
      return name;
  }
}

/**
 * Of a perceptron ½(o − t)², whose gradient by the step's stand-in is (o − t)·x: with it w ← w − α·∂J/∂w is the
 * perceptron's own rule, w ← w + α·(t − o)·x (F. Rosenblatt 1958).
 */
function lossOf({ output, loss }: Plan): LossLike {
  if (output === 'step') return halfSquared;
  return loss === 'crossentropy' ? 'binaryCrossentropy' : 'meanSquaredError';
}

const halfSquared: LossLike = (t, o) => ops.multiply(functional.meanSquaredError(t, o), 0.5);

function initializerOf(start: Plan['start']) {
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
