import type { Tensor } from '../../ir/tensor.ts';
import { add, divide, multiply, sqrt, subtract } from '../../ops/index.ts';
import {
  checkFraction,
  checkLearningRate,
  type LearningRate,
  learningRateAt,
  type Optimizer,
  savedLearningRate,
} from './optimizer.ts';

export interface AdamOptions {
  /** Default 0.001. */
  readonly learningRate?: LearningRate | undefined;
  /** Default 0.9. */
  readonly beta1?: number | undefined;
  /** Default 0.999. */
  readonly beta2?: number | undefined;
  /** Default 1e-7. */
  readonly epsilon?: number | undefined;
}

/**
 * Adam: m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂), p ← p − αₜ·m / (√v + ε) with
 * αₜ = α·√(1 − β₂ᵗ) / (1 − β₁ᵗ), t = 1 at the first step. As in Keras, ε stands outside the correction (the paper's
 * ε̂); PyTorch's stands inside.
 *
 * Paper: D. Kingma, J. Ba, Adam: a method for stochastic optimization (2015), section 2.
 *
 * @throws RangeError on a negative learning rate, a β outside [0, 1) or an ε that is not positive
 * @example
 * model.compile({ optimizer: adam({ learningRate: 1e-3 }), loss: 'sparseCategoricalCrossentropy' });
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const { learningRate = 1e-3, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
  if (typeof learningRate === 'number') checkLearningRate(learningRate, 'adam');
  checkFraction(beta1, 'adam: beta1');
  checkFraction(beta2, 'adam: beta2');
  if (!(epsilon > 0)) throw new RangeError(`adam: expected a positive epsilon; received ${epsilon}.`);
  return {
    name: 'adam',
    learningRate,
    slots: ['momentum', 'velocity'],
    inputs: ['alpha'],
    numbers(step) {
      const t = step + 1;
      return [(learningRateAt(this, step) * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t)];
    },
    update(parameter, gradient, slots, numbers) {
      const [alpha] = numbers as [Tensor];
      const [m, v] = slots as [Tensor, Tensor];
      const momentum = add(m, multiply(subtract(gradient, m), 1 - beta1));
      const velocity = add(v, multiply(subtract(multiply(gradient, gradient), v), 1 - beta2));
      const move = divide(multiply(momentum, alpha), add(sqrt(velocity), epsilon));
      return { parameter: subtract(parameter, move), slots: [momentum, velocity] };
    },
    config() {
      return { learningRate: savedLearningRate(this), beta1, beta2, epsilon };
    },
  };
}
