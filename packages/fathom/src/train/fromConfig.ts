import { DataError } from '../data/errors.ts';
import { BaseLayer, type LayerConfig } from '../nn/layer.ts';
import { type LayerFactory, layerFromConfig } from '../nn/layerFromConfig.ts';
import { drawNetwork, type NetworkConfig, type TensorReference } from '../nn/networkConfig.ts';
import { type OptimizerName, resolveOptimizer } from '../nn/optimizers/index.ts';
import type { Symbolics, SymbolicTensor } from '../nn/symbolic.ts';
import { MODEL_FORMAT_VERSION } from './config.ts';
import { Model, sequential } from './model.ts';
import type { BackendOptions, ModelOptions } from './options.ts';
import { type SettingsConfig, settingsFromConfig } from './settings.ts';

export type { LayerFactory };

export interface FromConfigOptions extends BackendOptions {
  /** Where the configuration comes from, for messages. */
  readonly where?: string | undefined;
  /** Makers of layers of your own, by type. */
  readonly customLayers?: Readonly<Record<string, LayerFactory>> | undefined;
}

/**
 * The model that `toConfig` described, with new weights; compiled, if it was.
 *
 * @typeParam O the form of its outputs, where it has not just one: `modelFromConfig<SymbolicTensor[]>(config)`
 * @param config JSON from a file is checked, since anybody may have written it
 * @throws DataError when it is no configuration of a model, or of a version this library does not know
 * @example
 * const twin = modelFromConfig(model.toConfig());
 */
export function modelFromConfig<O extends Symbolics = SymbolicTensor>(
  config: unknown,
  options: FromConfigOptions = {},
): Model<O> {
  const { where = 'modelFromConfig', backend, threads, customLayers = {} } = options;
  const root = asObject(config, where);
  if (root.formatVersion !== 1 && root.formatVersion !== MODEL_FORMAT_VERSION) {
    throw bad(
      where,
      `formatVersion ${MODEL_FORMAT_VERSION}`,
      root.formatVersion,
      'Use the version of Fathom that wrote it.',
    );
  }
  // Models in models come as their configs, and are made the same way.
  const custom: Readonly<Record<string, LayerFactory>> = {
    sequential: (inner: unknown) => toModel(asObject(inner, where), 'sequential', custom, where),
    model: (inner: unknown) => toModel(asObject(inner, where), 'model', custom, where),
    ...customLayers,
  };
  const made = toModel(root, root.type === 'model' ? 'model' : 'sequential', custom, where);
  // How many outputs a file describes is known only now; the caller says what it should be.
  const result = made as unknown as Model<O>;
  if (root.compile === null) return result;
  const { optimizer, ...settings } = asObject(root.compile, `${where}: compile`);
  const { name, ...rates } = asObject(optimizer, `${where}: compile.optimizer`);
  if (typeof settings.loss !== 'object' || settings.loss === null) {
    throw bad(`${where}: compile.loss`, 'an object', settings.loss);
  }
  made.compile({
    optimizer: resolveOptimizer(asText(name, `${where}: compile.optimizer.name`) as OptimizerName, rates),
    // Whatever it holds, it is looked up by name, and checked there.
    ...settingsFromConfig({ metrics: [], ...settings } as unknown as SettingsConfig),
    backend,
    threads,
  });
  return result;
}

/** A model from its config, in which layers may be layers already. */
function toModel(
  root: Record<string, unknown>,
  type: 'sequential' | 'model',
  custom: Readonly<Record<string, LayerFactory>>,
  where: string,
): Model<Symbolics> {
  const options: ModelOptions = {
    name: asText(root.name, `${where}: name`),
    seed: asNumber(root.seed, `${where}: seed`),
    ...(root.trainable === false ? { trainable: false } : {}),
  };
  const layers = asList(root.layers, `${where}: layers`).map((layer, i) =>
    layer instanceof BaseLayer ? layer : toLayer(layer, custom, `${where}: layer ${i}`),
  );
  if (type === 'sequential') {
    const stack = sequential(layers, options);
    if (root.inputShape !== null) stack.build(asShape(root.inputShape, `${where}: inputShape`));
    return stack;
  }
  const calls = asList(root.calls, `${where}: calls`).map((call, i) => {
    const one = asObject(call, `${where}: call ${i}`);
    return {
      layer: asText(one.layer, `${where}: call ${i}: layer`),
      inputs: asList(one.inputs, `${where}: call ${i}: inputs`) as TensorReference[],
      ...(typeof one.training === 'boolean' ? { training: one.training } : {}),
    };
  });
  const ends = [root.inputs, root.outputs].map((end, i) => {
    return asObject(end, `${where}: ${i === 0 ? 'inputs' : 'outputs'}`) as NetworkConfig['inputs'];
  });
  return new Model(drawNetwork({ calls, inputs: ends[0]!, outputs: ends[1]! }, layers, where), options);
}

function toLayer(config: unknown, custom: Readonly<Record<string, LayerFactory>>, where: string): BaseLayer {
  const layer = asObject(config, where);
  asText(layer.type, `${where}: type`);
  asText(layer.name, `${where}: name`);
  if (layer.inputShape !== undefined) asShape(layer.inputShape, `${where}: inputShape`);
  // Every layer checks its options itself, whatever they are.
  return layerFromConfig(layer as LayerConfig, custom, where);
}

function asObject(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad(where, 'an object', value);
  return value as Record<string, unknown>;
}

function asList(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) throw bad(where, 'a list', value);
  return value;
}

function asText(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '') throw bad(where, 'a text', value);
  return value;
}

function asNumber(value: unknown, where: string): number {
  if (typeof value !== 'number') throw bad(where, 'a number', value);
  return value;
}

function asShape(value: unknown, where: string): number[] {
  return asList(value, where).map((extent) => asNumber(extent, where));
}

function bad(
  where: string,
  expected: string,
  received: unknown,
  fix = 'The file is damaged, or not a model.',
): DataError {
  const text = JSON.stringify(received) ?? 'nothing';
  return new DataError({
    what: 'this is no configuration of a model',
    where,
    expected,
    received: text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text,
    fix,
  });
}

const LONGEST_QUOTE = 80;
