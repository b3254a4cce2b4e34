import { formatShape, type Shape } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Softmax } from '../nn/layers/softmax.ts';
import { type Loss, type LossLike, resolveLoss, sparseCategoricalCrossentropy } from '../nn/losses/index.ts';
import { input } from '../ops/index.ts';
import { toRows } from '../train/arrays.ts';
import type { DataInput } from '../train/options.ts';
import { type Inspectable, nodesOf } from './nodes.ts';
import type { InspectOptions } from './session.ts';
import { isWeighted } from './trace.ts';

export interface ObjectiveOptions extends InspectOptions {
  /**
   * Default for class numbers the cross-entropy of all classes, from logits unless the model ends in softmax, of one
   * output of sigmoid its binary one; for values the mean squared error.
   */
  readonly loss?: LossLike | undefined;
  /** Which output of the model, of several. Default 0. */
  readonly output?: number | undefined;
}

/** What an output should have been: a class number, or values. */
export type Target = number | DataInput;

/** A loss for one output of a model, and its target as the loss takes it. */
export interface SampleObjective {
  readonly loss: Loss;
  readonly output: number;
  /** Shape and values of the targets of a batch. */
  readonly shape: Shape;
  readonly values: ArrayLike<number>;
  readonly isLabel: boolean;
}

/**
 * The loss and the targets for `count` samples.
 *
 * @throws RangeError when a class number is out of range, or an output does not exist
 */
export function objectiveFor(
  model: Inspectable,
  target: Target,
  count: number,
  { loss, output = 0 }: ObjectiveOptions,
  where: string,
): SampleObjective {
  const tensor = model.network.outputs[output];
  if (!tensor) {
    throw new RangeError(
      `${where}: expected an output 0…${model.network.outputs.length - 1}; received ${output}.`,
    );
  }
  const { shape } = tensor;
  const labels = typeof target === 'number' ? [target] : undefined;
  const chosen = loss === undefined ? defaultLoss(model, target, shape, count, output) : resolveLoss(loss);
  const isLabel = chosen.targets === 'labels';
  const targetShape = isLabel ? shape.slice(0, -1) : shape;
  const classes = shape.at(-1) ?? 1;
  if (isLabel) {
    const values = labels ?? [...toRows(target as never, targetShape, `${where}: target`).data];
    const wrong = values.find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
    if (wrong !== undefined || values.length % count !== 0) {
      throw new RangeError(
        `${where}: expected ${count === 1 ? 'a class number' : `${count} class numbers`} 0…${classes - 1}; received ${wrong ?? values.length}.`,
      );
    }
    return { loss: chosen, output, shape: [count, ...targetShape], values, isLabel };
  }
  if (labels && classes > 1 && chosen.kind === 'categorical') {
    const values = Float32Array.from({ length: classes }, (_, i) => (i === target ? 1 : 0));
    return { loss: chosen, output, shape: [count, ...targetShape], values, isLabel };
  }
  const rows = toRows((labels ?? target) as never, targetShape, `${where}: target`);
  if (rows.count !== count) {
    throw new RangeError(
      `${where}: expected ${count} targets of shape ${formatShape(targetShape)}; received ${rows.count}.`,
    );
  }
  return { loss: chosen, output, shape: [count, ...targetShape], values: rows.data, isLabel };
}

/** The input of a graph for the targets. */
export function targetInput({ shape, isLabel }: SampleObjective): Tensor {
  return input('target', shape, isLabel ? 'int32' : 'float32');
}

/** Tells programs apart that are made for different losses. */
export function objectiveKey({ loss, output }: SampleObjective): string {
  if (!loss.config) {
    let number = ownLosses.get(loss.call);
    if (number === undefined) {
      number = nextOwn++;
      ownLosses.set(loss.call, number);
    }
    return `${output} own loss ${number}`;
  }
  return `${output} ${loss.name} ${JSON.stringify(loss.config())}`;
}

/** Whether an output of the model is made by softmax. */
export function endsInSoftmax(model: Inspectable, output = 0): boolean {
  return endsIn(model, 'softmax', output);
}

/** Whether an output of the model is made by an activation, of a layer or as a layer of its own. */
export function endsIn(model: Inspectable, name: 'softmax' | 'sigmoid', output = 0): boolean {
  const { nodes, outputs } = nodesOf(model);
  const { layer } = nodes[outputs[output]!.node]!;
  if (name === 'softmax' && layer.type === ('softmax' satisfies Softmax['type'])) return true;
  const { activation } = layer as { readonly activation?: { readonly name?: string } };
  return (isWeighted(layer) || layer.type === 'activation') && activation?.name === name;
}

const ownLosses = new WeakMap<object, number>();
let nextOwn = 0;

function defaultLoss(model: Inspectable, target: Target, shape: Shape, count: number, output: number): Loss {
  const classes = shape.at(-1) ?? 1;
  const isLabels = typeof target === 'number' || (ArrayBuffer.isView(target) && lengthOf(target) === count);
  if (classes > 1 && isLabels) {
    return sparseCategoricalCrossentropy({ fromLogits: !endsInSoftmax(model, output) });
  }
  if (typeof target === 'number' && endsIn(model, 'sigmoid', output))
    return resolveLoss('binaryCrossentropy');
  return resolveLoss('meanSquaredError');
}

function lengthOf(view: ArrayBufferView): number {
  return (view as unknown as { readonly length: number }).length;
}
