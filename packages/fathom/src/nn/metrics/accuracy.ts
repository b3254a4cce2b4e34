import { argmax } from '../../functional/argmax.ts';
import { mean } from '../../functional/mean.ts';
import type { Shape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { cast, equal, less } from '../../ops/index.ts';
import type { Loss } from '../losses/index.ts';
import { type Measurement, type Metric, meanMetric } from './metric.ts';

/**
 * Share of right answers. Its meaning follows the loss, which knows what the targets are:
 *
 * - sparse categorical: the largest prediction is at the label
 * - categorical: the largest prediction is where the largest target is
 * - binary: prediction > 0.5 (logit > 0 with `fromLogits`) says what the target says, for each output
 * - hinge: prediction and target have the same side of 0
 * - otherwise: binary for one output, categorical for several
 *
 * Of equal largest values the first counts.
 *
 * @example
 * model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
 */
export function accuracy(): Metric {
  return {
    ...meanMetric('accuracy', (targets, predictions) =>
      measurements[kindOf(targets, predictions)](targets, predictions),
    ),
    forLoss: (loss, outputShape) => chosen(loss, outputShape),
    config: () => ({ type: 'accuracy' }),
  };
}

type Kind = 'sparse' | 'categorical' | 'sides' | 'binary' | 'binaryLogits';

function chosen({ kind, fromLogits }: Loss, outputShape: Shape): Metric {
  const outputs = outputShape[outputShape.length - 1] ?? 1;
  const meant = kind === 'regression' ? (outputs === 1 ? 'binary' : 'categorical') : kind;
  const call = measurements[meant === 'binary' && fromLogits ? 'binaryLogits' : meant];
  return { ...meanMetric('accuracy', call), config: () => ({ type: 'accuracy' }) };
}

/** Where no loss tells, the shapes do. */
function kindOf(targets: Tensor, predictions: Tensor): Kind {
  if (targets.rank < predictions.rank) return 'sparse';
  return predictions.shape[predictions.rank - 1] === 1 ? 'binary' : 'categorical';
}

const measurements: Readonly<Record<Kind, Measurement>> = {
  sparse: (labels, predictions) => truth(equal(labels, argmax(predictions))),
  categorical: (targets, predictions) => truth(equal(argmax(targets), argmax(predictions))),
  sides: (targets, predictions) => mean(truth(equal(less(0, targets), less(0, predictions))), -1),
  binary: (targets, predictions) => agreement(targets, predictions, 0.5),
  binaryLogits: (targets, predictions) => agreement(targets, predictions, 0),
};

function agreement(targets: Tensor, predictions: Tensor, threshold: number): Tensor {
  return mean(truth(equal(targets, truth(less(threshold, predictions)))), -1);
}

function truth(condition: Tensor): Tensor {
  return cast(condition, 'float32');
}
