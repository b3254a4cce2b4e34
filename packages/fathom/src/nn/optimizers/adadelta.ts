import type { Tensor } from '../../ir/tensor.ts';
import { add, divide, multiply, sqrt, subtract } from '../../ops/index.ts';
import { checkPositive } from '../checkNumber.ts';
import { checkFraction, defineOptimizer, type Optimizer, type OptimizerOptions } from './optimizer.ts';

export interface AdadeltaOptions extends OptimizerOptions {
  /** How much of the mean squares stays at each step. Default 0.95. */
  readonly rho?: number | undefined;
  /** Default 1e-7. */
  readonly epsilon?: number | undefined;
}

/**
 * Adadelta: s ← ρ·s + (1 − ρ)·g², d = g·√(u + ε) / √(s + ε), u ← ρ·u + (1 − ρ)·d², p ← p − α·d. The learning rate α is
 * 0.001 by default, as in Keras; the paper's is 1.
 *
 * Paper: M. Zeiler, ADADELTA: an adaptive learning rate method (2012).
 *
 * @throws RangeError on a negative learning rate, a ρ outside [0, 1) or an ε that is not positive
 * @example
 * model.compile({ optimizer: adadelta({ learningRate: 1 }), loss: 'meanSquaredError' });
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  const { rho = 0.95, epsilon = 1e-7 } = options;
  checkFraction(rho, 'adadelta: rho');
  checkPositive(epsilon, 'adadelta: epsilon');
  const follow = (mean: Tensor, x: Tensor) => add(multiply(mean, rho), multiply(multiply(x, x), 1 - rho));
  return defineOptimizer(
    {
      name: 'adadelta',
      options: { rho, epsilon },
      slots: ['accumulatedGrad', 'accumulatedDeltaVar'],
      inputs: ['learningRate'],
      numbers: (rate) => [rate],
      update(parameter, gradient, slots, numbers) {
        const [rate] = numbers as [Tensor];
        const [squares, moves] = slots as [Tensor, Tensor];
        const nextSquares = follow(squares, gradient);
        const move = divide(multiply(sqrt(add(moves, epsilon)), gradient), sqrt(add(nextSquares, epsilon)));
        return {
          parameter: subtract(parameter, multiply(move, rate)),
          slots: [nextSquares, follow(moves, move)],
        };
      },
    },
    options,
    0.001,
  );
}
