import type { Backend } from '../../src/backends/backend.ts';
import type { Shape } from '../../src/ir/shape.ts';
import { sizeOf } from '../../src/ir/shape.ts';
import type { NumericArray, Tensor } from '../../src/ir/tensor.ts';
import type { Metric, MetricValue } from '../../src/nn/metrics/index.ts';
import { input } from '../../src/ops/index.ts';
import { evaluate } from '../../src/runtime.ts';
import { exact } from './differences.ts';

/** Data that a metric goes through, cut into batches. */
export interface Pass {
  readonly targets: NumericArray;
  readonly targetShape: Shape;
  readonly predictions: NumericArray;
  /** Of one sample's prediction. */
  readonly shape: Shape;
  readonly weights?: NumericArray | undefined;
  /** Of one sample's weights. */
  readonly weightShape?: Shape | undefined;
  /** Samples of each batch. */
  readonly batches: readonly number[];
  readonly backend?: Backend | undefined;
}

/** The figure of a metric over a pass: what each batch measures is folded as in training. */
export async function figureOf(metric: Metric, pass: Pass): Promise<MetricValue> {
  const { targets, targetShape, predictions, shape, weights, weightShape = [], backend = exact } = pass;
  const accumulator = metric.accumulator();
  let start = 0;
  for (const count of pass.batches) {
    const feeds = new Map<Tensor, NumericArray>();
    const feed = (name: string, values: NumericArray, own: Shape) => {
      const type = values instanceof Int32Array ? 'int32' : 'float32';
      const tensor = input(name, [count, ...own], type);
      feeds.set(tensor, values.slice(start * sizeOf(own), (start + count) * sizeOf(own)));
      return tensor;
    };
    const t = feed('targets', targets, targetShape);
    const p = feed('predictions', predictions, shape);
    const w = weights && feed('weights', weights, weightShape);
    accumulator.add(await evaluate(metric.measure(t, p, w), feeds, backend), count);
    start += count;
  }
  return accumulator.result();
}
