import type { Tensor } from '../../ir/tensor.ts';
import { checkNotNegative, checkNumber, checkPositive } from '../checkNumber.ts';
import {
  type LearningRate,
  type LearningRateLike,
  learningRateAt,
  resolveLearningRate,
  savedLearningRate,
} from './learningRate.ts';

/** What is done around the rule of an optimizer; all of it is off by default. */
export interface StepOptions {
  /** Takes weightDecay · learningRate of each parameter away before its update. */
  readonly weightDecay?: number | undefined;
  /**
   * Parameters without weight decay: regular expressions, of which one is found in the name (`dense/bias`), as
   * ['bias', 'gamma', 'beta'].
   */
  readonly excludeFromWeightDecay?: readonly string[] | undefined;
  /** The largest Euclidean norm of a parameter's gradient; larger ones are scaled down. */
  readonly clipnorm?: number | undefined;
  /** The largest magnitude of an element of a gradient. */
  readonly clipvalue?: number | undefined;
  /** The largest Euclidean norm of all gradients together; larger ones are scaled down together. */
  readonly globalClipnorm?: number | undefined;
  /**
   * Keeps an exponential moving average of the parameters, which replaces them at the end of `fit`, and at every
   * emaOverwriteFrequency-th update. Default false.
   */
  readonly useEma?: boolean | undefined;
  /** How much of the average stays at each step, in [0, 1]. Default 0.99. */
  readonly emaMomentum?: number | undefined;
  readonly emaOverwriteFrequency?: number | undefined;
  /** Updates at every so-many-th step only, by the mean gradient of those steps: 2 or more. */
  readonly gradientAccumulationSteps?: number | undefined;
}

/** Options that every optimizer takes. */
export interface OptimizerOptions extends StepOptions {
  /** A number, a schedule, or a function of the step. */
  readonly learningRate?: LearningRateLike | undefined;
}

/**
 * A rule that updates parameters, as plain data and graph: it holds no parameter and no slot itself, so one
 * optimizer may serve several models.
 */
export interface Optimizer {
  readonly name: string;
  /** May be changed between steps. */
  learningRate: LearningRate;
  /** Names of the values kept for each parameter, of its shape: those of the rule, then those of the step options. */
  readonly slots: readonly string[];
  /** What slots hold at first, where it is not 0. */
  readonly initial?: Readonly<Record<string, number>> | undefined;
  /** Names of the numbers that `numbers` gives: those of the rule, then those of the step options. */
  readonly inputs: readonly string[];
  /** The numbers of step `step` (0 first), which the graph takes as inputs. */
  numbers(step: number): number[];
  /** One step: the new parameter and slots, as graph. Slots and numbers are those of the rule alone. */
  update(
    parameter: Tensor,
    gradient: Tensor,
    slots: readonly Tensor[],
    numbers: readonly Tensor[],
  ): { readonly parameter: Tensor; readonly slots: readonly Tensor[] };
  /** What is done around the rule. */
  readonly stepOptions?: StepOptions | undefined;
  /** The options, as JSON. */
  config(): Record<string, unknown>;
}

/** What one optimizer is: all but what they have in common. */
export interface Rule extends Pick<Optimizer, 'name' | 'slots' | 'initial' | 'inputs' | 'update'> {
  /** Numbers of the update by this learning rate; `count` updates were done before. */
  numbers(rate: number, count: number): number[];
  /** The options of the rule, as JSON. */
  readonly options: Readonly<Record<string, unknown>>;
}

/**
 * An optimizer from its rule and the options given by the user.
 *
 * @throws RangeError on options out of range, or two kinds of clipping at once
 */
export function defineOptimizer(rule: Rule, options: OptimizerOptions, defaultRate: number): Optimizer {
  const { name } = rule;
  const step = checkStepOptions(options, name);
  const extra = extrasOf(step);
  return {
    name,
    learningRate: resolveLearningRate(options.learningRate ?? defaultRate, name),
    slots: [...rule.slots, ...extra.slots],
    initial: rule.initial,
    inputs: [...rule.inputs, ...extra.inputs.map(({ name: input }) => input)],
    stepOptions: step,
    numbers(at) {
      const rate = learningRateAt(this, at);
      const count = Math.floor(at / (step.gradientAccumulationSteps ?? 1));
      return [...rule.numbers(rate, count), ...extra.inputs.map(({ value }) => value({ rate, at, count }))];
    },
    update: rule.update,
    config() {
      return { learningRate: savedLearningRate(this), ...rule.options, ...step };
    },
  };
}

