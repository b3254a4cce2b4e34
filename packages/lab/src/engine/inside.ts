import { DataError, digitFromPixels, inspect, type Model } from 'fathom';
import { engineBackend } from './backend.ts';
import type { InsideMap, InsideSample, InsideView, InsideWeight } from './insideTypes.ts';
import { classifierOf, networkOf } from './networks.ts';
import type { Handlers, RecognizeRequest, Request } from './protocol.ts';

const PIXELS = 28 * 28;

export const insideHandlers: Handlers<
  'inside/look' | 'inside/map' | 'inside/cell' | 'inside/field' | 'inside/gradients' | 'inside/gradient'
> = {
  'inside/look': look,
  'inside/map': mapOf,
  'inside/cell': async ({ sample, layer, place }) => {
    const { model, activations } = await seen(sample);
    const cell = await inspect.explainCell(model, await activations(), layer, place);
    return { cell, field: await inspect.receptiveField(model, layer, place) };
  },
  'inside/field': async ({ network, layer, place }) =>
    inspect.receptiveField(await classifierOf(networkOf(network).model), layer, place),
  'inside/gradients': async ({ sample, label }) => {
    const { loss, lossName, layers } = await (await seen(sample)).gradients(label);
    return {
      loss,
      lossName,
      layers: layers.map(({ id, gradient, preActivationGradient }) => ({
        id,
        gradient,
        preActivationGradient,
      })),
    };
  },
  'inside/gradient': async ({ sample, label, of }) => {
    const { model, gradients } = await seen(sample);
    return inspect.explainGradient(model, sample.pixels, label, of, {}, await gradients(label));
  },
};

async function look({ network: id, image }: RecognizeRequest): Promise<InsideView | null> {
  const network = networkOf(id);
  const shape = network.model.inputShape!;
  if (shape.reduce((product, extent) => product * extent, 1) !== PIXELS) {
    throw new Error(
      `${network.model.name} takes samples of shape [${shape.join(', ')}], and a digit is [28, 28, 1]. Choose a network for 28×28 grey pictures.`,
    );
  }
  let pixels: Float32Array<ArrayBuffer>;
  try {
    ({ pixels } = digitFromPixels({ ...image, channels: 4 }, 'the drawing'));
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
  const { model, activations } = await seen({ network: id, pixels });
  const { nodes, edges } = inspect.describeNetwork(model);
  const { layers, outputs } = await activations();
  const last = layers.find((layer) => layer.id === outputs[0])!;
  return {
    pixels,
    classes: network.classes,
    probabilities: Array.from(last.values),
    layers: layers.map(({ id, type, shape, values, preActivation }, i) => {
      const { activation, parameters, multiplyAdds, options } = nodes[i]!;
      const from = edges.filter(({ to }) => to === id).map(({ from }) => from);
      const geometry = geometryOf(options);
      const own = { id, type, shape, values, preActivation };
      return { ...own, activation, geometry, parameters, multiplyAdds, from };
    }),
  };
}

async function mapOf({ sample, layer, map, label }: Request<'inside/map'>): Promise<InsideMap> {
  const { model, activations, gradients } = await seen(sample);
  const all = await activations();
  const own = all.layers.find(({ id }) => id === layer);
  if (!own) throw new Error(`${model.name} has no layer '${layer}'.`);
  const place = own.shape.map((_, d) => (d === own.shape.length - 1 ? map : 0));
  const { kind, terms, bias } = await inspect.explainCell(model, all, layer, place);
  if (kind !== 'sum') return { contributions: undefined, weights: [], bias: undefined };
  const slopes = label === undefined ? undefined : (await gradients(label)).weights;
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
  readonly pixels: Float32Array;
  activations(): Promise<inspect.Activations>;
  gradients(label: number): Promise<inspect.NetworkGradients>;
}

let last: Seen | undefined;

/** After the weights of a network were changed: what has been computed of it holds no more. */
export function forgetSeen(): void {
  last = undefined;
}

async function seen({ network, pixels }: InsideSample): Promise<Seen> {
  const model = await classifierOf(networkOf(network).model);
  if (last?.model === model && last.pixels.every((value, i) => value === pixels[i])) return last;
  const options = { backend: await engineBackend() };
  let activations: Promise<inspect.Activations> | undefined;
  const gradients = new Map<number, Promise<inspect.NetworkGradients>>();
  last = {
    model,
    pixels,
    activations: () => {
      activations ??= inspect.activations(model, pixels, options);
      return activations;
    },
    gradients: (label) => {
      const known = gradients.get(label) ?? inspect.gradients(model, pixels, label, options);
      gradients.set(label, known);
      return known;
    },
  };
  return last;
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
