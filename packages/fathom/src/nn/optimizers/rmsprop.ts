import type { Tensor } from '../../ir/tensor.ts';
import { add, divide, multiply, sqrt, subtract } from '../../ops/index.ts';
import { checkPositive } from '../checkNumber.ts';
import { checkFraction, defineOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.ts';

export interface RmspropOptions extends OptimizerOptions {
  /** How much of the mean square stays at each step. Default 0.9. */
  readonly rho?: number | undefined;
  /** Default 0. */
  readonly momentum?: number | undefined;
  /** Default 1e-7. */
  readonly epsilon?: number | undefined;
  /** Divides by the deviation of the gradient instead of its mean square. Default false. */
  readonly centered?: boolean | undefined;
}

/**
 * RMSprop: v ← ρ·v + (1 − ρ)·g², p ← p − α·g / √(v + ε). With `centered`, a ← ρ·a + (1 − ρ)·g and v − a² + ε stands
 * under the root; with momentum μ, b ← μ·b + α·g/√… and p ← p − b. As in Keras, ε stands inside the root. The learning
 * rate α is 0.001 by default.
 *
 * Source: T. Tieleman, G. Hinton, Lecture 6.5, COURSERA: Neural networks for machine learning (2012); centered:
 * A. Graves, Generating sequences with recurrent neural networks (2013).
 *
 * @throws RangeError on a negative learning rate, a ρ or momentum outside [0, 1) or an ε that is not positive
 * @example
 * model.compile({ optimizer: rmsprop({ learningRate: 1e-3, momentum: 0.9 }), loss: 'meanSquaredError' });
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = options;
  checkFraction(rho, 'rmsprop: rho');
  checkFraction(momentum, 'rmsprop: momentum');
  checkPositive(epsilon, 'rmsprop: epsilon');
  const follow = (mean: Tensor, value: Tensor) => add(multiply(mean, rho), multiply(value, 1 - rho));
  return defineOptimizer(
    {
      name: 'rmsprop',
      options: { rho, momentum, epsilon, centered },
      slots: ['velocity', ...(momentum > 0 ? ['momentum'] : []), ...(centered ? ['averageGradient'] : [])],
      inputs: ['learningRate'],
      numbers: (rate) => [rate],
      update(parameter, gradient, slots, numbers) {
        const [rate] = numbers as [Tensor];
        const velocity = follow(slots[0]!, multiply(gradient, gradient));
        const next = [velocity];
        const mean = centered ? follow(slots[slots.length - 1]!, gradient) : undefined;
        const variance = mean ? subtract(velocity, multiply(mean, mean)) : velocity;
        let move = divide(multiply(gradient, rate), sqrt(add(variance, epsilon)));
        if (momentum > 0) {
          move = add(multiply(slots[1]!, momentum), move);
          next.push(move);
        }
        if (mean) next.push(mean);
        return { parameter: subtract(parameter, move), slots: next };
      },
    },
    options,
    0.001,
  );
}
