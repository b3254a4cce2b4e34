import type { Shape } from '../../ir/shape.ts';
import { formatShape } from '../../ir/shape.ts';
import type { Tensor } from '../../ir/tensor.ts';
import { add, broadcast, concat, flip, multiply, where } from '../../ops/index.ts';
import {
  BaseLayer,
  type BuildScope,
  type CallContext,
  callLayer,
  checkChoice,
  type LayerOptions,
} from '../layer.ts';
import type { Symbolics, SymbolicTensor } from '../symbolic.ts';
import { Recurrent } from './recurrent.ts';

/** How the results of both directions become one; null keeps them apart. */
export type MergeMode = 'concat' | 'sum' | 'mul' | 'ave' | null;

export interface BidirectionalOptions extends LayerOptions {
  /** A recurrent layer, such as lstm(); it goes forward. */
  readonly layer: Recurrent<Symbolics>;
  /** The layer that goes backwards; by default one with the options of `layer`. */
  readonly backwardLayer?: Recurrent<Symbolics> | undefined;
  /** Default 'concat'. */
  readonly mergeMode?: MergeMode | undefined;
}

/**
 * A recurrent layer in both directions over a sequence, y = merge(forward(x), backward(x)), so that a result knows what
 * comes after it. The results of all steps stand in the order of the input; those of masked steps are 0.
 *
 * Shapes as of the layer inside, with twice the units where they are concatenated. With returnState the states of both
 * follow, forward first; with mergeMode null there are two results. Initial states: [x, ...forward, ...backward].
 * Weights: those of both layers.
 *
 * Paper: M. Schuster, K. Paliwal, Bidirectional recurrent neural networks (1997).
 *
 * @throws TypeError when `layer` is not recurrent, RangeError when both go the same way or differ in what they return
 * @example
 * layers.bidirectional({ layer: layers.gru({ units: 16, returnSequences: true }), inputShape: [20, 8] });
 */
export function bidirectional(
  options: BidirectionalOptions & { readonly mergeMode: null },
): Bidirectional<readonly SymbolicTensor[]>;
export function bidirectional(
  options: BidirectionalOptions & { readonly layer: Recurrent<readonly SymbolicTensor[]> },
): Bidirectional<readonly SymbolicTensor[]>;
export function bidirectional(options: BidirectionalOptions): Bidirectional;
export function bidirectional(options: BidirectionalOptions): Bidirectional<Symbolics> {
  return new Bidirectional(options);
}

export class Bidirectional<Out extends Symbolics = SymbolicTensor> extends BaseLayer<
  SymbolicTensor | readonly SymbolicTensor[],
  Out
> {
  readonly type = 'bidirectional';
  readonly forward: Recurrent<Symbolics>;
  readonly backward: Recurrent<Symbolics>;
  readonly mergeMode: MergeMode;
  readonly #ownBackward: boolean;

  constructor(options: BidirectionalOptions) {
    super(options);
    const { layer, backwardLayer, mergeMode = 'concat' } = options;
    const name = options.name ?? 'bidirectional';
    for (const [option, given] of Object.entries({ layer, backwardLayer: backwardLayer ?? layer })) {
      if (given instanceof Recurrent) continue;
      throw new TypeError(
        `${name}: ${option}: expected a recurrent layer such as lstm({ units: 8 }); received ${String(given)}.`,
      );
    }
    if (mergeMode !== null) checkChoice(mergeMode, ['concat', 'sum', 'mul', 'ave'], `${name}: mergeMode`);
    this.#ownBackward = backwardLayer === undefined;
    this.forward = layer;
    this.backward = backwardLayer ?? layer.reversed(`backward_${layer.name}`);
    this.mergeMode = mergeMode;
    this.#checkPair();
  }

  buildAll(inputShapes: readonly Shape[], scope: BuildScope): readonly Shape[] {
    const [x, ...states] = inputShapes as [Shape, ...Shape[]];
    const half = states.length / 2;
    const forward = scope.addLayer('forward', this.forward, [x, ...states.slice(0, half)]);
    const backward = scope.addLayer('backward', this.backward, [x, ...states.slice(half)]);
    const [a, ...aStates] = forward as [Shape, ...Shape[]];
    const [b, ...bStates] = backward as [Shape, ...Shape[]];
    if (this.mergeMode === null) return [a, b, ...aStates, ...bStates];
    if (this.mergeMode === 'concat') {
      return [[...a.slice(0, -1), a.at(-1)! + b.at(-1)!], ...aStates, ...bStates];
    }
    if (a.at(-1) !== b.at(-1)) {
      throw new RangeError(
        `${this.name}: expected results of one shape for mergeMode '${this.mergeMode}'; received ${formatShape(a)} and ${formatShape(b)}. Give both layers as many units, or concatenate.`,
      );
    }
    return [a, ...aStates, ...bStates];
  }

  callAll(xs: readonly Tensor[], context: CallContext): readonly Tensor[] {
    const [x, ...states] = xs as [Tensor, ...Tensor[]];
    const half = states.length / 2;
    const [a, ...aStates] = callLayer(this.forward, [x, ...states.slice(0, half)], context);
    const [reversed, ...bStates] = callLayer(this.backward, [x, ...states.slice(half)], context);
    const sequences = this.backward.returnSequences;
    const mask = sequences ? context.maskOf(x) : undefined;
    // As in Keras, the results of steps that do not count are 0 here, not those of the step before.
    const counting = (y: Tensor) => (mask ? where(broadcast(mask, y.shape, [0, 1]), y, 0) : y);
    const ends = [a!, sequences ? flip(reversed!, [1]) : reversed!].map(counting) as [Tensor, Tensor];
    const results = this.mergeMode === null ? ends : [this.#merge(...ends)];
    if (mask) for (const result of results) context.setMask(result, mask);
    return [...results, ...aStates, ...bStates];
  }

  /** Sets the states of both layers to 0. */
  resetState(): void {
    this.forward.resetState();
    this.backward.resetState();
  }

  protected options(): Record<string, unknown> {
    return {
      layer: this.forward.config(),
      ...(this.#ownBackward ? {} : { backwardLayer: this.backward.config() }),
      mergeMode: this.mergeMode,
    };
  }

  #merge(a: Tensor, b: Tensor): Tensor {
    switch (this.mergeMode) {
      case 'sum':
        return add(a, b);
      case 'mul':
        return multiply(a, b);
      case 'ave':
        return multiply(add(a, b), 0.5);
      default:
        return concat([a, b], -1);
    }
  }

  #checkPair(): void {
    const { forward, backward } = this;
    if (forward.goBackwards || !backward.goBackwards) {
      throw new RangeError(
        `${this.name}: expected a layer that goes forward and one that goes backwards; received goBackwards ${forward.goBackwards} and ${backward.goBackwards}. Set it on backwardLayer alone.`,
      );
    }
    for (const option of ['returnSequences', 'returnState', 'stateful'] as const) {
      if (forward[option] === backward[option]) continue;
      throw new RangeError(
        `${this.name}: expected both layers to agree in ${option}; received ${forward[option]} and ${backward[option]}.`,
      );
    }
  }
}
