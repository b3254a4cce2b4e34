import type { Tensor, Variable } from '../ir/tensor.ts';
import { input, read } from '../ops/index.ts';
import type { CallContext, Layer } from './layer.ts';

/** Collects what layers ask for while one graph is made. */
export class Trace implements CallContext {
  readonly training: boolean;
  /** New values of variables that layers gave. */
  readonly updates: { readonly variable: Variable; readonly value: Tensor }[] = [];
  /** Inputs int32 [2] for random bits, with the layers that asked for them. */
  readonly keys: { readonly layer: Layer; readonly node: Tensor }[] = [];
  readonly #nodes = new Map<Variable, Tensor>();

  constructor({ training }: { training: boolean }) {
    this.training = training;
  }

  read(variable: Variable): Tensor {
    let node = this.#nodes.get(variable);
    if (!node) {
      node = read(variable);
      this.#nodes.set(variable, node);
    }
    return node;
  }

  update(variable: Variable, value: Tensor): void {
    this.updates.push({ variable, value });
  }

  randomKey(layer: Layer): Tensor {
    const node = input(`${layer.name}/key`, [2], 'int32');
    this.keys.push({ layer, node });
    return node;
  }
}
