import type { LayerConfig } from '../nn/layer.ts';
import type { SettingsConfig } from './settings.ts';

/** A model as JSON: enough to make it again, without its weights. */
export interface ModelConfig {
  readonly formatVersion: number;
  readonly name: string;
  readonly seed: number;
  readonly inputShape: readonly number[] | null;
  readonly layers: readonly LayerConfig[];
  readonly compile: SettingsConfig | null;
}

/** Version of {@link ModelConfig}; a reader refuses versions it does not know. */
export const MODEL_FORMAT_VERSION = 1;
