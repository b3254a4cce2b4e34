import type { Tensor } from '../../ir/tensor.ts';
import { add, divide, multiply, sqrt, subtract } from '../../ops/index.ts';
import { checkPositive } from '../checkNumber.ts';
import { checkFraction, defineOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.ts';

export interface NadamOptions extends OptimizerOptions {
  /** Default 0.9. */
  readonly beta1?: number | undefined;
  /** Default 0.999. */
  readonly beta2?: number | undefined;
  /** Default 1e-7. */
  readonly epsilon?: number | undefined;
}

/**
 * Adam with Nesterov's look ahead: m and v as in Adam, μₜ = β₁·(1 − ½·0.96ᵗ), Πₜ = μ₁·…·μₜ,
 * p ← p − α·(μₜ₊₁·m / (1 − Πₜ₊₁) + (1 − μₜ)·g / (1 − Πₜ)) / (√(v / (1 − β₂ᵗ)) + ε), t = 1 at the first step. The
 * learning rate α is 0.001 by default.
 *
 * Paper: T. Dozat, Incorporating Nesterov momentum into Adam (2016).
 *
 * @throws RangeError on a negative learning rate, a β outside [0, 1) or an ε that is not positive
 * @example
 * model.compile({ optimizer: nadam({ learningRate: 1e-3 }), loss: 'meanSquaredError' });
 */
export function nadam(options: NadamOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
  checkFraction(beta1, 'nadam: beta1');
  checkFraction(beta2, 'nadam: beta2');
  checkPositive(epsilon, 'nadam: epsilon');
  const mu = (t: number) => beta1 * (1 - 0.5 * MOMENTUM_DECAY ** t);
  const productOf = runningProduct(mu);
  return defineOptimizer(
    {
      name: 'nadam',
      options: { beta1, beta2, epsilon },
      slots: ['momentum', 'velocity'],
      inputs: ['momentumRate', 'gradientRate', 'velocityScale'],
      numbers(rate, count) {
        const t = count + 1;
        const product = productOf(t);
        const [now, ahead] = [mu(t), mu(t + 1)];
        return [
          (rate * ahead) / (1 - product * ahead),
          (rate * (1 - now)) / (1 - product),
          1 / (1 - beta2 ** t),
        ];
      },
      update(parameter, gradient, slots, numbers) {
        const [momentumRate, gradientRate, scale] = numbers as [Tensor, Tensor, Tensor];
        const [m, v] = slots as [Tensor, Tensor];
        const momentum = add(m, multiply(subtract(gradient, m), 1 - beta1));
        const velocity = add(v, multiply(subtract(multiply(gradient, gradient), v), 1 - beta2));
        const ahead = add(multiply(momentum, momentumRate), multiply(gradient, gradientRate));
        const move = divide(ahead, add(sqrt(multiply(velocity, scale)), epsilon));
        return { parameter: subtract(parameter, move), slots: [momentum, velocity] };
      },
    },
    options,
    0.001,
  );
}

/** The paper's decay of what β₁ lacks at first. */
const MOMENTUM_DECAY = 0.96;

/** t → f(1)·…·f(t). The last product is kept, since t mostly grows by one from call to call. */
function runningProduct(f: (t: number) => number): (t: number) => number {
  let known = { t: 0, product: 1 };
  return (t) => {
    let { product, t: from } = known.t <= t ? known : { t: 0, product: 1 };
    while (from < t) product *= f(++from);
    known = { t, product };
    return product;
  };
}
