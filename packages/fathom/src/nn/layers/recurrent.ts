import { dropout } from '../../functional/dropout.ts';
import { matmul } from '../../functional/matmul.ts';
import type { Shape } from '../../ir/shape.ts';
import { formatShape } from '../../ir/shape.ts';
import { type Tensor, Variable } from '../../ir/tensor.ts';
import {
  add,
  broadcast,
  concat,
  flip,
  ones,
  reshape,
  scan,
  slice,
  transpose,
  where,
  zeros,
} from '../../ops/index.ts';
import { type Activation, type ActivationLike, resolveActivation } from '../activations.ts';
import type { ConstraintLike } from '../constraints/index.ts';
import type { InitializerLike } from '../initializers/index.ts';
import {
  BaseLayer,
  type BuildScope,
  type CallContext,
  checkPositiveInteger,
  type LayerOptions,
  savedName,
  shapeError,
} from '../layer.ts';
import {
  penalizeActivity,
  type Regularizer,
  type RegularizerLike,
  resolveRegularizer,
  savedRegularizer,
} from '../regularizers/index.ts';
import type { Symbolics, SymbolicTensor } from '../symbolic.ts';
import { checkRate } from './rate.ts';
import { type BiasOptions, type KernelOptions, WeightRecipe } from './weightRecipe.ts';

export interface RecurrentOptions extends LayerOptions, KernelOptions, BiasOptions {
  /** Numbers in the state, and in the result of each step. */
  readonly units: number;
  /** Default 'tanh'. */
  readonly activation?: ActivationLike | undefined;
  /** Default true. */
  readonly useBias?: boolean | undefined;
  /** Default 'orthogonal'. */
  readonly recurrentInitializer?: InitializerLike | undefined;
  /** A penalty on the recurrent kernel, added to the loss. Default none. */
  readonly recurrentRegularizer?: RegularizerLike | null | undefined;
  /** What the recurrent kernel is brought to after each update. Default none. */
  readonly recurrentConstraint?: ConstraintLike | null | undefined;
  /** A penalty on the result, added to the loss. Default none. */
  readonly activityRegularizer?: RegularizerLike | null | undefined;
  /** Share of the features that is dropped, the same ones at all steps of a sequence. Default 0. */
  readonly dropout?: number | undefined;
  /** Share of the state that is dropped before each product with the recurrent kernel. Default 0. */
  readonly recurrentDropout?: number | undefined;
  /** The results of all steps instead of the last one. Default false. */
  readonly returnSequences?: boolean | undefined;
  /** The last state too, as further results. Default false. */
  readonly returnState?: boolean | undefined;
  /** From the last step to the first; a result of all steps is in that order as well. Default false. */
  readonly goBackwards?: boolean | undefined;
  /** A batch goes on from the state in which the one before ended, until `resetState()`. Default false. */
  readonly stateful?: boolean | undefined;
  /**
   * Samples in a batch of a stateful layer, for which it must be given. Sample i of a batch goes on where sample i of
   * the batch before ended; a smaller batch uses and changes the first states only.
   */
  readonly batchSize?: number | undefined;
}

/** What options of layers with gates have besides. */
export interface GatedOptions extends RecurrentOptions {
  /** Of the gates. Default 'sigmoid'. */
  readonly recurrentActivation?: ActivationLike | undefined;
}

/** The weights of a layer as values of the graph, for one step. */
export interface CellWeights {
  readonly recurrent: Tensor;
  readonly bias: Tensor | undefined;
  /** Of the state, where some of it is dropped: 0, or 1 / (1 − rate). */
  readonly mask: Tensor | undefined;
}

/**
 * What recurrent layers share: the input of all steps goes through the kernel in one product, and the steps are one
 * loop. A layer says how its state changes in one step.
 */
export abstract class Recurrent<Out extends Symbolics = SymbolicTensor> extends BaseLayer<
  SymbolicTensor | readonly SymbolicTensor[],
  Out
