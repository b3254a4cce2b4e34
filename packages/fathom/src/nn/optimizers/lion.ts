import type { Tensor } from '../../ir/tensor.ts';
import { add, less, multiply, subtract, where } from '../../ops/index.ts';
import { checkFraction, defineOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.ts';

export interface LionOptions extends OptimizerOptions {
  /** Default 0.9. */
  readonly beta1?: number | undefined;
  /** Default 0.99. */
  readonly beta2?: number | undefined;
}

/**
 * Lion: p ← p − α·sign(β₁·m + (1 − β₁)·g), then m ← β₂·m + (1 − β₂)·g; the sign of 0 is 0. Every element moves by the
 * learning rate α, 0.001 by default; the paper advises a third to a tenth of Adam's.
 *
 * Paper: X. Chen et al., Symbolic discovery of optimization algorithms (2023).
 *
 * @throws RangeError on a negative learning rate, a β₁ outside (0, 1) or a β₂ outside [0, 1)
 * @example
 * model.compile({ optimizer: lion({ learningRate: 1e-4, weightDecay: 0.1 }), loss: 'meanSquaredError' });
 */
export function lion(options: LionOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.99 } = options;
  checkFraction(beta1, 'lion: beta1');
  checkFraction(beta2, 'lion: beta2');
  if (beta1 === 0) {
    throw new RangeError(
      'lion: expected beta1 in (0, 1), since by 0 only signs of gradients count; received 0.',
    );
  }
  const follow = (mean: Tensor, value: Tensor, beta: number) =>
    add(multiply(mean, beta), multiply(value, 1 - beta));
  return defineOptimizer(
    {
      name: 'lion',
      options: { beta1, beta2 },
      slots: ['momentum'],
      inputs: ['learningRate'],
      numbers: (rate) => [rate],
      update(parameter, gradient, slots, numbers) {
        const [rate] = numbers as [Tensor];
        const [m] = slots as [Tensor];
        const direction = follow(m, gradient, beta1);
        // Neither above nor below 0 are 0 and NaN, which must stay NaN.
        const sign = where(less(0, direction), 1, where(less(direction, 0), -1, direction));
        return {
          parameter: subtract(parameter, multiply(sign, rate)),
          slots: [follow(m, gradient, beta2)],
        };
      },
    },
    options,
    0.001,
  );
}
