import type { Tensor } from '../ir/tensor.ts';
import { type ActivationLike, resolveActivation } from '../nn/activations.ts';
import { type LossLike, resolveLoss } from '../nn/losses/index.ts';
import { gradients, input, sum } from '../ops/index.ts';
import { runExactly } from './session.ts';

/** A function of one number, with its slope. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
  /** The gradient that training sees; at a kink the one that the function's page states. */
  readonly slope: readonly number[];
}

/**
 * An activation and its slope, g(x) and g′(x), at some places.
 *
 * @example
 * const { y, slope } = await inspect.activationCurve('sigmoid', [0]);
 * y[0]; // 0.5
 * slope[0]; // 0.25
 */
export function activationCurve(activation: ActivationLike, x: ArrayLike<number>): Promise<Curve> {
  const { apply } = resolveActivation(activation, 'activationCurve');
  // A row for each place, so that activations of rows see one number each.
  return curve(x, apply);
}

/**
 * What an activation makes of a row of numbers.
 *
 * @example
 * await inspect.activationRow('softmax', [5, 4, 2]); // [0.705, 0.259, 0.035]
 */
export async function activationRow(
  activation: ActivationLike,
  row: ArrayLike<number>,
): Promise<readonly number[]> {
  const x = input('x', [1, row.length]);
  const { apply } = resolveActivation(activation, 'activationRow');
  const [y] = await runExactly({ inputs: [x], outputs: [apply(x)] }, [row]);
  return Array.from(y!);
}

/**
 * A loss and its slope over single predictions, for one target.
 *
 * @example
 * const { y } = await inspect.lossCurve('meanSquaredError', 80, [40, 75]);
 * y; // [1600, 25]
 */
export function lossCurve(loss: LossLike, target: number, predictions: ArrayLike<number>): Promise<Curve> {
  const { call } = resolveLoss(loss);
  const targets = input('t', [predictions.length, 1]);
  return curve(predictions, (p) => call(targets, p), [
    targets,
    new Float64Array(predictions.length).fill(target),
  ]);
}

/**
 * The loss of one sample of several numbers.
 *
 * @throws RangeError where the lengths differ
 * @example
 * await inspect.lossValue('categoricalCrossentropy', [1, 0], [0.8, 0.2]); // 0.2231
 */
export async function lossValue(
  loss: LossLike,
  targets: ArrayLike<number>,
  predictions: ArrayLike<number>,
): Promise<number> {
  if (targets.length !== predictions.length || targets.length === 0) {
    throw new RangeError(
      `lossValue: expected as many predictions as targets, one at least; received ${targets.length} targets and ${predictions.length} predictions.`,
    );
  }
  const [t, p] = [input('t', [1, targets.length]), input('p', [1, targets.length])];
  const [value] = await runExactly({ inputs: [t, p], outputs: [resolveLoss(loss).call(t, p)] }, [
    targets,
    predictions,
  ]);
  return value![0]!;
}

async function curve(
  places: ArrayLike<number>,
  apply: (x: Tensor) => Tensor,
  ...given: readonly (readonly [Tensor, ArrayLike<number>])[]
): Promise<Curve> {
  const x = input('x', [places.length, 1]);
  const y = apply(x);
  const [slope] = gradients(sum(y), [x]);
  const [values, slopes] = await runExactly(
    { inputs: [x, ...given.map(([node]) => node)], outputs: [y, slope!] },
    [places, ...given.map(([, fed]) => fed)],
  );
  return { x: Array.from(places), y: Array.from(values!), slope: Array.from(slopes!) };
}