> {
  override readonly supportsMasking = false;
  readonly units: number;
  readonly activation: Activation;
  readonly useBias: boolean;
  readonly dropout: number;
  readonly recurrentDropout: number;
  readonly returnSequences: boolean;
  readonly returnState: boolean;
  readonly goBackwards: boolean;
  readonly stateful: boolean;
  readonly batchSize: number | undefined;
  readonly activityRegularizer: Regularizer | undefined;
  /** Blocks of `units` columns in the kernels. */
  readonly #gates: number;
  /** Tensors in the state, of which the first is the result. */
  readonly #stateCount: number;
  readonly #kernelRecipe: WeightRecipe;
  readonly #recurrentRecipe: WeightRecipe;
  readonly #biasRecipe: WeightRecipe;
  readonly #states: Variable[] = [];
  kernel: Variable | undefined;
  recurrentKernel: Variable | undefined;
  bias: Variable | undefined;

  constructor(type: string, gates: number, stateCount: number, options: RecurrentOptions) {
    super(options);
    const name = options.name ?? type;
    checkPositiveInteger(options.units, `${name}: units`);
    this.#gates = gates;
    this.#stateCount = stateCount;
    this.units = options.units;
    this.activation = resolveActivation(options.activation ?? 'tanh', name);
    this.useBias = options.useBias ?? true;
    this.dropout = checkRate(options.dropout ?? 0, `${name}: dropout`);
    this.recurrentDropout = checkRate(options.recurrentDropout ?? 0, `${name}: recurrentDropout`);
    this.returnSequences = options.returnSequences ?? false;
    this.returnState = options.returnState ?? false;
    this.goBackwards = options.goBackwards ?? false;
    this.stateful = options.stateful ?? false;
    this.batchSize = options.batchSize;
    if (options.batchSize !== undefined) checkPositiveInteger(options.batchSize, `${name}: batchSize`);
    if (this.stateful && this.batchSize === undefined) {
      throw new TypeError(
        `${name}: expected batchSize, since a stateful layer keeps a state for each sample of a batch; received none. Say how many samples every batch has.`,
      );
    }
    this.#kernelRecipe = new WeightRecipe('kernel', options, name);
    this.#recurrentRecipe = new WeightRecipe('recurrent', options, name, 'orthogonal');
    this.#biasRecipe = new WeightRecipe('bias', options, name, 'zeros');
    this.activityRegularizer = resolveRegularizer(
      options.activityRegularizer,
      `${name}: activityRegularizer`,
    );
    if (!this.stateful) return;
    for (let i = 0; i < stateCount; i++) {
      const shape = [this.batchSize!, this.units];
      const zero = new Float32Array(this.batchSize! * this.units);
      this.#states.push(new Variable(`${name}/state${i}`, shape, 'float32', zero));
    }
  }

  buildAll(inputShapes: readonly Shape[], scope: BuildScope): readonly Shape[] {
    const [samples, ...states] = inputShapes as [Shape, ...Shape[]];
    const { units } = this;
    if (samples.length !== 2) {
      throw shapeError(this, '[time, features]', samples, 'Reshape them, or use returnSequences before it.');
    }
    if (samples[0]! < 1) throw shapeError(this, 'at least one step', samples, 'Give it longer sequences.');
    const wrong = states.find((shape) => shape.length !== 1 || shape[0] !== units);
    if (wrong || (states.length !== 0 && states.length !== this.#stateCount)) {
      throw new RangeError(
        `${this.name}: expected a sequence, or one with ${this.#stateCount} initial states [${units}]; received states of shapes ${states.map(formatShape).join(', ')}.`,
      );
    }
    const width = this.#gates * units;
    this.kernel = this.#kernelRecipe.add(scope, 'kernel', [samples[1]!, width]);
    this.recurrentKernel = this.#recurrentRecipe.add(scope, 'recurrentKernel', [units, width]);
    if (this.useBias) this.bias = this.addBias(scope, this.#biasRecipe, width);
    const result = this.returnSequences ? [samples[0]!, units] : [units];
    return [result, ...(this.returnState ? Array.from({ length: this.#stateCount }, () => [units]) : [])];
  }

  callAll(xs: readonly Tensor[], context: CallContext): readonly Tensor[] {
    const [x, ...given] = xs as [Tensor, ...Tensor[]];
    const [batch, length] = x.shape as [number, number];
    this.#checkBatch(batch);
    const init = this.#initialState(batch, given, context);
    const mask = context.maskOf(x);
    const weights: CellWeights = {
      recurrent: context.read(this.recurrentKernel!),
      bias: this.bias && this.recurrentBias(context.read(this.bias)),
      mask: this.#dropMask(batch, context),
    };
    const projected = this.#project(x, context);
    // Until the first step that counts, the result is 0 whatever the initial state; Keras does so too.
    const held = mask && (given.length > 0 || this.stateful);
    const { carries, ys } = scan(
      (state, [p, counts]) => {
        const before = state.slice(0, init.length);
        const next = this.step(p!, before, weights);
        if (!counts) return { carries: next, ys: [next[0]!] };
        const kept = broadcast(counts, next[0]!.shape, [0]);
        const carried = next.map((value, i) => where(kept, value, before[i]!));
        if (!held) return { carries: carried, ys: [carried[0]!] };
        const result = where(kept, next[0]!, state[init.length]!);
        return { carries: [...carried, result], ys: [result] };
      },
      {
        init: held ? [...init, zeros(init[0]!.shape)] : init,
        xs: mask ? [projected, transpose(mask)] : [projected],
        reverse: this.goBackwards,
        length,
      },
    );
    const states = carries.slice(0, init.length);
    this.#keepStates(states, context);
    let result = held ? carries[init.length]! : states[0]!;
    if (this.returnSequences) {
      const ordered = this.goBackwards ? flip(ys[0]!, [0]) : ys[0]!;
      result = transpose(ordered, [1, 0, 2]);
      if (mask) context.setMask(result, this.goBackwards ? flip(mask, [1]) : mask);
    }
    penalizeActivity(this.activityRegularizer, result, context);
    return this.returnState ? [result, ...states] : [result];
  }

  /** Sets the state of a stateful layer to 0, or to the given values [batchSize, units]. */
  resetState(states?: readonly ArrayLike<number>[]): void {
    if (!this.stateful) {
      throw new Error(`${this.name}: expected a stateful layer to reset; this one keeps no state.`);
    }
    this.#states.forEach((variable, i) => {
      variable.write(states?.[i] ?? new Float32Array(variable.size));
    });
  }

  /** The kept state of a stateful layer. */
  get states(): readonly Variable[] {
    return this.#states;
  }

  /** A layer with the same options that goes the other way; the backward half of `bidirectional`. */
  reversed(name: string): this {
    const { type: _type, ...options } = this.config();
    const Same = this.constructor as new (options: Record<string, unknown>) => this;
    return new Same({ ...options, name, goBackwards: !this.goBackwards });
  }

  /** The state after one step, from the projected input p [B, gates·units] and the state before. */
  protected abstract step(p: Tensor, state: readonly Tensor[], weights: CellWeights): readonly Tensor[];

  /** Asks for the bias. */
  protected addBias(scope: BuildScope, recipe: WeightRecipe, width: number): Variable {
    return recipe.add(scope, 'bias', [width]);
  }

  /** The part of the bias that is added to the projected input. */
  protected inputBias(bias: Tensor): Tensor {
    return bias;
  }

  /** The part of the bias that is added to the product with the state, if there is one. */
  protected recurrentBias(_bias: Tensor): Tensor | undefined {
    return undefined;
  }

  protected options(): Record<string, unknown> {
    const { name } = this;
    const regularizer = savedRegularizer(this.activityRegularizer, `${name}: activityRegularizer`);
    return {
      units: this.units,
      activation: savedName(this.activation, `${name}: activation`),
      useBias: this.useBias,
      ...this.#kernelRecipe.config(),
      ...this.#recurrentRecipe.config(),
      ...this.#biasRecipe.config(),
      ...(regularizer === null ? {} : { activityRegularizer: regularizer }),
      dropout: this.dropout,
      recurrentDropout: this.recurrentDropout,
      returnSequences: this.returnSequences,
      returnState: this.returnState,
      goBackwards: this.goBackwards,
      stateful: this.stateful,
      ...(this.batchSize === undefined ? {} : { batchSize: this.batchSize }),
    };
  }

  /** x·kernel + bias for all steps at once: [B, T, F] → [T, B, gates·units]. */
  #project(x: Tensor, context: CallContext): Tensor {
    const [batch, length, features] = x.shape as [number, number, number];
    const input =
      context.training && this.dropout > 0
        ? dropout(x, this.dropout, context.randomKey(this), [batch, 1, features])
        : x;
    const rows = reshape(transpose(input, [1, 0, 2]), [length * batch, features]);
    const product = matmul(rows, context.read(this.kernel!));
    const biased = this.bias ? add(product, this.inputBias(context.read(this.bias))) : product;
    return reshape(biased, [length, batch, product.shape[1]!]);
  }

  #dropMask(batch: number, context: CallContext): Tensor | undefined {
    if (!context.training || this.recurrentDropout === 0) return undefined;
    return dropout(ones([batch, this.units]), this.recurrentDropout, context.randomKey(this));
  }

  #initialState(batch: number, given: readonly Tensor[], context: CallContext): readonly Tensor[] {
    if (given.length > 0) return given;
    if (this.stateful) {
      return this.#states.map((variable) => slice(context.read(variable), [0, 0], [batch, this.units]));
    }
    return Array.from({ length: this.#stateCount }, () => zeros([batch, this.units]));
  }

  /** Keeps the states for the next batch; those that a smaller batch did not use stay as they are. */
  #keepStates(states: readonly Tensor[], context: CallContext): void {
    this.#states.forEach((variable, i) => {
      const before = context.read(variable);
      const [used, all] = [states[i]!.shape[0]!, this.batchSize!];
      const unused = slice(before, [used, 0], [all - used, this.units]);
      context.update(variable, used === all ? states[i]! : concat([states[i]!, unused], 0));
    });
  }

  #checkBatch(batch: number): void {
    if (!this.stateful || batch <= this.batchSize!) return;
    throw new RangeError(
      `${this.name}: expected batches of at most batchSize = ${this.batchSize} samples; received ${batch}. A stateful layer keeps one state for each sample of a batch: use that batch size, or give the layer a larger one.`,
    );
  }
}

/** Block number `i` of the columns of z [B, blocks·units]. */
export function gate(z: Tensor, i: number, units: number): Tensor {
  return slice(z, [0, i * units], [z.shape[0]!, units]);
}

/** A row of a matrix, as a vector. */
export function rowOf(matrix: Tensor, row: number): Tensor {
  const width = matrix.shape[1]!;
  return reshape(slice(matrix, [row, 0], [1, width]), [width]);
}
