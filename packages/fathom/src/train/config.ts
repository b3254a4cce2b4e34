import type { LayerConfig } from '../nn/layer.ts';
import type { NetworkConfig } from '../nn/networkConfig.ts';
import type { SettingsConfig } from './settings.ts';

/** A model as JSON: enough to make it again, without its weights. */
export type ModelConfig = SequentialConfig | FunctionalConfig;

interface CommonConfig {
  readonly formatVersion: number;
  readonly name: string;
  readonly seed: number;
  readonly compile: SettingsConfig | null;
}

/** A stack of layers. */
export interface SequentialConfig extends CommonConfig {
  /** Files of version 1 do not say it. */
  readonly type?: 'sequential';
  readonly inputShape: readonly number[] | null;
  readonly layers: readonly LayerConfig[];
}

/** A graph of layer calls. */
export interface FunctionalConfig extends CommonConfig, NetworkConfig {
  readonly type: 'model';
}

/** Version of {@link ModelConfig}; 1 knew stacks alone and is read too, other versions are refused. */
export const MODEL_FORMAT_VERSION = 2;
