import { DataError, layers, loadWeights, type Model, modelFromConfig, sequential } from 'fathom';
import { engineBackend } from './backend.ts';
import type { Handlers, NetworkInfo, SavedNetwork } from './protocol.ts';

/** A network that gives one probability for each class. */
export interface HeldNetwork {
  /** As it was made or loaded. */
  readonly model: Model;
  /** Ends in softmax, with the weights of `model`. */
  readonly classifier: Model;
  readonly classes: readonly string[];
}

const held = new Map<string, HeldNetwork>();
let shipped: Promise<NetworkInfo> | undefined;

export const networkHandlers: Handlers<'network/shipped' | 'network/load'> = {
  'network/shipped': () => {
    shipped ??= loadShipped();
    return shipped;
  },
  'network/load': load,
};

/** The network of that name. */
export function networkOf(id: string): HeldNetwork {
  const network = held.get(id);
  if (!network) throw new Error(`there is no network '${id}' in the engine. Load it again.`);
  return network;
}

/** Keeps a network under a name; one that had it before is dropped. */
export function holdNetwork(id: string, model: Model, classes: readonly string[]): NetworkInfo {
  const { inputShape, outputShape } = model;
  if (!inputShape || !outputShape)
    throw new Error('a network without layers cannot be asked. Add layers to it.');
  held.set(id, { model, classifier: withSoftmax(model), classes });
  return { id, name: model.name, parameters: model.countParams(), inputShape, outputShape, classes };
}

async function loadShipped(): Promise<NetworkInfo> {
  const [config, weights] = await Promise.all(
    ['model.json', 'weights.safetensors'].map(async (name) => {
      const response = await fetch(new URL(`/weights/${name}`, self.location.origin));
      if (!response.ok)
        throw new Error(`/weights/${name} is missing (${response.status}): build the lab again.`);
      return new Uint8Array(await response.arrayBuffer());
    }),
  );
  return load({
    id: 'digits',
    config: new TextDecoder().decode(config),
    record: undefined,
    weights: weights!,
    where: 'the network that ships with the lab',
  });
}

/** @throws DataError when the files are no model, or not of one run */
async function load({ id, config, record, weights, where }: SavedNetwork): Promise<NetworkInfo> {
  const json = parse(config, `${where}: model.json`) as Record<string, unknown>;
  // How it was trained does not matter here, and may name what this page does not have.
  const model = modelFromConfig({ ...json, compile: null }, { where: `${where}: model.json` });
  await loadWeights(model, weights, `${where}: weights.safetensors`);
  const units = model.outputShape?.at(-1) ?? 0;
  const names = classesOf(record, where);
  const info = holdNetwork(
    id,
    model,
    names?.length === units ? names : Array.from({ length: units }, (_, i) => String(i)),
  );
  // Its program is compiled now and not at the first stroke.
  const inputs = info.inputShape.reduce((product, extent) => product * extent, 1);
  await classify(networkOf(id), new Float32Array(inputs));
  return info;
}

function parse(text: string, where: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // Said below.
  }
  throw new DataError({
    what: 'this is no JSON file',
    where,
    expected: 'the model.json of a run',
    received:
      text.trim() === '' ? 'nothing' : `a text that begins with ${JSON.stringify(text.trim().slice(0, 20))}`,
    fix: 'Choose the files that `fathom train` saved.',
  });
}

function classesOf(record: string | undefined, where: string): string[] | undefined {
  if (record === undefined) return undefined;
  const { data } = parse(record, `${where}: run.json`) as { data?: { classes?: unknown } };
  const classes = data?.classes;
  return Array.isArray(classes) && classes.every((name) => typeof name === 'string') ? classes : undefined;
}

/** A network may leave softmax to its loss; what it gives is shown as probabilities all the same. */
function withSoftmax(model: Model): Model {
  const last = model.layers.at(-1);
  if (last?.type === 'softmax' || last?.config().activation === 'softmax') return model;
  return sequential([model, layers.softmax()], { name: `${model.name}-classifier` });
}

/** What a network says of one sample: a probability for each class. */
export async function classify(network: HeldNetwork, sample: Float32Array): Promise<number[]> {
  const { classifier } = network;
  prepareBackend(classifier, await engineBackend());
  const { data } = await classifier.predict({ data: sample, shape: [1, ...classifier.inputShape!] });
  return Array.from(data);
}

const prepared = new WeakSet<Model>();

/** The backend of a model is part of how it is compiled; the loss is not used. */
function prepareBackend(model: Model, backend: Awaited<ReturnType<typeof engineBackend>>): void {
  if (prepared.has(model)) return;
  prepared.add(model);
  model.compile({ loss: 'meanSquaredError', backend });
}
