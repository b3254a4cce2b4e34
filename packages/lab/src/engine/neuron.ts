import { type ActivationLike, functional, inspect, type LossLike } from 'fathom';
import type {
  Approximated,
  LineTask,
  NamedActivation,
  NeuronCalls,
  SolvedLine,
  Target,
} from './neuronTypes.ts';
import type { Handlers } from './protocol.ts';

export const neuronHandlers: Handlers<Exclude<keyof NeuronCalls, `plane/${string}`>> = {
  'neuron/line': solveLine,
  'neuron/activation': ({ activation, x }) => inspect.activationCurve(activationOf(activation), x),
  'neuron/loss': ({ loss, target, predictions }) => inspect.lossCurve(loss as LossLike, target, predictions),
  'neuron/softmax': (z) => inspect.activationRow('softmax', z),
  'neuron/vectors': async ({ targets, predictions }) => {
    const mse = await inspect.lossValue('meanSquaredError', targets, predictions);
    const areShares = [...targets, ...predictions].every((share) => share >= 0 && share <= 1);
    const crossentropy = (p: readonly number[], q: readonly number[]) =>
      areShares ? inspect.lossValue('categoricalCrossentropy', p, q) : Number.NaN;
    return {
      mse,
      rmse: Math.sqrt(mse),
      crossentropy: await crossentropy(targets, predictions),
      // H(p) = H(p, p).
      entropy: await crossentropy(targets, targets),
    };
  },
  'neuron/backprop': (task) => inspect.backpropagation(task),
  'neuron/approximate': async ({ target, degree, widths, seed }): Promise<Approximated> => {
    const sampled = sample(target);
    const near = (activation: ActivationLike) =>
      inspect.approximations(sampled, { activation, widths, seed });
    return {
      ...sampled,
      networks: {
        tanh: await near('tanh'),
        relu: await near('relu'),
        polynomial: await near((z) => functional.power(z, degree)),
      },
      bound: inspect.polynomialBound(sampled, degree),
    };
  },
};

async function solveLine({
  samples,
  rate,
  batches,
  steps,
  seed,
  start,
}: LineTask): Promise<SolvedLine | null> {
  const normal = await inspect.normalEquation(samples);
  if (!normal) return null;
  const paths: inspect.DescentStep[][] = [];
  for (const batchSize of batches) {
    paths.push(await inspect.descentPath(samples, { start, learningRate: rate, steps, batchSize, seed }));
  }
  const around = (best: number, begin: number): [number, number] => {
    const half = Math.max(1, 1.25 * Math.abs(begin - best));
    return [best - half, best + half];
  };
  const { slope, intercept } = normal.line;
  const surface = await inspect.costSurface(
    samples,
    around(slope, start.slope),
    around(intercept, start.intercept),
  );
  return { samples, normal, paths, surface };
}

function activationOf({ name, gamma }: NamedActivation): ActivationLike {
  if (name === 'square') return (x) => functional.power(x, 2);
  if (name === 'leakyRelu') return (x) => functional.leakyRelu(x, gamma);
  return name as ActivationLike;
}

/** The function at 201 places from −1 to 1; values of one's own are joined by lines. */
function sample(target: Target): { x: number[]; y: number[] } {
  const x = Array.from({ length: PLACES }, (_, i) => (2 * i) / (PLACES - 1) - 1);
  return { x, y: x.map((value) => valueAt(target, value)) };
}

function valueAt(target: Target, x: number): number {
  switch (target) {
    case 'sine':
      return Math.sin(2 * Math.PI * x);
    case 'step':
      return x > 0 ? 1 : 0;
    case 'corner':
      return Math.abs(x);
    default: {
      const place = ((x + 1) / 2) * (target.length - 1);
      const left = Math.min(target.length - 2, Math.floor(place));
      return target[left]! + (place - left) * (target[left + 1]! - target[left]!);
    }
  }
}

const PLACES = 201;