/** The slots and numbers that step options need, in this order everywhere. */
export function extrasOf(options: StepOptions): { slots: string[]; inputs: ExtraInput[] } {
  const {
    weightDecay,
    useEma,
    emaMomentum = 0.99,
    emaOverwriteFrequency,
    gradientAccumulationSteps,
  } = options;
  const slots: string[] = [];
  const inputs: ExtraInput[] = [];
  if (weightDecay) inputs.push({ name: 'decay', value: ({ rate }) => rate * weightDecay });
  if (gradientAccumulationSteps) {
    slots.push('gradientAccumulator');
    inputs.push({ name: 'applies', value: ({ at }) => Number((at + 1) % gradientAccumulationSteps === 0) });
  }
  if (useEma) {
    slots.push('average');
    // The first average is the parameter itself.
    inputs.push({ name: 'averageShare', value: ({ count }) => (count === 0 ? 1 : 1 - emaMomentum) });
    if (emaOverwriteFrequency) {
      inputs.push({
        name: 'overwrites',
        value: ({ count }) => Number((count + 1) % emaOverwriteFrequency === 0),
      });
    }
  }
  return { slots, inputs };
}

interface ExtraInput {
  readonly name: string;
  value(now: { readonly rate: number; readonly at: number; readonly count: number }): number;
}

/** The step options that were given, checked. */
function checkStepOptions(options: StepOptions, where: string): StepOptions {
  const { weightDecay, excludeFromWeightDecay, clipnorm, clipvalue, globalClipnorm } = options;
  const { useEma, emaMomentum, emaOverwriteFrequency, gradientAccumulationSteps } = options;
  if (weightDecay !== undefined) checkNotNegative(weightDecay, `${where}: weightDecay`);
  const clips = Object.entries({ clipnorm, clipvalue, globalClipnorm }).filter(
    ([, value]) => value !== undefined,
  );
  for (const [name, value] of clips) checkPositive(value, `${where}: ${name}`);
  if (clips.length > 1) {
    throw new RangeError(
      `${where}: expected at most one of clipnorm, clipvalue and globalClipnorm; received ${clips.map(([name]) => name).join(' and ')}.`,
    );
  }
  if (excludeFromWeightDecay !== undefined) patternOf(excludeFromWeightDecay, where);
  if (emaMomentum !== undefined) {
    checkNumber(emaMomentum, `${where}: emaMomentum`, 'a number in [0, 1]', (n) => n >= 0 && n <= 1);
  }
  if (emaOverwriteFrequency !== undefined)
    checkCount(emaOverwriteFrequency, 1, `${where}: emaOverwriteFrequency`);
  if (gradientAccumulationSteps !== undefined) {
    checkCount(gradientAccumulationSteps, 2, `${where}: gradientAccumulationSteps`);
  }
  const given = {
    weightDecay,
    excludeFromWeightDecay,
    clipnorm,
    clipvalue,
    globalClipnorm,
    useEma,
    emaMomentum,
    emaOverwriteFrequency,
    gradientAccumulationSteps,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

/** What finds the names of parameters without weight decay. */
export function patternOf(names: readonly string[], where: string): RegExp | undefined {
  if (!Array.isArray(names) || names.some((name) => typeof name !== 'string')) {
    throw new RangeError(
      `${where}: expected excludeFromWeightDecay to be a list of texts; received ${JSON.stringify(names)}.`,
    );
  }
  try {
    return names.length === 0 ? undefined : new RegExp(names.join('|'));
  } catch (error) {
    throw new RangeError(
      `${where}: expected excludeFromWeightDecay to hold regular expressions; received ${JSON.stringify(names)}. ${(error as Error).message}.`,
    );
  }
}

export function checkFraction(value: number, where: string): void {
  if (!(value >= 0 && value < 1)) {
    throw new RangeError(`${where}: expected a number in [0, 1); received ${String(value)}.`);
  }
}

function checkCount(value: unknown, least: number, where: string): void {
  checkNumber(value, where, `an integer of ${least} or more`, (n) => Number.isSafeInteger(n) && n >= least);
}
