import { formatShape } from '../ir/shape.ts';
import { type Loss, type LossConfig, resolveLoss, savedLoss } from '../nn/losses/index.ts';
import { type MetricConfig, type MetricLike, resolveMetric, savedMetric } from '../nn/metrics/index.ts';
import { type Optimizer, resolveOptimizer } from '../nn/optimizers/index.ts';
import type { LayerStack } from '../nn/stack.ts';
import { evaluateGraph, type Objective } from './graphs.ts';
import type { BackendOptions, CompileOptions } from './options.ts';

/** What compile() was told, with the names looked up. */
export interface Settings extends BackendOptions {
  readonly optimizer: Optimizer;
  readonly loss: Loss;
  readonly metrics: readonly MetricLike[];
}

/** Settings as JSON. */
export interface SettingsConfig {
  readonly optimizer: { readonly name: string; readonly [option: string]: unknown };
  readonly loss: LossConfig;
  readonly metrics: readonly (string | MetricConfig)[];
}

/** @throws RangeError on a name that does not exist */
export function resolveSettings(options: CompileOptions): Settings {
  const { backend, threads, metrics = [] } = options;
  const loss = resolveLoss(options.loss);
  for (const metric of metrics) resolveMetric(metric, loss, [1]);
  return { backend, threads, metrics, loss, optimizer: resolveOptimizer(options.optimizer ?? 'adam') };
}

/**
 * What the model of this stack is trained for.
 *
 * @throws RangeError when the loss or a metric does not fit the stack's output
 */
export function objectiveOf(settings: Settings, stack: LayerStack, name: string): Objective {
  const { loss } = settings;
  checkLossFits(stack, loss, name);
  const metrics = settings.metrics.map((metric) => resolveMetric(metric, loss, stack.outputShape));
  // A graph of one sample shows at once what does not fit together.
  evaluateGraph(stack, { loss, metrics }, 1);
  return { loss, metrics };
}

/** @throws Error when a loss or metric is a function of the user's, which has no name to find it by */
export function settingsConfig({ optimizer, loss, metrics }: Settings): SettingsConfig {
  const savedMetrics = metrics.map(savedMetric);
  const saved = savedLoss(loss);
  const unknown = [
    ...(saved ? [] : [loss.name]),
    ...metrics.flatMap((metric, i) => (savedMetrics[i] || typeof metric === 'string' ? [] : [metric.name])),
  ];
  if (!saved || unknown.length > 0) {
    throw new Error(
      `toConfig: expected losses and metrics of the library's; received ${unknown.join(', ')}. A function of your own cannot be saved.`,
    );
  }
  return {
    optimizer: { name: optimizer.name, ...optimizer.config() },
    loss: saved,
    metrics: savedMetrics.filter((metric) => metric !== undefined),
  };
}

function checkLossFits(stack: LayerStack, loss: Loss, name: string): void {
  const { outputShape } = stack;
  const outputs = outputShape[outputShape.length - 1];
  const needsClasses = loss.kind === 'sparse' || loss.kind === 'categorical';
  if (!needsClasses || (outputs !== undefined && outputs > 1)) return;
  throw new RangeError(
    `${name}: ${loss.name} expected one output for each of two or more classes; received output shape ${formatShape(outputShape)}. Give the last layer that many units, or use binaryCrossentropy.`,
  );
}
