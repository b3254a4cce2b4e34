import { type inspect, sampleSize } from 'fathom';
import type { InsideTarget } from './insideTypes.ts';

/**
 * What an output should have been, as the library takes it: a class, the same at each place where there are several, or
 * one number in the place of each. The loss is the library's to know.
 *
 * @throws RangeError when there is no such output
 */
export function targetOf(
  answers: readonly inspect.Answer[],
  { output, label }: InsideTarget,
): { values: inspect.Target; options: inspect.ObjectiveOptions } {
  const { shape, classes } = answerAt(answers, output);
  if (classes.length > 0) return { values: label, options: { output } };
  const data = new Float32Array(sampleSize(shape)).fill(label);
  return { values: { data, shape: [1, ...shape] }, options: { output } };
}

/** @throws RangeError when there is no such output */
export function answerAt(answers: readonly inspect.Answer[], output: number): inspect.Answer {
  const answer = answers[output];
  if (answer) return answer;
  throw new RangeError(`expected an output 0…${answers.length - 1}; received ${output}.`);
}
