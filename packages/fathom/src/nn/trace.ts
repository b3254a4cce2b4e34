import type { Tensor, Variable } from '../ir/tensor.ts';
import { input, read, stopGradient } from '../ops/index.ts';
import { type BaseLayer, type CallContext, contextInMode } from './layer.ts';

export interface TraceOptions {
  readonly training: boolean;
  /** Which layers the step trains; by default those that are trainable now. */
  readonly trains?: ((layer: BaseLayer) => boolean) | undefined;
}

/** Who asks for random bits: a layer, or a step of the user's. */
export interface Asker {
  readonly name: string;
}

/** An input int32 [2] for random bits: the `count`-th one that a layer asked for, from 0. */
export interface KeyInput {
  readonly layer: Asker;
  readonly count: number;
  readonly node: Tensor;
}

/** Collects what layers ask for while one graph is made. */
export class Trace implements CallContext {
  readonly training: boolean;
  readonly trains: (layer: BaseLayer) => boolean;
  readonly keys: KeyInput[] = [];
  /** Scalars that layers added to the loss. */
  readonly losses: Tensor[] = [];
  readonly #nodes = new Map<Variable, Tensor>();
  readonly #updates = new Map<Variable, Tensor>();
  readonly #masks = new Map<Tensor, Tensor>();

  constructor({ training, trains = (layer) => layer.trainable }: TraceOptions) {
    this.training = training;
    this.trains = trains;
  }

  read(variable: Variable): Tensor {
    let node = this.#nodes.get(variable);
    if (!node) {
      node = read(variable);
      this.#nodes.set(variable, node);
    }
    return node;
  }

  /**
   * From here on the variable has the new value: who reads it later in the step reads that, as a value like any other:
   * no gradient flows back through the update.
   */
  update(variable: Variable, value: Tensor): void {
    this.#updates.set(variable, value);
    this.#nodes.set(variable, stopGradient(value));
  }

  /** The values of variables at the end of the step. */
  get updates(): readonly { readonly variable: Variable; readonly value: Tensor }[] {
    return Array.from(this.#updates, ([variable, value]) => ({ variable, value }));
  }

  randomKey(layer: Asker): Tensor {
    const count = this.keys.filter((key) => key.layer === layer).length;
    const node = input(`${layer.name}/key${count === 0 ? '' : count}`, [2], 'int32');
    this.keys.push({ layer, count, node });
    return node;
  }

  /** This, for layers that train or do not train whatever the rest does. */
  inMode(training: boolean): CallContext {
    return contextInMode(this, training);
  }

  addLoss(loss: Tensor): void {
    this.losses.push(loss);
  }

  maskOf(x: Tensor): Tensor | undefined {
    return this.#masks.get(x);
  }

  setMask(y: Tensor, mask: Tensor): void {
    this.#masks.set(y, mask);
  }
}
