import { formatShape, type Shape } from '../ir/shape.ts';
import type { Tensor, Variable } from '../ir/tensor.ts';
import type { Initializer } from './initializers/index.ts';

/** Options that every layer takes. */
export interface LayerOptions {
  /** Unique in the model; by default the type, with a number behind it from the second one on. */
  readonly name?: string | undefined;
  /** Of the first layer: the shape of one sample, without the batch. */
  readonly inputShape?: Shape | undefined;
  /** False keeps the weights as they are. Default true. */
  readonly trainable?: boolean | undefined;
}

/** A layer as JSON: its type, and the options that make it again. */
export interface LayerConfig {
  readonly type: string;
  readonly name: string;
  readonly [option: string]: unknown;
}

/** Values of a layer that outlive a step: parameters and running statistics. */
export interface Weight {
  readonly variable: Variable;
  readonly initializer: Initializer;
  /** Optimizers update it; running statistics are not trainable. */
  readonly trainable: boolean;
}

/** What a layer may ask for while it is built. */
export interface BuildScope {
  addWeight(
    name: string,
    shape: Shape,
    initializer: Initializer,
    options?: { readonly trainable?: boolean },
  ): Variable;
}

/** What a layer may ask for while a graph is made. */
export interface CallContext {
  /** True while a training step is made: dropout drops, batch normalization uses the batch's statistics. */
  readonly training: boolean;
  /** The node of a variable, the same one each time, so that gradients can name it. */
  read(variable: Variable): Tensor;
  /** Gives a variable a new value at the end of the step. */
  update(variable: Variable, value: Tensor): void;
  /** A key int32 [2] for random bits, another one for each layer and each step. */
  randomKey(layer: Layer): Tensor;
}

/**
 * A layer is its options, the weights it asks for (`build`), what it computes (`call`) and how it is saved (`config`).
 * Shapes here are those of one sample; `call` sees the batch as axis 0.
 */
export abstract class Layer {
  /** As in a saved model, and the stem of default names. */
  abstract readonly type: string;
  readonly inputShape: Shape | undefined;
  readonly trainable: boolean;
  /** The shape of a result, known once the layer is built. */
  outputShape: Shape | undefined;
  weights: readonly Weight[] = [];
  #name: string | undefined;

  constructor(options: LayerOptions = {}) {
    this.#name = options.name;
    this.inputShape = options.inputShape;
    this.trainable = options.trainable ?? true;
  }

  get name(): string {
    return this.#name ?? this.type;
  }

  /** Given by the model, unless the user chose one. */
  get givenName(): string | undefined {
    return this.#name;
  }

  set givenName(name: string) {
    this.#name = name;
  }

  /** Checks the shape of a sample, asks for weights, and returns the shape of a result. */
  abstract build(inputShape: Shape, scope: BuildScope): Shape;

  /** The result for a batch, as graph. */
  abstract call(x: Tensor, context: CallContext): Tensor;

  /** The options beyond those of every layer, as JSON. */
  protected abstract options(): Record<string, unknown>;

  config(): LayerConfig {
    return {
      type: this.type,
      name: this.name,
      ...(this.inputShape ? { inputShape: [...this.inputShape] } : {}),
      ...(this.trainable ? {} : { trainable: false }),
      ...this.options(),
    };
  }
}

/** An error about the shape a layer is given. */
export function shapeError(layer: Layer, expected: string, received: Shape, fix: string): RangeError {
  return new RangeError(
    `${layer.name}: expected samples of shape ${expected}; received ${formatShape(received)}. ${fix}`,
  );
}

/** Throws unless an option is a positive integer. */
export function checkPositiveInteger(value: unknown, where: string): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < 1) {
    throw new RangeError(`${where}: expected a positive integer; received ${String(value)}.`);
  }
}

/** Throws unless an option is a positive integer or a pair of them. */
export function checkPair(
  value: unknown,
  where: string,
): asserts value is number | readonly [number, number] {
  const pair = Array.isArray(value) ? (value as unknown[]) : [value, value];
  if (pair.length !== 2 || !pair.every((n) => Number.isSafeInteger(n) && (n as number) >= 1)) {
    throw new RangeError(
      `${where}: expected a positive integer or a pair [height, width]; received ${JSON.stringify(value)}.`,
    );
  }
}

/** Throws unless an option is one of a few words. */
export function checkChoice(value: unknown, choices: readonly string[], where: string): void {
  if (!choices.includes(value as string)) {
    throw new RangeError(
      `${where}: expected one of ${choices.join(', ')}; received ${JSON.stringify(value)}.`,
    );
  }
}

/** The name under which an activation or initializer is saved. */
export function savedName(value: { readonly name: string | undefined }, where: string): string {
  if (value.name !== undefined) return value.name;
  throw new Error(
    `${where}: a function of your own cannot be saved. Use a named one, or a layer of your own, for models to be saved.`,
  );
}
