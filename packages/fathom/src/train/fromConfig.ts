import { DataError } from '../data/errors.ts';
import type { Layer, LayerConfig } from '../nn/layer.ts';
import { type LayerFactory, layerFromConfig } from '../nn/layerFromConfig.ts';
import { lossFromConfig } from '../nn/losses/index.ts';
import { metricFromConfig } from '../nn/metrics/index.ts';
import { type OptimizerName, resolveOptimizer } from '../nn/optimizers/index.ts';
import { MODEL_FORMAT_VERSION } from './config.ts';
import { type Model, sequential } from './model.ts';
import type { BackendOptions } from './options.ts';

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
 * @param config JSON from a file is checked, since anybody may have written it
 * @throws DataError when it is no configuration of a model, or of a version this library does not know
 * @example
 * const twin = modelFromConfig(model.toConfig());
 */
export function modelFromConfig(config: unknown, options: FromConfigOptions = {}): Model {
  const { where = 'modelFromConfig', backend, threads, customLayers = {} } = options;
  const root = asObject(config, where);
  if (root.formatVersion !== MODEL_FORMAT_VERSION) {
    throw bad(
      where,
      `formatVersion ${MODEL_FORMAT_VERSION}`,
      root.formatVersion,
      'Use the version of Fathom that wrote it.',
    );
  }
  const model = sequential([], {
    name: asText(root.name, `${where}: name`),
    seed: asNumber(root.seed, `${where}: seed`),
  });
  asList(root.layers, `${where}: layers`).forEach((layer, i) => {
    model.add(toLayer(layer, customLayers, `${where}: layer ${i}`));
  });
  if (root.inputShape !== null) model.build(asShape(root.inputShape, `${where}: inputShape`));
  if (root.compile === null) return model;
  const settings = asObject(root.compile, `${where}: compile`);
  const { name: optimizer, ...rates } = asObject(settings.optimizer, `${where}: compile.optimizer`);
  const { name: loss, ...lossOptions } = asObject(settings.loss, `${where}: compile.loss`);
  model.compile({
    optimizer: resolveOptimizer(
      asText(optimizer, `${where}: compile.optimizer.name`) as OptimizerName,
      rates,
    ),
    loss: lossFromConfig({ name: asText(loss, `${where}: compile.loss.name`), ...lossOptions }),
    metrics: asList(settings.metrics, `${where}: compile.metrics`).map((metric) => {
      if (typeof metric === 'string') return metricFromConfig(metric);
      const { type, ...metricOptions } = asObject(metric, `${where}: compile.metrics`);
      return metricFromConfig({ type: asText(type, `${where}: compile.metrics: type`), ...metricOptions });
    }),
    backend,
    threads,
  });
  return model;
}

function toLayer(config: unknown, custom: Readonly<Record<string, LayerFactory>>, where: string): Layer {
  const layer = asObject(config, where);
  asText(layer.type, `${where}: type`);
  asText(layer.name, `${where}: name`);
  if (layer.inputShape !== undefined) asShape(layer.inputShape, `${where}: inputShape`);
  // Every layer checks its options itself, whatever they are.
  return layerFromConfig(layer as LayerConfig, custom, where) as Layer;
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
