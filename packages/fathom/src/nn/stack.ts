import { checkShape, formatShape, type Shape } from '../ir/shape.ts';
import type { Tensor, Variable } from '../ir/tensor.ts';
import { type CallContext, callLayer, type Layer, type Weight } from './layer.ts';
import { childKey, seedKey } from './random.ts';

/** A plain stack of layers, one input and one output: names, shapes, weights, and the forward graph. */
export class LayerStack {
  readonly #layers: Layer[] = [];
  #inputShape: Shape | undefined;

  get layers(): readonly Layer[] {
    return this.#layers;
  }

  /** The shape of one sample, or `undefined` until it is known. */
  get inputShape(): Shape | undefined {
    return this.#inputShape;
  }

  get built(): boolean {
    return this.#inputShape !== undefined && this.#layers.length > 0;
  }

  /** The shape of one result; the stack must be built. */
  get outputShape(): Shape {
    return this.#layers[this.#layers.length - 1]?.outputShape ?? this.#inputShape ?? [];
  }

  /** All weights in the order of the layers, each layer's trainable ones first. */
  get weights(): Weight[] {
    return this.#layers.flatMap((layer) => [
      ...layer.weights.filter(({ trainable }) => trainable),
      ...layer.weights.filter(({ trainable }) => !trainable),
    ]);
  }

  /** What an optimizer updates. */
  get parameters(): Variable[] {
    return this.#layers.flatMap((layer) => layer.trainableWeights).map(({ variable }) => variable);
  }

  /** Adds a layer on top and builds it, if the shape it gets is known. */
  add(layer: Layer): void {
    if ((layer.outputShape && layer.type !== 'input') || this.#layers.includes(layer)) {
      throw new Error(
        `${layer.name}: expected a layer that is part of no model; received one that is. Make another one with the same options.`,
      );
    }
    this.#giveName(layer);
    this.#layers.push(layer);
    if (this.#inputShape) {
      const below = this.#layers[this.#layers.length - 2];
      try {
        layer.buildFor([below ? below.outputShape! : this.#inputShape]);
      } catch (error) {
        this.#layers.pop();
        throw error;
      }
    } else if (this.#layers[0]!.inputShape) this.build(this.#layers[0]!.inputShape);
  }

  /** Gives the stack the shape of its samples and builds every layer. */
  build(inputShape: Shape): void {
    checkShape(inputShape, 'inputShape');
    if (inputShape.some((extent) => extent === 0)) {
      throw new RangeError(
        `inputShape: expected positive extents; received ${formatShape(inputShape)}. Give the shape of one sample, without the batch.`,
      );
    }
    let shape = inputShape;
    for (const layer of this.#layers) [shape] = layer.buildFor([shape]) as [Shape];
    this.#inputShape = inputShape;
  }

  /** Draws the first values of all weights; `seed` decides them. */
  initialize(seed: number): void {
    const key = seedKey(seed);
    this.weights.forEach(({ variable, initializer }, index) => {
      variable.write(initializer.values(variable.shape, childKey(key, index)));
    });
  }

  /** The results for a batch, as graph. */
  call(x: Tensor, context: CallContext): Tensor {
    let value = x;
    for (const layer of this.#layers) [value] = callLayer(layer, [value], context) as [Tensor];
    return value;
  }

  #giveName(layer: Layer): void {
    const taken = new Set(this.#layers.map(({ name }) => name));
    const { chosenName } = layer;
    if (chosenName !== undefined) {
      if (!taken.has(chosenName)) return;
      throw new Error(
        `${chosenName}: expected layers of different names; received that name twice. Rename one of them.`,
      );
    }
    let name = layer.type;
    for (let i = 1; taken.has(name); i++) name = `${layer.type}_${i}`;
    layer.giveName(name);
  }
}
