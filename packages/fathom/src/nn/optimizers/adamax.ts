import type { Tensor } from '../../ir/tensor.ts';
import { absolute, add, divide, maximum, multiply, subtract } from '../../ops/index.ts';
import { checkPositive } from '../checkNumber.ts';
import { checkFraction, defineOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.ts';

export interface AdamaxOptions extends OptimizerOptions {
  /** Default 0.9. */
  readonly beta1?: number | undefined;
  /** Default 0.999. */
  readonly beta2?: number | undefined;
  /** Default 1e-7. */
  readonly epsilon?: number | undefined;
}

/**
 * Adam by the largest magnitude: m ← m + (g − m)(1 − β₁), u ← max(β₂·u, |g|), p ← p − α/(1 − β₁ᵗ) · m / (u + ε), t = 1
 * at the first step. The learning rate α is 0.001 by default.
 *
 * Paper: D. Kingma, J. Ba, Adam: a method for stochastic optimization (2015), section 7.1.
 *
 * @throws RangeError on a negative learning rate, a β outside [0, 1) or an ε that is not positive
 * @example
 * model.compile({ optimizer: adamax({ learningRate: 2e-3 }), loss: 'meanSquaredError' });
 */
export function adamax(options: AdamaxOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
  checkFraction(beta1, 'adamax: beta1');
  checkFraction(beta2, 'adamax: beta2');
  checkPositive(epsilon, 'adamax: epsilon');
  return defineOptimizer(
    {
      name: 'adamax',
      options: { beta1, beta2, epsilon },
      slots: ['momentum', 'norm'],
      inputs: ['alpha'],
      numbers: (rate, count) => [rate / (1 - beta1 ** (count + 1))],
      update(parameter, gradient, slots, numbers) {
        const [alpha] = numbers as [Tensor];
        const [m, u] = slots as [Tensor, Tensor];
        const momentum = add(m, multiply(subtract(gradient, m), 1 - beta1));
        const norm = maximum(multiply(u, beta2), absolute(gradient));
        const move = divide(multiply(momentum, alpha), add(norm, epsilon));
        return { parameter: subtract(parameter, move), slots: [momentum, norm] };
      },
    },
    options,
    0.001,
  );
}
