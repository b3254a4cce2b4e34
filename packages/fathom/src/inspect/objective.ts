import { formatShape, type Shape, sizeOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import type { Softmax } from '../nn/layers/softmax.ts';
import { type Loss, type LossLike, resolveLoss, sparseCategoricalCrossentropy } from '../nn/losses/index.ts';
import { input } from '../ops/index.ts';
import { toRows } from '../train/arrays.ts';
import type { AnyModel } from '../train/model.ts';
import type { OutputLoss } from '../train/objective.ts';
import type { DataInput } from '../train/options.ts';
import { type Inspectable, nodesOf } from './nodes.ts';
import type { InspectOptions } from './session.ts';
import { isWeighted } from './trace.ts';

export interface ObjectiveOptions extends InspectOptions {
  /**
   * Default what the model was compiled with for this output. Of one that was not compiled, or an output that is not
   * trained: for class numbers the cross-entropy of all classes, from logits unless the model ends in softmax, of one
   * output of sigmoid its binary one; for values the mean squared error.
   */
  readonly loss?: LossLike | undefined;
  /**
   * By what the loss of the output is multiplied. Default what the model was compiled with, as far as the loss is, and
   * else 1.
   */
  readonly lossWeight?: number | undefined;
  /** Which output of the model, of several. Default 0. */
  readonly output?: number | undefined;
}

/**
 * What an output should have been: a class number, at each place where there are several, or the number of an output
 * of one; or values.
 */
export type Target = number | DataInput;

/**
 * Where a loss comes from: somebody asked for it, the model was compiled with it; or it is the default, because the
 * model was not compiled, or not for this output.
 */
export type LossOrigin = 'asked' | 'compiled' | 'unknown' | 'untrained';

/** A loss for one output of a model, and its target as the loss takes it. */
export interface SampleObjective {
  readonly loss: Loss;
  /** What it counts. */
  readonly weight: number;
  readonly origin: LossOrigin;
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
  options: ObjectiveOptions,
  where: string,
): SampleObjective {
  const { output = 0 } = options;
  const tensor = model.network.outputs[output];
  if (!tensor) {
    throw new RangeError(
      `${where}: expected an output 0…${model.network.outputs.length - 1}; received ${output}.`,
    );
  }
  const { shape } = tensor;
  const chosen = lossFor(model, target, shape, count, options);
  if (!Number.isFinite(chosen.weight)) {
    throw new RangeError(`${where}: expected a finite lossWeight; received ${chosen.weight}.`);
  }
  const isLabel = chosen.loss.targets === 'labels';
  const targetShape = isLabel ? shape.slice(0, -1) : shape;
  const classes = shape.at(-1) ?? 1;
  const objective = { ...chosen, output, shape: [count, ...targetShape], isLabel };
  const checkClasses = (labels: readonly number[]) => {
    const wrong = labels.find((label) => !Number.isInteger(label) || label < 0 || label >= classes);
    if (wrong === undefined && labels.length % count === 0) return;
    throw new RangeError(
      `${where}: expected ${count === 1 ? 'a class number' : `${count} class numbers`} 0…${classes - 1}; received ${wrong ?? labels.length}.`,
    );
  };
  if (typeof target === 'number' && (isLabel || classes > 1)) {
    checkClasses([target]);
    const values = Float32Array.from({ length: sizeOf(targetShape) }, (_, i) =>
      isLabel ? target : Number(i % classes === target),
    );
    return { ...objective, values };
  }
  const given = typeof target === 'number' ? [target] : target;
  if (isLabel) {
    const values = [...toRows(given as never, targetShape, `${where}: target`).data];
    checkClasses(values);
    return { ...objective, values };
  }
  const rows = toRows(given as never, targetShape, `${where}: target`);
  if (rows.count !== count) {
    throw new RangeError(
      `${where}: expected ${count} targets of shape ${formatShape(targetShape)}; received ${rows.count}.`,
    );
  }
  return { ...objective, values: rows.data };
}

/** What a model was compiled with for an output; undefined where nothing is known, null where it is not trained. */
export function compiledLoss(model: Inspectable, output: number): OutputLoss | null | undefined {
  // Any network can be looked into, and a model is one that can be compiled.
  const { outputLosses } = model as Partial<AnyModel>;
  return outputLosses && (outputLosses.find(({ index }) => index === output) ?? null);
}

/** The input of a graph for the targets. */
export function targetInput({ shape, isLabel }: SampleObjective): Tensor {
  return input('target', shape, isLabel ? 'int32' : 'float32');
}

/** Tells programs apart that are made for different losses. */
export function objectiveKey({ loss, weight, output }: SampleObjective): string {
  const which = `${output} ×${weight}`;
  if (!loss.config) {
    let number = ownLosses.get(loss.call);
    if (number === undefined) {
      number = nextOwn++;
      ownLosses.set(loss.call, number);
    }
    return `${which} own loss ${number}`;
  }
  return `${which} ${loss.name} ${JSON.stringify(loss.config())}`;
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

function lossFor(
  model: Inspectable,
  target: Target,
  shape: Shape,
  count: number,
  { loss, lossWeight, output = 0 }: ObjectiveOptions,
): Pick<SampleObjective, 'loss' | 'weight' | 'origin'> {
  if (loss !== undefined) return { loss: resolveLoss(loss), weight: lossWeight ?? 1, origin: 'asked' };
  const known = compiledLoss(model, output);
  if (known) return { loss: known.loss, weight: lossWeight ?? known.weight, origin: 'compiled' };
  const origin = known === null ? 'untrained' : 'unknown';
  return { loss: defaultLoss(model, target, shape, count, output), weight: lossWeight ?? 1, origin };
}

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
