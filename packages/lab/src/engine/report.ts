import { type Dataset, inspect, type Model, metrics, sliceSamples } from 'fathom';
import { engineBackend } from './backend.ts';
import { feedsOf, sampleOf } from './data.ts';
import { classifierOf } from './networks.ts';
import { breathe } from './pause.ts';
import type { FilterSheet, Histogram, Mistake, TrainingReport, WeightReport } from './trainingTypes.ts';

const CHUNK = 250;
const MOST_MISTAKES = 12;

/** How a network does on validation data, and what its weights are. */
export async function reportOf(
  model: Model,
  validation: Dataset,
  lossName: string,
  ratios: readonly number[] | undefined,
): Promise<Pick<TrainingReport, 'validation' | 'confusion' | 'mistakes' | 'weights' | 'filters'>> {
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
    mistakes: worstMistakes(validation, probabilities),
    weights: await weightReports(model, validation, lossName, ratios),
    filters: await filterSheets(model),
  };
}

/** The wrong answers that were given with most confidence. */
function worstMistakes(validation: Dataset, probabilities: Float32Array): Mistake[] {
  const { labels, count, shape, classes } = validation;
  if (shape.length !== 3) return [];
  const wrong: { index: number; predicted: number; confidence: number }[] = [];
  for (let index = 0; index < count; index++) {
    const row = probabilities.subarray(index * classes.length, (index + 1) * classes.length);
    const confidence = Math.max(...row);
    const predicted = row.indexOf(confidence);
    if (predicted !== labels[index]) wrong.push({ index, predicted, confidence });
  }
  return wrong
    .sort((a, b) => b.confidence - a.confidence)
    .slice(0, MOST_MISTAKES)
    .map(({ index, ...rest }) => ({ ...rest, sample: sampleOf(validation, index) }));
}

async function weightReports(
  model: Model,
  validation: Dataset,
  lossName: string,
  ratios: readonly number[] | undefined,
): Promise<WeightReport[]> {
  const { x } = feedsOf(sliceSamples(validation, 0, 1), lossName);
  const { weights } = await inspect.gradients(model, x, validation.labels[0]!, {
    backend: await engineBackend(),
  });
  return weights.map(({ name, shape, trainable, values, gradient }, i) => {
    const { mean } = inspect.rangeOf(values);
    const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
    return {
      name,
      shape,
      mean,
      deviation: Math.sqrt(squares / values.length),
      histogram: histogramOf(values),
      gradient: trainable ? histogramOf(gradient) : undefined,
      updateRatio: trainable ? ratios?.[i] : undefined,
    };
  });
}

const BINS = 31;

/** Counts of values in equal bins around zero. */
export function histogramOf(values: Float32Array): Histogram {
  const { min, max } = inspect.rangeOf(values);
  const high = Math.max(Math.abs(min), Math.abs(max)) || 1;
  const counts = Array.from({ length: BINS }, () => 0);
  for (const value of values) {
    const bin = Math.floor(((value + high) / (2 * high)) * BINS);
    if (Number.isFinite(bin)) counts[Math.max(0, Math.min(BINS - 1, bin))]!++;
  }
  return { low: -high, high, counts };
}

const MOST_FILTERS = 32;

/** Kernels of convolutions, and what each unit of a dense layer looks for where it sees a picture. */
async function filterSheets(model: Model): Promise<FilterSheet[]> {
  const weights = await model.getWeights();
  const sheets: FilterSheet[] = [];
  for (const { name, shape, data } of weights) {
    if (!name.endsWith('/kernel')) continue;
    const layer = name.slice(0, -'/kernel'.length);
    if (shape.length === 4) {
      const [rows = 0, columns = 0, channels = 0, filters = 0] = shape;
      const values: Float32Array<ArrayBuffer>[] = [];
      for (let filter = 0; filter < filters && values.length < MOST_FILTERS; filter++) {
        const channel = 0;
        values.push(pick(data, rows * columns, (at) => (at * channels + channel) * filters + filter));
      }
      const about =
        channels > 1 ? `the kernel of each map on channel 1 of ${channels}` : 'the kernel of each map';
      sheets.push({ layer, about, rows, columns, values, total: filters });
    } else if (shape.length === 2 && sheets.length === 0 && model.inputShape?.length === 3) {
      const [rows = 0, columns = 0, channels = 0] = model.inputShape;
      const [inputs = 0, units = 0] = shape;
      if (inputs !== rows * columns * channels) continue;
      const values = Array.from({ length: Math.min(units, MOST_FILTERS) }, (_, unit) =>
        pick(data, rows * columns, (at) => at * channels * units + unit),
      );
      sheets.push({
        layer,
        about: 'the weights of each unit, laid out as the picture',
        rows,
        columns,
        values,
        total: units,
      });
    }
  }
  return sheets;
}

function pick(data: Float32Array, count: number, index: (at: number) => number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: count }, (_, at) => data[index(at)]!);
}
