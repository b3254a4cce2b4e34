import {
  type Loss,
  type LossConfig,
  type LossLike,
  lossFromConfig,
  resolveLoss,
  savedLoss,
} from '../nn/losses/index.ts';
import { type MetricConfig, type MetricLike, metricFromConfig, savedMetric } from '../nn/metrics/index.ts';
import { type Optimizer, resolveOptimizer } from '../nn/optimizers/index.ts';
import { checkNames } from './objective.ts';
import type { ByOutput, CompileOptions, MetricsOption } from './options.ts';

/** What compile() was told, with its optimizer, of which there is one from then on. */
export interface Settings extends CompileOptions {
  readonly optimizer: Optimizer;
}

/** Settings as JSON: losses, metrics and weights as they were given, for all outputs or for each. */
export interface SettingsConfig {
  readonly optimizer: { readonly name: string; readonly [option: string]: unknown };
  readonly loss: LossConfig | ByOutput<LossConfig | null>;
  readonly metrics: MetricsConfig;
  readonly lossWeights?: ByOutput<number>;
  readonly weightedMetrics?: MetricsConfig;
}

type SavedMetric = string | MetricConfig;
export type MetricsConfig =
  | readonly SavedMetric[]
  | readonly (readonly SavedMetric[])[]
  | Readonly<Record<string, SavedMetric | readonly SavedMetric[]>>;

/** @throws RangeError on a name that does not exist */
export function resolveSettings(options: CompileOptions): Settings {
  checkNames(options);
  return { ...options, optimizer: resolveOptimizer(options.optimizer ?? 'adam') };
}

/** @throws Error when a loss or metric is a function of the user's, which has no name to find it by */
export function settingsConfig(settings: Settings): SettingsConfig {
  const { optimizer, lossWeights, weightedMetrics } = settings;
  const unknown: string[] = [];
  const saveLoss = (like: LossLike) => {
    const loss = resolveLoss(like);
    const saved = savedLoss(loss);
    if (!saved) unknown.push(loss.name);
    return saved!;
  };
  const saveMetric = (metric: MetricLike) => {
    const saved = savedMetric(metric);
    if (saved === undefined) unknown.push(typeof metric === 'string' ? metric : metric.name);
    return saved!;
  };
  const saveMetrics = (metrics: MetricsOption): MetricsConfig =>
    mapDeep(metrics, isMetric, saveMetric) as MetricsConfig;
  const loss = mapDeep(settings.loss, isLoss, saveLoss) as SettingsConfig['loss'];
  const metrics = saveMetrics(settings.metrics ?? []);
  const weighted = weightedMetrics && saveMetrics(weightedMetrics);
  if (unknown.length > 0) {
    throw new Error(
      `toConfig: expected losses and metrics of the library's; received ${unknown.join(', ')}. A function of your own cannot be saved.`,
    );
  }
  return {
    optimizer: { name: optimizer.name, ...optimizer.config() },
    loss,
    metrics,
    ...(lossWeights ? { lossWeights } : {}),
    ...(weighted ? { weightedMetrics: weighted } : {}),
  };
}

/** What {@link settingsConfig} saved, but the optimizer, as compile() takes it. */
export function settingsFromConfig(
  config: Omit<SettingsConfig, 'optimizer'>,
): Omit<CompileOptions, 'optimizer'> {
  const readMetrics = (metrics: MetricsConfig) =>
    mapDeep(metrics, isSavedMetric, metricFromConfig) as MetricsOption;
  return {
    loss: mapDeep(config.loss, isSavedLoss, lossFromConfig) as CompileOptions['loss'],
    metrics: readMetrics(config.metrics),
    ...(config.lossWeights ? { lossWeights: config.lossWeights } : {}),
    ...(config.weightedMetrics ? { weightedMetrics: readMetrics(config.weightedMetrics) } : {}),
  };
}

/** Changes the things in lists and records, leaving lists, records and null as they are. */
function mapDeep<T, R>(value: unknown, is: (value: unknown) => value is T, change: (thing: T) => R): unknown {
  if (value === null || value === undefined) return value;
  if (is(value)) return change(value);
  if (Array.isArray(value)) return value.map((item) => mapDeep(item, is, change));
  if (typeof value !== 'object') {
    throw new RangeError(`compile: expected losses and metrics; received ${String(value)}.`);
  }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapDeep(item, is, change)]));
}

function isLoss(value: unknown): value is LossLike {
  return typeof value !== 'object' || typeof (value as Partial<Loss>).call === 'function';
}

function isMetric(value: unknown): value is MetricLike {
  return typeof value === 'string' || typeof (value as { measure?: unknown }).measure === 'function';
}

function isSavedLoss(value: unknown): value is LossConfig {
  return typeof value === 'object' && typeof (value as { name?: unknown }).name === 'string';
}

function isSavedMetric(value: unknown): value is SavedMetric {
  return typeof value === 'string' || typeof (value as { type?: unknown }).type === 'string';
}
