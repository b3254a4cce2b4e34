import type { Shape } from '../ir/shape.ts';
import type { Activations } from './activations.ts';
import { type Inspectable, nodesOf } from './nodes.ts';
import { compiledLoss, endsIn, endsInSoftmax } from './objective.ts';
import { isWeighted } from './trace.ts';

/** What a network says with one of its outputs. */
export interface Answer {
  /** The layer that gives it, and which of its results it is, counted from 0. */
  readonly layer: string;
  readonly result: number;
  readonly shape: Shape;
  readonly values: Float32Array;
  /**
   * What the last axis tells apart: classes, or no and yes of one number of sigmoid. Empty where the output gives
   * numbers.
   */
  readonly classes: readonly string[];
  /** One for each class; empty of numbers, and where there is an answer at each of several places. */
  readonly probabilities: readonly number[];
}

/**
 * What each output of a model says, in the order of its outputs.
 *
 * Softmax gives probabilities. A row of numbers that no activation has squashed counts as logits where the model was
 * compiled with a loss of classes for them, where there is a name for each, or, of a model of which nothing is known,
 * where it is its only output and that of a dense layer. One number of sigmoid, or the logit of a loss of yes and no, is
 * the probability of yes. All else are numbers.
 *
 * @param classes names, for the outputs that have as many numbers; others are counted
 * @example
 * const [answer] = inspect.answers(model, await inspect.activations(model, image));
 * answer.probabilities.length; // 10
 */
export function answers(
  model: Inspectable,
  { results }: Activations,
  classes: readonly string[] = [],
): Answer[] {
  return results.map(({ layer, result, shape, values }, output) => {
    const answer = { layer, result, shape, values, classes: [], probabilities: [] };
    const width = shape.at(-1) ?? 1;
    const isFirst = result === 0;
    const loss = compiledLoss(model, output)?.loss;
    if (values.length === 1 && isFirst) {
      const isLogit = loss?.kind === 'binary' && loss.fromLogits;
      if (!isLogit && !endsIn(model, 'sigmoid', output)) return answer;
      const names = classes.length === 2 ? classes : ['no', 'yes'];
      const yes = isLogit ? 1 / (1 + Math.exp(-values[0]!)) : values[0]!;
      return { ...answer, classes: names, probabilities: [1 - yes, yes] };
    }
    if (width === 1) return answer;
    const names = classes.length === width ? classes : Array.from({ length: width }, (_, i) => String(i));
    if (isFirst && endsInSoftmax(model, output)) {
      return { ...answer, classes: names, probabilities: shape.length === 1 ? Array.from(values) : [] };
    }
    const isTrained = loss !== undefined && (loss.kind === 'sparse' || loss.kind === 'categorical');
    if (isTrained && (loss.fromLogits || loss.targets === 'labels')) {
      const row = () => (loss.fromLogits ? softmax(values) : Array.from(values));
      return { ...answer, classes: names, probabilities: shape.length === 1 ? row() : [] };
    }
    const isGuessed = results.length === 1 && (loss === undefined || isTrained);
    const isNamed = classes.length === width || isGuessed;
    if (shape.length > 1 || !isNamed || !isFirst || !endsInLogits(model, output)) return answer;
    return { ...answer, classes: names, probabilities: softmax(values) };
  });
}

function endsInLogits(model: Inspectable, output: number): boolean {
  const { nodes, outputs } = nodesOf(model);
  const { layer } = nodes[outputs[output]!.node]!;
  const { activation } = layer as { readonly activation?: { readonly name?: string } };
  return (isWeighted(layer) || layer.type === 'activation') && activation?.name === 'linear';
}

function softmax(z: Float32Array): number[] {
  const most = z.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = Array.from(z, (value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
