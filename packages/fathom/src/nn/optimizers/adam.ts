import type { Tensor } from '../../ir/tensor.ts';
import { add, divide, maximum, multiply, sqrt, subtract } from '../../ops/index.ts';
import { checkPositive } from '../checkNumber.ts';
import {
  checkFraction,
  defineOptimizer,
  type Optimizer,
  type OptimizerOptions,
  type Rule,
} from './optimizer.ts';

export interface AdamOptions extends OptimizerOptions {
  /** Default 0.9. */
  readonly beta1?: number | undefined;
  /** Default 0.999. */
  readonly beta2?: number | undefined;
  /** Default 1e-7. */
  readonly epsilon?: number | undefined;
  /** Divides by the largest v so far. Default false. */
  readonly amsgrad?: boolean | undefined;
}

/**
 * Adam: m ← m + (g − m)(1 − β₁), v ← v + (g² − v)(1 − β₂), p ← p − αₜ·m / (√v + ε) with
 * αₜ = α·√(1 − β₂ᵗ) / (1 − β₁ᵗ), t = 1 at the first step. As in Keras, ε stands outside the correction (the paper's
 * ε̂); PyTorch's stands inside. With `amsgrad`, v̂ ← max(v̂, v) stands in the place of v. The learning rate α is 0.001 by
 * default.
 *
 * Papers: D. Kingma, J. Ba, Adam: a method for stochastic optimization (2015), section 2; S. Reddi, S. Kale, S. Kumar,
 * On the convergence of Adam and beyond (2018).
 *
 * @throws RangeError on a negative learning rate, a β outside [0, 1) or an ε that is not positive
 * @example
 * model.compile({ optimizer: adam({ learningRate: 1e-3 }), loss: 'sparseCategoricalCrossentropy' });
 */
export function adam(options: AdamOptions = {}): Optimizer {
  return defineOptimizer(adamRule('adam', options), options, 0.001);
}

export interface AdamWOptions extends AdamOptions {
  /** Default 0.004. */
  readonly weightDecay?: number | undefined;
}

/**
 * Adam with weight decay that is not part of the gradient: p ← p − λ·α·p, then the step of {@link adam}. λ is 0.004 by
 * default.
 *
 * Paper: I. Loshchilov, F. Hutter, Decoupled weight decay regularization (2019).
 *
 * @throws RangeError on a negative learning rate or decay, a β outside [0, 1) or an ε that is not positive
 * @example
 * model.compile({
 *   optimizer: adamW({ weightDecay: 0.01, excludeFromWeightDecay: ['bias', 'gamma', 'beta'] }),
 *   loss: 'sparseCategoricalCrossentropy',
 * });
 */
export function adamW(options: AdamWOptions = {}): Optimizer {
  const { weightDecay = 0.004 } = options;
  return defineOptimizer(adamRule('adamW', options), { ...options, weightDecay }, 0.001);
}

function adamRule(name: string, options: AdamOptions): Rule {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, amsgrad = false } = options;
  checkFraction(beta1, `${name}: beta1`);
  checkFraction(beta2, `${name}: beta2`);
  checkPositive(epsilon, `${name}: epsilon`);
  return {
    name,
    options: { beta1, beta2, epsilon, amsgrad },
    slots: ['momentum', 'velocity', ...(amsgrad ? ['velocityHat'] : [])],
    inputs: ['alpha'],
    numbers(rate, count) {
      const t = count + 1;
      return [(rate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t)];
    },
    update(parameter, gradient, slots, numbers) {
      const [alpha] = numbers as [Tensor];
      const [m, v, vHat] = slots as [Tensor, Tensor, Tensor?];
      const momentum = add(m, multiply(subtract(gradient, m), 1 - beta1));
      const velocity = add(v, multiply(subtract(multiply(gradient, gradient), v), 1 - beta2));
      const largest = vHat && maximum(vHat, velocity);
      const move = divide(multiply(momentum, alpha), add(sqrt(largest ?? velocity), epsilon));
      return {
        parameter: subtract(parameter, move),
        slots: [momentum, velocity, ...(largest ? [largest] : [])],
      };
    },
  };
}
