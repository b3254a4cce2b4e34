import type { Optimizer } from '../nn/optimizers/index.ts';
import type { Measurable } from '../train/measure.ts';
import type { LayerCosts } from './describeNetwork.ts';

/** Bytes that the values of a training step need, each kind by itself. */
export interface TrainingMemory {
  /** Parameters and running statistics. */
  readonly weightBytes: number;
  /** One number for each parameter. */
  readonly gradientBytes: number;
  /** What the optimizer keeps of each parameter: two numbers for Adam, none for plain gradient descent. */
  readonly slotBytes: number;
  /** All results of the layers for all samples of a batch: the backward pass reads them again. */
  readonly activationBytes: number;
  readonly totalBytes: number;
}

/**
 * What training needs in memory, from what the layers cost, before anything is compiled: float32,
 * W + (1 + S)·P + B·A for W weights, P of them trained with S slots, and A activations of each of B samples.
 *
 * @param costs of all layers, as {@link describeNetwork} and {@link describeStack} total them
 * @example
 * const { totals } = inspect.describeNetwork(lenet5());
 * const memory = inspect.trainingMemory(totals, adam(), 32);
 * memory.slotBytes; // 493648
 */
export function trainingMemory(
  { weightBytes, trainableParameters, activationBytes }: LayerCosts,
  { slots }: Pick<Optimizer, 'slots'>,
  batchSize: number,
): TrainingMemory {
  const gradientBytes = FLOAT_BYTES * trainableParameters;
  const parts = {
    weightBytes,
    gradientBytes,
    slotBytes: slots.length * gradientBytes,
    activationBytes: batchSize * activationBytes,
  };
  return { ...parts, totalBytes: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
}

/** Bytes that a compiled training step has in memory. */
export interface StepMemory {
  /** What stays from step to step: weights and slots of the optimizer. */
  readonly variableBytes: number;
  /**
   * What lives within a step, activations and gradients among them: values that are never alive at the same time share
   * a place, and those that a fused kernel uses up on the way have none.
   */
  readonly workBytes: number;
  /** Tables that the step reads. */
  readonly constantBytes: number;
  readonly totalBytes: number;
}

/**
 * The memory of a training step as the compiler has laid it out.
 *
 * @param model a compiled model, or a step of one's own
 * @example
 * const memory = await inspect.stepMemory(model, 32);
 * memory.totalBytes > memory.variableBytes; // true
 */
export function stepMemory(model: Measurable, batchSize: number): Promise<StepMemory> {
  return model.measureStep(batchSize, ({ executable: { program }, backend }) => {
    const { buffers, arenaBytes, scratchBytes } = program;
    const bytesOf = (kind: 'variable' | 'constant') =>
      buffers.reduce((sum, buffer) => sum + (buffer.kind === kind ? FLOAT_BYTES * buffer.size : 0), 0);
    const parts = {
      variableBytes: bytesOf('variable'),
      workBytes: arenaBytes + backend.threads * scratchBytes,
      constantBytes: bytesOf('constant'),
    };
    return { ...parts, totalBytes: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
  });
}

/** Of float32, and of int32. */
const FLOAT_BYTES = 4;
