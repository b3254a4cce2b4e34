import type { DType, Shape } from '../ir/shape.ts';
import { formatShape } from '../ir/shape.ts';
import type { BaseLayer } from './layer.ts';

/**
 * What a layer gives when it is called while a network is drawn: no values, only the shape of one sample and where it
 * comes from. `input({ shape })` makes the first ones; `model({ inputs, outputs })` makes a network of them.
 */
export class SymbolicTensor {
  /** Of one sample, without the batch. */
  readonly shape: Shape;
  readonly dtype: DType;
  /** The call that gives it, and its place among what that call gives. */
  readonly producer: LayerCall;
  readonly index: number;

  constructor(shape: Shape, producer: LayerCall, index: number, dtype: DType = 'float32') {
    this.shape = shape;
    this.producer = producer;
    this.index = index;
    this.dtype = dtype;
  }

  /** The layer that gives it. */
  get layer(): BaseLayer {
    return this.producer.layer;
  }

  toString(): string {
    return `${this.layer.name} ${formatShape(this.shape)}`;
  }
}

/** One use of a layer in a network. A shared layer has several. */
export interface LayerCall {
  /** Grows with creation: a call comes after those that it takes from, so a network cannot have cycles. */
  readonly id: number;
  readonly layer: BaseLayer;
  readonly inputs: readonly SymbolicTensor[];
  readonly outputs: readonly SymbolicTensor[];
  /** Whether the layer trains here; as the network does, where it is undefined. */
  readonly training: boolean | undefined;
}

/** How a layer is used at one place. */
export interface CallOptions {
  /** False keeps the layer in inference mode also while the network trains, true the contrary. */
  readonly training?: boolean | undefined;
}

/** One symbolic tensor, or several, in order or by name. */
export type Symbolics =
  | SymbolicTensor
  | readonly SymbolicTensor[]
  | { readonly [name: string]: SymbolicTensor };

/** A new use of a layer, whose outputs have the given shapes. */
export function drawCall(
  layer: BaseLayer,
  inputs: readonly SymbolicTensor[],
  shapes: readonly Shape[],
  training?: boolean,
  dtype?: DType,
): LayerCall {
  const outputs: SymbolicTensor[] = [];
  const call: LayerCall = { id: nextId++, layer, inputs, outputs, training };
  shapes.forEach((shape, index) => {
    outputs.push(new SymbolicTensor(shape, call, index, dtype));
  });
  return call;
}

let nextId = 0;

/**
 * The tensors in what a layer was called on.
 *
 * @throws TypeError when something else is among them
 */
export function symbolicList(x: unknown, where: string): readonly SymbolicTensor[] {
  const list: readonly unknown[] = Array.isArray(x) ? x : [x];
  for (const item of list) {
    if (item instanceof SymbolicTensor) continue;
    const received = typeof item === 'object' && item !== null ? item.constructor.name : typeof item;
    throw new TypeError(
      `${where}: expected to be called on what input({ shape }) or another layer gives; received ${received}. For values, make a model and call predict().`,
    );
  }
  return list as readonly SymbolicTensor[];
}
