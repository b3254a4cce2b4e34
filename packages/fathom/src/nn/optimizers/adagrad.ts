import type { Tensor } from '../../ir/tensor.ts';
import { add, divide, multiply, sqrt, subtract } from '../../ops/index.ts';
import { checkNotNegative, checkPositive } from '../checkNumber.ts';
import { defineOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.ts';

export interface AdagradOptions extends OptimizerOptions {
  /** What the sums of squares begin with. Default 0.1. */
  readonly initialAccumulatorValue?: number | undefined;
  /** Default 1e-7. */
  readonly epsilon?: number | undefined;
}

/**
 * Adagrad: s ← s + g², p ← p − α·g / √(s + ε). The learning rate α is 0.001 by default.
 *
 * Paper: J. Duchi, E. Hazan, Y. Singer, Adaptive subgradient methods for online learning and stochastic optimization
 * (2011).
 *
 * @throws RangeError on a negative learning rate or first value, or an ε that is not positive
 * @example
 * model.compile({ optimizer: adagrad({ learningRate: 0.01 }), loss: 'meanSquaredError' });
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const { initialAccumulatorValue = 0.1, epsilon = 1e-7 } = options;
  checkNotNegative(initialAccumulatorValue, 'adagrad: initialAccumulatorValue');
  checkPositive(epsilon, 'adagrad: epsilon');
  return defineOptimizer(
    {
      name: 'adagrad',
      options: { initialAccumulatorValue, epsilon },
      slots: ['accumulator'],
      initial: { accumulator: initialAccumulatorValue },
      inputs: ['learningRate'],
      numbers: (rate) => [rate],
      update(parameter, gradient, slots, numbers) {
        const [rate] = numbers as [Tensor];
        const total = add(slots[0]!, multiply(gradient, gradient));
        const move = divide(multiply(gradient, rate), sqrt(add(total, epsilon)));
        return { parameter: subtract(parameter, move), slots: [total] };
      },
    },
    options,
    0.001,
  );
}
