// What the tasks on images share: data, a run with a line an epoch, the test at the end.

import { normalizeImages } from 'fathom';
import { loadDataset } from 'fathom/node';

/** Trains on the whole training set and looks at the test set once, at the end. */
export async function learnImages({
  data,
  model,
  compile,
  batchSize = 128,
  epochs,
  backend,
  say,
  callbacks = [],
}) {
  const { train, test } = await loadDataset(data);
  const x = normalizeImages(train).images;
  model.compile({ loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'], backend, ...compile });
  const line = {
    onEpochEnd(epoch, logs) {
      say(`epoch ${epoch + 1}/${epochs}  loss ${logs.loss.toFixed(4)}  accuracy ${logs.accuracy.toFixed(4)}`);
    },
  };
  await model.fit(x, train.labels, { batchSize, epochs, callbacks: [line, ...callbacks] });
  const { accuracy } = await model.evaluate(normalizeImages(test).images, test.labels, { batchSize: 500 });
  return {
    reached: `${(100 * accuracy).toFixed(2)} %`,
    details: `accuracy on the ${test.count.toLocaleString('en')} test images`,
    parameters: model.countParams(),
  };
}
