import { formatShape } from '../ir/shape.ts';
import type { Composite } from '../nn/composite.ts';
import { type Loss, resolveLoss } from '../nn/losses/index.ts';
import { type Metric, type MetricLike, resolveMetric } from '../nn/metrics/index.ts';
import type { Symbolics } from '../nn/symbolic.ts';
import type { Figure } from './means.ts';
import type { ByOutput, CompileOptions, MetricsOption } from './options.ts';
import type { Expected, Feed } from './samples.ts';

/** What one output is trained to make small. */
export interface OutputLoss {
  readonly name: string;
  /** Its place among the outputs of the network. */
  readonly index: number;
  readonly loss: Loss;
  /** What the loss counts in the sum that is trained. */
  readonly weight: number;
}

/** What one output is trained for. */
export interface OutputObjective extends OutputLoss {
  readonly metrics: readonly MeasuredMetric[];
}

export interface MeasuredMetric {
  readonly metric: Metric;
  /** In the logs. */
  readonly name: string;
  /** Sample and class weights apply to it. */
  readonly weighted: boolean;
}

/** What a model is trained for: its outputs that have a loss. */
export interface Objective {
  readonly outputs: readonly OutputObjective[];
  /** What a step measures beside the loss: of several outputs the loss of each, then the metrics. */
  readonly figures: readonly Figure[];
}

/**
 * What a model with these outputs is trained for. With several outputs, names in logs begin with that of the output:
 * `digitLoss` and `digitAccuracy` for Keras' digit_loss and digit_accuracy.
 *
 * @throws RangeError when a loss or metric does not fit its output, or is meant for one that does not exist
 */
export function objectiveOf(options: CompileOptions, model: Composite<Symbolics>): Objective {
  const names = model.outputNames;
  const losses = lossesOf(options.loss, names);
  const weights = options.lossWeights
    ? spread(options.lossWeights, names, 'lossWeights').map((weight) => weight ?? 1)
    : names.map(() => 1);
  const plain = metricsOf(options.metrics, names, 'metrics');
  const weighted = metricsOf(options.weightedMetrics, names, 'weightedMetrics');
  const several = names.length > 1;
  const outputs = names.flatMap((name, index): OutputObjective[] => {
    const like = losses[index];
    if (!like) return [];
    const loss = resolveLoss(like);
    const shape = model.network.outputs[index]!.shape;
    checkLossFits(shape, loss, several ? `${model.name}: ${name}` : model.name);
    const weight = weights[index]!;
    if (!Number.isFinite(weight)) {
      throw new RangeError(`lossWeights: expected finite numbers; received ${weight} for ${name}.`);
    }
    const logged = (metric: MetricLike, isWeighted: boolean): MeasuredMetric => {
      const resolved = resolveMetric(metric, loss, shape);
      return {
        metric: resolved,
        name: several ? joined(name, resolved.name) : resolved.name,
        weighted: isWeighted,
      };
    };
    const metrics = plain[index]!.map((metric) => logged(metric, false));
    for (const metric of weighted[index]!) {
      const one = logged(metric, true);
      const taken = metrics.some((other) => other.name === one.name);
      metrics.push(taken ? { ...one, name: joined('weighted', one.name) } : one);
    }
    return [{ name, index, loss, weight, metrics }];
  });
  if (outputs.length === 0)
    throw new RangeError('loss: expected a loss for one output at least; received none.');
  const figures = [
    ...(several ? outputs.map(({ name }) => lossFigure(joined(name, 'loss'))) : []),
    ...outputs.flatMap(({ metrics }) => metrics).map(figureOf),
  ];
  const twice = figures.find(
    ({ name }, i) => name === 'loss' || figures.some((f, j) => j < i && f.name === name),
  );
  if (twice) {
    throw new RangeError(
      `metrics: expected metrics of different names; received ${twice.name} twice. Wrap one of them under another name: { ...metric, name: 'other' }.`,
    );
  }
  return { outputs, figures };
}

