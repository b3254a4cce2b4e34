import type { BaseLayer, LayerConfig } from './layer.ts';
import * as layers from './layers/index.ts';
import { lookUp } from './lookup.ts';
import { SymbolicTensor } from './symbolic.ts';

/** A layer from its options. */
export type LayerFactory = (options: never) => BaseLayer | SymbolicTensor;

/**
 * The layer that a config describes. The factories are the functions that nn/layers/index.ts exports: a name is a
 * type. Configs inside it are made into layers first, so that a factory of a wrapper receives layers and need not
 * (and, so that modules form no cycle, must not) import this.
 *
 * @throws RangeError on a type that does not exist
 */
export function layerFromConfig(
  config: LayerConfig,
  custom: Readonly<Record<string, LayerFactory>> = {},
  where = 'layerFromConfig',
): BaseLayer {
  const { type, ...options } = config;
  const factory = lookUp({ ...factories, ...custom }, type, `${where}: type`);
  const ready = Object.entries(options).map(([option, value]) => [
    option,
    withLayers(value, custom, `${where}: ${option}`),
  ]);
  const made = factory(Object.fromEntries(ready) as never);
  return made instanceof SymbolicTensor ? made.layer : made;
}

/** Whether a value from JSON describes a layer of a known type. */
function isLayerConfig(value: unknown, custom: Readonly<Record<string, LayerFactory>>): value is LayerConfig {
  if (typeof value !== 'object' || value === null) return false;
  const { type, name } = value as Record<string, unknown>;
  return (
    typeof type === 'string' &&
    typeof name === 'string' &&
    (Object.hasOwn(factories, type) || Object.hasOwn(custom, type))
  );
}

function withLayers(value: unknown, custom: Readonly<Record<string, LayerFactory>>, where: string): unknown {
  if (Array.isArray(value)) return value.map((item) => withLayers(item, custom, where));
  return isLayerConfig(value, custom) ? layerFromConfig(value, custom, where) : value;
}

const factories: Readonly<Record<string, LayerFactory>> = Object.fromEntries(
  Object.entries(layers).filter(([, made]) => typeof made === 'function') as [string, LayerFactory][],
);
