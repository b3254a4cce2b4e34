import { csvSample, inspect, type Model, type StoredColumns, sampleSize } from 'fathom';
import { engineBackend } from './backend.ts';
import type { LabData } from './data.ts';
import { camsOf } from './insideCam.ts';
import { inputsOf, samplesOf } from './insideSamples.ts';
import { answerAt, targetOf } from './insideTargets.ts';
import type { InsideMap, InsideSample, InsideTarget, InsideView, InsideWeight } from './insideTypes.ts';
import { infoOf, networkOf } from './networks.ts';
import type { Handlers, Request } from './protocol.ts';
import { betweenSteps, trainingNow } from './training.ts';
import { weightChanges } from './weightChanges.ts';

/** The name of the network that the room Train has at work. */
const TRAINING = 'training';

export const insideHandlers: Handlers<
  | 'inside/training'
  | 'inside/inputs'
  | 'inside/row'
  | 'inside/look'
  | 'inside/map'
  | 'inside/cell'
  | 'inside/field'
  | 'inside/cam'
  | 'inside/gradients'
  | 'inside/gradient'
> = {
  'inside/training': () => {
    const now = trainingNow();
    return now ? infoOf(TRAINING, now.model, now.data.train.classes) : null;
  },
  'inside/inputs': (network) => {
    const { model, data, columns } = sourceOf(network);
    return inputsOf(model, data, columns);
  },
  'inside/row': ({ network, input, text, name, row }) => {
    const { model, data, columns } = sourceOf(network);
    const taker = inputsOf(model, data, columns)[input];
    if (!taker) throw new RangeError(`${model.name} has no input ${input}.`);
    const names = taker.columns?.map((column) => column.name);
    return csvSample(text, name, { size: sampleSize(taker.shape), row, columns: names });
  },
  'inside/look': (request) => between(request.network, () => look(request)),
  'inside/map': (request) => between(request.sample.network, () => mapOf(request)),
  'inside/cell': ({ sample, layer, place }) =>
    between(sample.network, async () => {
      const { model, activations } = seen(sample);
      const cell = await inspect.explainCell(model, await activations(), layer, place);
      return { cell, field: await inspect.receptiveField(model, layer, place) };
    }),
  'inside/field': async ({ network, layer, place }) =>
    inspect.receptiveField(sourceOf(network).model, layer, place),
  'inside/cam': ({ sample, output, choice }) =>
    between(sample.network, async () => {
      const { model, x, activations, answers } = seen(sample);
      const answer = answerAt(await answers(), output);
      return camsOf(model, x, await activations(), answer, output, choice);
    }),
  'inside/gradients': ({ sample, target }) =>
    between(sample.network, async () => {
      const { loss, objective, layers } = await seen(sample).gradients(target);
      return {
        loss,
        objective,
        layers: layers.map(({ id, gradient, preActivationGradient }) => ({
          id,
          gradient,
          preActivationGradient,
        })),
      };
    }),
  'inside/gradient': ({ sample, target, of }) =>
    between(sample.network, async () => {
      const { model, x, answers, gradients } = seen(sample);
      const { values, options } = targetOf(await answers(), target);
      return inspect.explainGradient(model, x, values, of, options, await gradients(target));
    }),
};

/** Weights that are being trained must not move while they are looked at. */
function between<T>(network: string, work: () => Promise<T>): Promise<T> {
  return network === TRAINING ? betweenSteps(work) : work();
}

interface Held {
  readonly model: Model;
  readonly classes: readonly string[];
  readonly data: LabData | undefined;
  /** Of the tables that it was trained on, where that is known. */
  readonly columns: StoredColumns | undefined;
  /** Steps of training that its weights have seen. */
  readonly steps: number;
}

function sourceOf(id: string): Held {
  const now = trainingNow();
  if (id !== TRAINING) {
    const { model, classes, columns } = networkOf(id);
    return { model, classes, columns, data: id === 'trained' ? now?.data : undefined, steps: 0 };
  }
  if (!now) throw new Error('there is no network in the room Train any more. Make one there.');
  return { ...now, classes: now.data.train.classes, columns: now.data.columns };
}

async function look({ network, sources }: Request<'inside/look'>): Promise<InsideView | null> {
  const { model, data, columns } = sourceOf(network);
  const inputs = inputsOf(model, data, columns);
  const sample = samplesOf(model, inputs, sources, data);
  if (!sample) return null;
  const { activations, answers } = seen({ network, values: sample.values });
  const { nodes, edges } = inspect.describeNetwork(model);
  const { layers } = await activations();
  return {
    inputs,
    values: sample.values,
    written: sample.written,
    outputs: await answers(),
    label: sample.label,
    layers: layers.map(({ id, type, shape, values, preActivation }, i) => {
      const { activation, parameters, multiplyAdds, options } = nodes[i]!;
      const from = edges.filter(({ to }) => to === id).map(({ from }) => from);
      const geometry = geometryOf(options);
      const own = { id, type, shape, values, preActivation };
      return { ...own, activation, geometry, parameters, multiplyAdds, from };
    }),
  };
}

