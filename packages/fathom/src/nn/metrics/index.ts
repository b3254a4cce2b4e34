import { argmax } from '../../functional/argmax.ts';
import { mean } from '../../functional/mean.ts';
import { meanSquaredError as squared } from '../../functional/meanSquaredError.ts';
import { oneHot } from '../../functional/oneHot.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { cast, equal, less, reshape } from '../../ops/index.ts';
import { lookUp } from '../lookup.ts';
import type { Loss } from '../losses/index.ts';

/** A number reported beside the loss: the mean over all samples of what `call` gives for each. */
export interface Metric {
  readonly name: string;
  /** targets [B, ...] as the loss gets them, predictions [B, ...] → values [B, ...]. */
  readonly call: (targets: Tensor, predictions: Tensor) => Tensor;
}

/** Names that `metrics` accepts. */
export type MetricName = keyof typeof byName;
export type MetricLike = MetricName | Metric;

/**
 * Share of right answers. Its meaning follows the loss, which knows what the targets are:
 *
 * - sparse categorical: the largest prediction is at the label
 * - categorical: the largest prediction is where the largest target is
 * - binary: prediction > 0.5 (logit > 0 with `fromLogits`) says what the target says, for each output
 * - otherwise: binary for one output, categorical for several
 *
 * Of equal largest values the first counts.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
 */
export function accuracy(loss: Pick<Loss, 'kind' | 'fromLogits'>, outputShape: Shape): Metric {
  const outputs = outputShape[outputShape.length - 1] ?? 1;
  const kind = loss.kind === 'regression' ? (outputs === 1 ? 'binary' : 'categorical') : loss.kind;
  switch (kind) {
    case 'sparse':
      return { name: 'accuracy', call: (labels, predictions) => truth(equal(labels, argmax(predictions))) };
    case 'categorical':
      return {
        name: 'accuracy',
        call: (targets, predictions) => truth(equal(argmax(targets), argmax(predictions))),
      };
    case 'binary': {
      const threshold = loss.fromLogits ? 0 : 0.5;
      return {
        name: 'accuracy',
        call(targets, predictions) {
          const yes = cast(less(threshold, predictions), 'float32');
          return mean(truth(equal(targets, yes)), -1);
        },
      };
    }
    default:
      return kind satisfies never;
  }
}

/**
 * Mean squared error as a metric; labels count as one-hot targets.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['meanSquaredError'] });
 */
export function meanSquaredError(loss: Pick<Loss, 'targets'>): Metric {
  return {
    name: 'meanSquaredError',
    call(targets, predictions) {
      const classes = predictions.shape[predictions.rank - 1]!;
      return squared(loss.targets === 'labels' ? oneHot(targets, classes) : targets, predictions);
    },
  };
}

/** The metric meant by a name for this loss and output, or given as such. */
export function resolveMetric(metric: MetricLike, loss: Loss, outputShape: Shape): Metric {
  return typeof metric === 'string' ? lookUp(byName, metric, 'metrics')(loss, outputShape) : metric;
}

/** Names of the metrics that can be saved. */
export function isMetricName(name: string): name is MetricName {
  return Object.hasOwn(byName, name);
}

/** The mean over everything but the batch: one value a sample. */
export function perSample(values: Tensor): Tensor {
  if (values.rank <= 1) return values;
  return mean(reshape(values, [values.shape[0]!, -1]), 1);
}

const byName = {
  accuracy,
  meanSquaredError: (loss: Loss, _outputShape: Shape) => meanSquaredError(loss),
};

function truth(condition: Tensor): Tensor {
  return cast(condition, 'float32');
}
