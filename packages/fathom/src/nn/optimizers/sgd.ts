import type { Tensor } from '../../ir/tensor.ts';
import { add, multiply, subtract } from '../../ops/index.ts';
import { checkFraction, defineOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.ts';

export interface SgdOptions extends OptimizerOptions {
  /** Default 0. */
  readonly momentum?: number | undefined;
  /** Default false. */
  readonly nesterov?: boolean | undefined;
}

/**
 * Gradient descent: p ← p − α·g. With momentum μ: v ← μ·v − α·g and p ← p + v, or, with Nesterov's look ahead,
 * p ← p + μ·v − α·g. The learning rate α is 0.01 by default.
 *
 * Paper: I. Sutskever et al., On the importance of initialization and momentum in deep learning (2013).
 *
 * @throws RangeError on a negative learning rate or a momentum outside [0, 1)
 * @example
 * model.compile({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), loss: 'meanSquaredError' });
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { momentum = 0, nesterov = false } = options;
  checkFraction(momentum, 'sgd: momentum');
  return defineOptimizer(
    {
      name: 'sgd',
      options: { momentum, nesterov },
      slots: momentum > 0 ? ['momentum'] : [],
      inputs: ['learningRate'],
      numbers: (rate) => [rate],
      update(parameter, gradient, slots, numbers) {
        const [rate] = numbers as [Tensor];
        const descent = multiply(gradient, rate);
        const [velocity] = slots;
        if (!velocity) return { parameter: subtract(parameter, descent), slots: [] };
        const next = subtract(multiply(velocity, momentum), descent);
        const move = nesterov ? subtract(multiply(next, momentum), descent) : next;
        return { parameter: add(parameter, move), slots: [next] };
      },
    },
    options,
    0.01,
  );
}
