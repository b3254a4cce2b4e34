import { DataError } from '../data/errors.ts';
import { decodeSafetensors, encodeSafetensors } from '../io/safetensors.ts';
import { formatShape, sameShape } from '../ir/shape.ts';
import type { AnyModel } from './model.ts';

/**
 * All weights of a model as the bytes of a safetensors file, which PyTorch and others read too.
 *
 * @example
 * const bytes = await saveWeights(model);
 */
export async function saveWeights(model: AnyModel): Promise<Uint8Array<ArrayBuffer>> {
  return encodeSafetensors(await model.getWeights(), { format: 'fathom' });
}

/**
 * Replaces all weights of a model by those of a safetensors file, found by name.
 *
 * @throws DataError when the file is damaged, or its names or shapes are not the model's; then nothing is replaced
 * @example
 * loadWeights(model, new Uint8Array(await (await fetch('weights.safetensors')).arrayBuffer()));
 */
export async function loadWeights(model: AnyModel, bytes: Uint8Array, where = 'weights'): Promise<void> {
  const { tensors } = decodeSafetensors(bytes, where);
  const expected = await model.getWeights();
  const values = expected.map(({ name, shape }) => {
    const tensor = tensors.get(name);
    if (tensor && sameShape(tensor.shape, shape)) return tensor.data;
    throw new DataError({
      what: 'these are not the weights of this model',
      where,
      expected: `${name} of shape ${formatShape(shape)}`,
      received: tensor ? `shape ${formatShape(tensor.shape)}` : 'nothing of that name',
      fix: 'Load them into the model they were saved from.',
    });
  });
  if (tensors.size > expected.length) {
    const known = new Set(expected.map(({ name }) => name));
    const extra = [...tensors.keys()].filter((name) => !known.has(name));
    throw new DataError({
      what: 'these are not the weights of this model',
      where,
      expected: `${expected.length} tensors`,
      received: `more: ${extra.slice(0, 5).join(', ')}`,
      fix: 'Load them into the model they were saved from.',
    });
  }
  model.setWeights(values);
}
