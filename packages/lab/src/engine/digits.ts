import { DataError, digitFromPixels, syntheticDigits } from 'fathom';
import { classify, networkOf } from './networks.ts';
import { breathe } from './pause.ts';
import type { Handlers, Recognition, RecognizeRequest } from './protocol.ts';

const SIDE = 28;
const PIXELS = SIDE * SIDE;
const CLASSES = 10;

export const digitHandlers: Handlers<'digit/recognize' | 'digit/example' | 'digit/warmUp'> = {
  'digit/recognize': (request) => {
    isWarm = true;
    return recognize(request);
  },
  'digit/warmUp': warmUp,
  // Each aligned run of ten holds every digit once.
  'digit/example': ({ digit, seed }) => {
    const { images, labels } = syntheticDigits({ seed, count: CLASSES });
    const at = labels.indexOf(digit);
    return images.slice(at * PIXELS, (at + 1) * PIXELS);
  },
};

let isWarm = false;

/** Code becomes fast when it has run for a while: without this, some tenth of a second at the first strokes. */
async function warmUp(): Promise<null> {
  const { images } = syntheticDigits({ seed: 0, count: 2 * CLASSES });
  for (let at = 0; at < images.length && !isWarm; at += PIXELS) {
    digitFromPixels(enlarged(images.subarray(at, at + PIXELS)), 'a drawing');
    await breathe();
  }
  isWarm = true;
  return null;
}

/** A digit of the generator as if it were drawn on a board: ink on nothing. */
function enlarged(digit: Uint8Array) {
  const factor = 10;
  const side = factor * SIDE;
  const data = new Uint8ClampedArray(4 * side * side);
  for (let i = 0; i < side * side; i++) {
    const [row, column] = [Math.floor(i / side / factor), Math.floor((i % side) / factor)];
    data[4 * i + 3] = digit[row * SIDE + column]!;
  }
  return { data, width: side, height: side, channels: 4 } as const;
}

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
