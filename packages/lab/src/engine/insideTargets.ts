import { type inspect, sampleSize } from 'fathom';
import type { InsideTarget } from './insideTypes.ts';

/**
 * What an output should have been, as the library takes it, and with which loss: a class by its cross-entropy, at each
 * place where there are several; numbers by their mean squared error.
 *
 * @throws RangeError when there is no such output
 */
export function targetOf(
  answers: readonly inspect.Answer[],
  { output, label }: InsideTarget,
): { values: inspect.Target; options: inspect.ObjectiveOptions } {
  const answer = answers[output];
  if (!answer) {
    throw new RangeError(`expected an output 0…${answers.length - 1}; received ${output}.`);
  }
  const { shape, classes, probabilities } = answer;
  if (probabilities.length > 0) return { values: label, options: { output } };
  if (classes.length > 0) {
    const places = shape.slice(0, -1);
    const data = new Int32Array(sampleSize(places)).fill(label);
    return {
      values: { data, shape: [1, ...places] },
      options: { output, loss: 'sparseCategoricalCrossentropy' },
    };
  }
  const data = new Float32Array(sampleSize(shape)).fill(label);
  return { values: { data, shape: [1, ...shape] }, options: { output, loss: 'meanSquaredError' } };
}