async function mapOf({ sample, layer, map, target }: Request<'inside/map'>): Promise<InsideMap> {
  const { model, activations, gradients } = seen(sample);
  const all = await activations();
  const own = all.layers.find(({ id }) => id === layer);
  if (!own) throw new Error(`${model.name} has no layer '${layer}'.`);
  const place = own.shape.map((_, d) => (d === own.shape.length - 1 ? map : 0));
  const { kind, terms, bias, parts } = await inspect.explainCell(model, all, layer, place);
  // Only weights that the layer has in the place of a kernel can be listed as one.
  const isKernel = kind === 'sum' && parts.length === 0 && terms.every(({ weight }) => weight);
  const weights = model.network.weights.map(({ weight }) => weight.variable.name);
  if (!isKernel || !terms.some(({ weight }) => weights.includes(weight!.name)))
    return { contributions: undefined, weights: [], bias: undefined };
  const slopes = target && (await gradients(target)).weights;
  const weightAt = (name: string, place: readonly number[], value: number, channel: number): InsideWeight => {
    const found = slopes?.find((one) => one.name === name);
    const at = found?.shape.reduce((index, extent, d) => index * extent + place[d]!, 0);
    return { name, place, value, channel, gradient: at === undefined ? undefined : found?.gradient[at] };
  };
  const contributions =
    own.shape.length > 1 ? await inspect.contributions(model, all, layer, map) : undefined;
  const names = namesOf(model, layer);
  return {
    contributions,
    weights: terms.map(({ place, weight }) =>
      weightAt(names(weight!.name), weight!.place, weight!.value, place.at(-1)!),
    ),
    bias: bias && weightAt(names(bias.name), [map], bias.value, 0),
  };
}

/** Variables are called as in their layer; gradients call them as saved models do, with the models around. */
function namesOf(model: Model, layer: string): (variable: string) => string {
  const owner = layer.replace(/#\d+$/, '');
  const { weights } = model.network;
  return (variable) => {
    const saved = `${owner}/${variable.slice(variable.lastIndexOf('/') + 1)}`;
    const found =
      weights.find(({ name }) => name === saved) ??
      weights.find(({ weight }) => weight.variable.name === variable);
    return found?.name ?? variable;
  };
}

/** What has been computed of the last sample, so that clicks do not compute it again. */
interface Seen {
  readonly model: Model;
  readonly values: InsideSample['values'];
  readonly steps: number;
  readonly changes: number;
  /** The values with their shapes, as the library takes them. */
  readonly x: Parameters<typeof inspect.activations>[1];
  activations(): Promise<inspect.Activations>;
  answers(): Promise<readonly inspect.Answer[]>;
  gradients(target: InsideTarget): Promise<inspect.NetworkGradients>;
}

let last: Seen | undefined;

function seen({ network, values }: InsideSample): Seen {
  const { model, classes, steps } = sourceOf(network);
  const changes = weightChanges();
  const isSame =
    last?.model === model && last.steps === steps && last.changes === changes && isEqual(last.values, values);
  if (isSame) return last!;
  const [first, ...others] = values.map((data, i) => ({
    data,
    shape: [1, ...model.network.inputs[i]!.shape],
  }));
  const x = others.length === 0 ? first! : [first!, ...others];
  let all: Promise<inspect.Activations> | undefined;
  const activations = () => {
    all ??= engineBackend().then((backend) => inspect.activations(model, x, { backend }));
    return all;
  };
  const answers = async () => inspect.answers(model, await activations(), classes);
  const gradients = new Map<string, Promise<inspect.NetworkGradients>>();
  const computed = async (wanted: InsideTarget) => {
    const backend = await engineBackend();
    const { values, options } = targetOf(await answers(), wanted);
    return inspect.gradients(model, x, values, { ...options, backend });
  };
  last = {
    model,
    values,
    steps,
    changes,
    x,
    activations,
    answers,
    gradients: (target) => {
      const key = `${target.output} ${target.label}`;
      const known = gradients.get(key) ?? computed(target);
      gradients.set(key, known);
      return known;
    },
  };
  return last;
}

function isEqual(a: InsideSample['values'], b: InsideSample['values']): boolean {
  return (
    a.length === b.length &&
    a.every((one, i) => one.length === b[i]!.length && one.every((value, j) => value === b[i]![j]))
  );
}

function geometryOf(options: Readonly<Record<string, unknown>>): string {
  const extents = (value: unknown) => (Array.isArray(value) ? value : [value]).join('×');
  const window = options.kernelSize ?? options.poolSize;
  if (window === undefined) return '';
  const strides = options.strides ?? 1;
  const parts = [`window ${extents(window)}`, `stride ${extents(strides)}`, `padding ${options.padding}`];
  const dilation = options.dilationRate;
  if (Array.isArray(dilation) && dilation.some((rate) => rate !== 1))
    parts.push(`dilation ${extents(dilation)}`);
  return parts.join(', ');
}
