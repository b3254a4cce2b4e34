import { DataError, digitFromPixels, syntheticDigits } from 'fathom';
import { classify, networkOf } from './networks.ts';
import type { Handlers, Recognition, RecognizeRequest } from './protocol.ts';

const PIXELS = 28 * 28;
const CLASSES = 10;

export const digitHandlers: Handlers<'digit/recognize' | 'digit/example'> = {
  'digit/recognize': recognize,
  // Each aligned run of ten holds every digit once.
  'digit/example': ({ digit, seed }) => {
    const { images, labels } = syntheticDigits({ seed, count: CLASSES });
    const at = labels.indexOf(digit);
    return images.slice(at * PIXELS, (at + 1) * PIXELS);
  },
};

async function recognize({ network: id, image }: RecognizeRequest): Promise<Recognition | null> {
  const network = networkOf(id);
  const { inputs, outputs } = network.model.network;
  if (inputs.length !== 1 || outputs.length !== 1) {
    throw new Error(
      `${network.model.name} has ${inputs.length} inputs and ${outputs.length} outputs, and a drawing is one input with one answer. Open it in Look inside.`,
    );
  }
  const { shape } = inputs[0]!;
  if (shape.reduce((product, extent) => product * extent, 1) !== PIXELS) {
    throw new Error(
      `${network.model.name} takes samples of shape [${shape.join(', ')}], and a drawing is [28, 28, 1]. Choose a network for 28×28 grey pictures.`,
    );
  }
  const start = performance.now();
  let digit: ReturnType<typeof digitFromPixels>;
  try {
    digit = digitFromPixels({ ...image, channels: 4 }, 'the drawing');
  } catch (error) {
    if (error instanceof DataError) return null;
    throw error;
  }
  const prepared = performance.now();
  const probabilities = await classify(network, digit.pixels);
  return {
    ...digit,
    probabilities,
    prepareMs: prepared - start,
    predictMs: performance.now() - prepared,
  };
}
