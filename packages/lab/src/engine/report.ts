import { type Dataset, inspect, type Model, metrics, sampleSize, sliceSamples } from 'fathom';
import { engineBackend } from './backend.ts';
import { feedsOf, type LabData, sampleOf, writtenRow } from './data.ts';
import { kernelSheets } from './kernels.ts';
import { classifierOf } from './networks.ts';
import { breathe } from './pause.ts';
import { makeLoss } from './trainingModel.ts';
import type { Mistake, TrainingReport, WeightReport } from './trainingTypes.ts';

const CHUNK = 250;
const MOST_MISTAKES = 12;
/** Of the validation samples, those for whose mean loss gradients are taken, and over which units are looked at. */
const LOOKED = 100;

/** How a network does on validation data, and what its weights are. */
export async function reportOf(
  model: Model,
  data: LabData,
  lossName: string,
  ratios: readonly inspect.UpdateRatio[],
): Promise<Pick<TrainingReport, 'validation' | 'confusion' | 'mistakes' | 'weights' | 'units' | 'filters'>> {
  const { validation } = data;
  const classes = validation.classes.length;
  const probabilities = new Float32Array(validation.count * classes);
  const classifier = await classifierOf(model);
  let [loss, accuracy] = [0, 0];
  for (let start = 0; start < validation.count; start += CHUNK) {
    const part = sliceSamples(validation, start, Math.min(start + CHUNK, validation.count));
    const { x, y } = feedsOf(part, lossName);
    const logs = await model.evaluate(x, y, { batchSize: CHUNK });
    loss += logs.loss! * part.count;
    accuracy += logs.accuracy! * part.count;
    probabilities.set((await classifier.predict(x, { batchSize: CHUNK })).data, start * classes);
    await breathe();
  }
  const { labels, count } = validation;
  return {
    validation: { loss: loss / count, accuracy: accuracy / count },
    confusion: metrics.confusionMatrix(labels, { data: probabilities, shape: [count, classes] }, { classes }),
    mistakes: worstMistakes(data, probabilities),
    ...(await looked(model, sliceSamples(validation, 0, LOOKED), lossName, ratios)),
    filters: kernelSheets(await model.getWeights(), validation.shape),
  };
}

/** Mean loss and accuracy on validation data. */
export async function validate(
  model: Model,
  validation: Dataset,
  lossName: string,
): Promise<{ loss: number; accuracy: number }> {
  const { count } = validation;
  let [loss, accuracy] = [0, 0];
  for (let start = 0; start < count; start += CHUNK) {
    const part = sliceSamples(validation, start, Math.min(start + CHUNK, count));
    const { x, y } = feedsOf(part, lossName);
    const logs = await model.evaluate(x, y, { batchSize: CHUNK });
    loss += logs.loss! * part.count;
    accuracy += logs.accuracy! * part.count;
    await breathe();
  }
  return { loss: loss / count, accuracy: accuracy / count };
}

/** The wrong answers that were given with most confidence. */
function worstMistakes(data: LabData, probabilities: Float32Array): Mistake[] {
  const { validation } = data;
  const { labels, count, shape, images, classes } = validation;
  const wrong: { index: number; predicted: number; confidence: number }[] = [];
  for (let index = 0; index < count; index++) {
    const row = probabilities.subarray(index * classes.length, (index + 1) * classes.length);
    const confidence = Math.max(...row);
    const predicted = row.indexOf(confidence);
    if (predicted !== labels[index]) wrong.push({ index, predicted, confidence });
  }
  const size = sampleSize(shape);
  return wrong
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, MOST_MISTAKES)
    .map(({ index, ...rest }) => ({
      ...rest,
      label: labels[index]!,
      content:
        shape.length === 3
          ? sampleOf(validation, index)
          : (writtenRow(data, index) ?? [...images.slice(index * size, (index + 1) * size)]),
    }));
}

/** How weights, gradients and units are over some samples. */
async function looked(
  model: Model,
  samples: Dataset,
  lossName: string,
  ratios: readonly inspect.UpdateRatio[],
): Promise<Pick<TrainingReport, 'weights' | 'units'>> {
  const options = { backend: await engineBackend() };
  const { x, y } = feedsOf(samples, lossName);
  const slopes = await inspect.gradientHistograms(model, x, y, {
    ...options,
    bins: BINS,
    training: false,
    loss: makeLoss(lossName, model),
  });
  const of = <T extends { readonly name: string }>(list: readonly T[], name: string) =>
    list.find((one) => one.name === name);
  const weights = (await inspect.weightHistograms(model, { bins: BINS })).map(
    (histogram): WeightReport => ({
      histogram,
      gradient: of(slopes.gradients, histogram.name),
      updateRatio: of(ratios, histogram.name)?.ratio,
    }),
  );
  const units = await inspect.deadUnits(model, x, options);
  return {
    weights,
    units: units.map(({ layer, activation, dead, zeros }) => ({ layer, activation, dead, zeros })),
  };
}

const BINS = 31;
