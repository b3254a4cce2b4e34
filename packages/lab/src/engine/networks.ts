import {
  DataError,
  isStoredColumns,
  layers,
  loadWeights,
  type Model,
  modelFromConfig,
  type StoredColumns,
  sampleSize,
  sequential,
} from 'fathom';
import { engineBackend } from './backend.ts';
import type { Handlers, NetworkInfo, SavedNetwork } from './protocol.ts';

/** A network, and what the numbers of its output stand for; of several outputs, of those that have as many. */
export interface HeldNetwork {
  readonly model: Model;
  readonly classes: readonly string[];
  /** Of one that was trained on tables whose columns were standardized: by what. */
  readonly columns?: StoredColumns | undefined;
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
export function holdNetwork(
  id: string,
  model: Model,
  classes: readonly string[],
  columns?: StoredColumns,
): NetworkInfo {
  const info = infoOf(id, model, classes);
  held.set(id, { model, classes, columns });
  return info;
}

/** What the page knows of a network. */
export function infoOf(id: string, model: Model, classes: readonly string[]): NetworkInfo {
  const { inputs, outputs } = model.network;
  if (inputs.length === 0 || outputs.length === 0) {
    throw new Error('a network without layers cannot be asked. Add layers to it.');
  }
  return {
    id,
    name: model.name,
    parameters: model.countParams(),
    inputShapes: inputs.map(({ shape }) => shape),
    outputShapes: outputs.map(({ shape }) => shape),
    classes,
  };
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
  const model = await copyOf(json, `${where}: model.json`);
  await loadWeights(model, weights, `${where}: weights.safetensors`);
  const { inputs, outputs } = model.network;
  const { classes: names, columns } = dataOf(record, where);
  const isSingle = inputs.length === 1 && outputs.length === 1;
  const units = outputs[0]?.shape.at(-1) ?? 0;
  const counted = isSingle ? Array.from({ length: units }, (_, i) => String(i)) : [];
  const isNamed = outputs.some(({ shape }) => shape.at(-1) === names?.length);
  const classes = names && isNamed ? names : [];
  const info = holdNetwork(id, model, classes, columns);
  // Its program is compiled now and not at the first stroke.
  if (isSingle) await classify(networkOf(id), new Float32Array(sampleSize(info.inputShapes[0]!)));
  // To be told apart they need names; that somebody has named them is another thing.
  return classes.length > 0 ? info : { ...info, classes: counted };
}

/**
 * A model as it was saved, to be asked: compiled with the losses that it was trained with, of which gradients are, but
 * with an optimizer that has no state, which would only take memory.
 */
export async function copyOf(json: Record<string, unknown>, where: string): Promise<Model> {
  const plain = () => modelFromConfig({ ...json, compile: null }, { where });
  const { loss, lossWeights } = (json.compile ?? {}) as { loss?: unknown; lossWeights?: unknown };
  if (loss === undefined) return plain();
  const compile = { loss, ...(lossWeights ? { lossWeights } : {}), optimizer: { name: 'sgd' } };
  const backend = await engineBackend();
  try {
    return modelFromConfig({ ...json, compile }, { where, backend });
  } catch {
    // A loss that this page does not have is as good as none; what else is wrong is told now.
    return plain();
  }
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

/** What a run's record says of its data, as far as it does. */
function dataOf(
  record: string | undefined,
  where: string,
): { classes?: readonly string[]; columns?: StoredColumns } {
  if (record === undefined) return {};
  const { data } = parse(record, `${where}: run.json`) as { data?: { classes?: unknown; columns?: unknown } };
  const classes = listOf(data?.classes, (name): name is string => typeof name === 'string');
  const columns = data?.columns;
  return { ...(classes && { classes }), ...(isStoredColumns(columns) && { columns }) };
}

function listOf<T>(value: unknown, isOne: (one: unknown) => one is T): readonly T[] | undefined {
  return Array.isArray(value) && value.every(isOne) ? value : undefined;
}

/** What a network says of one sample: a probability for each class. */
export async function classify({ model }: HeldNetwork, sample: Float32Array): Promise<number[]> {
  const classifier = await classifierOf(model);
  const { data } = await classifier.predict({ data: sample, shape: [1, ...classifier.inputShape!] });
  return Array.from(data);
}

/** A network that leaves softmax to its loss, with softmax at its end; the weights are the same. */
export async function classifierOf(model: Model): Promise<Model> {
  const known = classifiers.get(model);
  if (known) return known;
  const isWhole = endsInSoftmax(model);
  // The backend is part of how a model is compiled; one that is trained has its own already.
  const classifier =
    isWhole && model.optimizer
      ? model
      : sequential(isWhole ? [model] : [model, layers.softmax()], { name: `${model.name}-classifier` });
  if (!classifier.optimizer) {
    classifier.compile({ loss: 'meanSquaredError', optimizer: 'sgd', backend: await engineBackend() });
  }
  classifiers.set(model, classifier);
  return classifier;
}

const classifiers = new WeakMap<Model, Model>();

export function endsInSoftmax(model: Model): boolean {
  const last = model.layers.at(-1);
  return last?.type === 'softmax' || last?.config().activation === 'softmax';
}
