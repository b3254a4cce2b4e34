import { inspect, type Model } from 'fathom';
import { engineBackend } from './backend.ts';
import type { InsideCam } from './insideTypes.ts';

/**
 * For each input of a network where in it a convolution speaks for what an output gives, or why there is no such thing.
 *
 * @param choice the class, or which of the numbers where the output gives no classes
 * @throws RangeError when there is no such output, class or number
 */
export async function camsOf(
  model: Model,
  x: Parameters<typeof inspect.gradCam>[1],
  activations: inspect.Activations,
  answer: inspect.Answer,
  output: number,
  choice: number,
): Promise<InsideCam[]> {
  const backend = await engineBackend();
  const places = await inspect.gradCamPlaces(model, output);
  // One number for yes and no: what speaks for no speaks against it.
  const isOne = answer.values.length === 1;
  const against = isOne && answer.classes.length === 2 && choice === 0;
  const found: InsideCam[] = [];
  for (const [input, { input: id, layer, problem }] of places.entries()) {
    if (layer === undefined) {
      found.push({ input: id, problem: problem!, shown: undefined });
      continue;
    }
    const options = { backend, output, input, against };
    const { heat, heatShape, shape } = await inspect.gradCam(model, x, isOne ? 0 : choice, options);
    const picture = inspect.inputPicture(activations, input);
    const [rows, columns] = heatShape as [number, number];
    found.push({
      input: id,
      problem: undefined,
      shown: { layer, maps: shape, rows, columns, heat, picture },
    });
  }
  return found;
}