/** Names of unknown losses and metrics are told at once, also where the outputs are not known yet. */
export function checkNames(options: CompileOptions): void {
  const losses = isOneLoss(options.loss) ? [options.loss] : Object.values(options.loss);
  const resolved = losses.flatMap((loss) => (loss === null ? [] : [resolveLoss(loss)]));
  const listed = [options.metrics, options.weightedMetrics].flatMap((metrics) =>
    Object.values(metrics ?? {}).flat(),
  );
  for (const metric of listed as MetricLike[]) if (resolved[0]) resolveMetric(metric, resolved[0], [1]);
}

/** What samples a model takes. */
export function inputFeeds(model: Composite<Symbolics>): readonly Feed[] {
  return model.network.inputs.map(({ shape, dtype }, i) => ({ name: model.inputNames[i]!, shape, dtype }));
}

/** What data a model with this objective is trained on. */
export function expectedOf(objective: Objective, model: Composite<Symbolics>): Expected {
  const { outputs } = model.network;
  return {
    inputs: inputFeeds(model),
    targets: objective.outputs.map(({ name, index, loss }) => {
      const { shape } = outputs[index]!;
      return {
        name,
        loss,
        shape: loss.targets === 'labels' ? shape.slice(0, -1) : shape,
        classes: shape[shape.length - 1] ?? 1,
      };
    }),
  };
}

/** The mean loss of an output over a pass: that of each batch counts with its number of samples. */
function lossFigure(name: string): Figure {
  return {
    name,
    accumulator() {
      let [total, samples] = [0, 0];
      return {
        add(parts, count) {
          total += parts[0]![0]! * count;
          samples += count;
        },
        result: () => total / samples,
      };
    },
  };
}

function figureOf({ name, metric }: MeasuredMetric): Figure {
  return { name, accumulator: () => metric.accumulator() };
}

/** What was given for each of these names: in their order, or by name. */
function spread<T>(given: ByOutput<T>, names: readonly string[], what: string): readonly (T | undefined)[] {
  if (isList(given)) {
    if (given.length === names.length) return given;
    throw new RangeError(
      `${what}: expected one for each of the outputs ${names.join(', ')}; received ${given.length}.`,
    );
  }
  const unknown = Object.keys(given).filter((name) => !names.includes(name));
  if (unknown.length > 0) {
    throw new RangeError(`${what}: expected outputs ${names.join(', ')}; received ${unknown.join(', ')}.`);
  }
  return names.map((name) => given[name]);
}

function lossesOf(loss: CompileOptions['loss'], names: readonly string[]) {
  return isOneLoss(loss) ? names.map(() => loss) : spread(loss, names, 'loss');
}

function metricsOf(
  metrics: MetricsOption | undefined,
  names: readonly string[],
  what: string,
): readonly (readonly MetricLike[])[] {
  if (metrics === undefined) return names.map(() => []);
  if (!isList(metrics)) {
    return spread(metrics, names, what).map((one) => (one === undefined ? [] : isList(one) ? one : [one]));
  }
  if (metrics.some(isList)) {
    return spread(metrics as readonly (readonly MetricLike[])[], names, what).map((one) => one ?? []);
  }
  return names.map(() => metrics as readonly MetricLike[]);
}

function isOneLoss(loss: CompileOptions['loss']): loss is Exclude<CompileOptions['loss'], ByOutput<unknown>> {
  if (typeof loss !== 'object') return true;
  return !isList(loss) && typeof (loss as Partial<Loss>).call === 'function';
}

function isList<T>(value: unknown): value is readonly T[] {
  return Array.isArray(value);
}

/** digitLoss for digit and loss. */
function joined(first: string, second: string): string {
  return `${first}${second[0]!.toUpperCase()}${second.slice(1)}`;
}

function checkLossFits(outputShape: readonly number[], loss: Loss, name: string): void {
  const outputs = outputShape[outputShape.length - 1];
  const needsClasses = loss.kind === 'sparse' || loss.kind === 'categorical';
  if (!needsClasses || (outputs !== undefined && outputs > 1)) return;
  throw new RangeError(
    `${name}: ${loss.name} expected one output for each of two or more classes; received output shape ${formatShape(outputShape)}. Give the last layer that many units, or use binaryCrossentropy.`,
  );
}
