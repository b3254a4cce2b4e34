import { type Backend, dense, flatten, type Layer, layers, sequential, syntheticDigits } from 'fathom';
import type { SharingProgress, SharingResult } from './protocol.ts';

/** By how many pixels the moved test pictures go to the right and down. */
export const MOVED = 4;

/**
 * Trains three networks that differ only in what looks at the picture: dense, locally connected, convolutional. The
 * digits that they are tested on are others than those they learn from; moved, none of them has seen any.
 */
export async function compareSharing(
  seed: number,
  epochs: number,
  backend: Backend,
  report: (progress: SharingProgress) => void,
): Promise<SharingResult[]> {
  const learned = digits(seed, 0, TRAINING);
  const tested = digits(seed, TRAINING, TESTS);
  const movedPictures = moved(tested.pictures, MOVED);
  const results: SharingResult[] = [];
  for (const [id, stack] of Object.entries(stacks()) as [SharingResult['id'], Layer[]][]) {
    const model = sequential(stack, { seed });
    model.compile({
      optimizer: 'adam',
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy'],
      backend,
    });
    await model.fit(samples(learned.pictures), learned.labels, {
      epochs,
      batchSize: BATCH,
      callbacks: [{ onEpochBegin: (epoch) => report({ id, epoch: epoch + 1, epochs }) }],
    });
    const accuracy = async (pictures: Float32Array) => {
      const { accuracy: share } = await model.evaluate(samples(pictures), tested.labels, {
        batchSize: BATCH,
      });
      return share!;
    };
    results.push({
      id,
      parameters: model.countParams(),
      accuracy: await accuracy(tested.pictures),
      movedAccuracy: await accuracy(movedPictures),
    });
  }
  return results;
}

/** Rows go down and columns to the right by so many places; zeros come in. */
export function moved(pictures: Float32Array, by: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(pictures.length);
  for (let start = 0; start < pictures.length; start += SIDE * SIDE) {
    for (let row = by; row < SIDE; row++) {
      const from = start + (row - by) * SIDE;
      result.set(pictures.subarray(from, from + SIDE - by), start + row * SIDE + by);
    }
  }
  return result;
}

/** Of both ways to look through windows two layers, and of each map its strongest answer, wherever it is. */
function stacks(): Record<SharingResult['id'], Layer[]> {
  const inputShape = [SIDE, SIDE, 1];
  const first = { filters: 8, kernelSize: 5, strides: 2, activation: 'relu' as const, inputShape };
  const second = { filters: 32, kernelSize: 5, activation: 'relu' as const };
  const answer = () => dense({ units: 10, activation: 'softmax' });
  return {
    dense: [flatten({ inputShape }), dense({ units: 32, activation: 'relu' }), answer()],
    local: [
      layers.locallyConnected2d(first),
      layers.locallyConnected2d(second),
      layers.globalMaxPooling2d(),
      answer(),
    ],
    shared: [layers.conv2d(first), layers.conv2d(second), layers.globalMaxPooling2d(), answer()],
  };
}

function digits(seed: number, start: number, count: number) {
  const { images, labels } = syntheticDigits({ seed, start, count });
  return { pictures: Float32Array.from(images, (value) => value / 255), labels: Int32Array.from(labels) };
}

function samples(data: Float32Array) {
  return { data, shape: [data.length / (SIDE * SIDE), SIDE, SIDE, 1] };
}

const SIDE = 28;
const TRAINING = 2000;
const TESTS = 500;
const BATCH = 50;
