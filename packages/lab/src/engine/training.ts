import {
  batchCount,
  batches,
  type Dataset,
  inspect,
  loadWeights,
  losses,
  type Model,
  modelFromConfig,
  type OptimizerName,
  optimizers,
  saveWeights,
} from 'fathom';
import { engineBackend } from './backend.ts';
import { describeData, feedsOf, type LabData, makeData } from './data.ts';
import { emit } from './emit.ts';
import { endsInSoftmax, holdNetwork } from './networks.ts';
import { breathe } from './pause.ts';
import type { Handlers } from './protocol.ts';
import { reportOf } from './report.ts';
import type {
  ExportedNetwork,
  LayerSetting,
  StackReport,
  TrainingProgress,
  TrainingReport,
  TrainingSettings,
} from './trainingTypes.ts';

/** A network in training. */
interface Training {
  readonly run: number;
  readonly data: LabData;
  readonly model: Model;
  readonly settings: TrainingSettings;
  steps: number;
  /** Batches of the epoch at work that are left. */
  rest: Iterator<Dataset>;
  epoch: number;
  isPlaying: boolean;
  /** Since the last progress and the last report. */
  figures: { step: number; loss: number; accuracy: number }[];
  sums: { loss: number; accuracy: number; steps: number };
  /** ‖Δw‖ / ‖w‖ of the last measured step, by weight. */
  ratios: readonly number[] | undefined;
}

let data: LabData | undefined;
let current: Training | undefined;
let runs = 0;
/** Calls wait for the step at work: it must not see its network change. */
let last: Promise<unknown> = Promise.resolve();

function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const result = last.then(work, work);
  last = result.catch(() => undefined);
  return result;
}

export const trainingHandlers: Handlers<
  | 'train/data'
  | 'train/describe'
  | 'train/reset'
  | 'train/play'
  | 'train/pause'
  | 'train/step'
  | 'train/rate'
  | 'train/export'
  | 'train/keep'
> = {
  'train/data': (choice) => {
    stop();
    return inTurn(async () => {
      const made = await makeData(choice);
      await drop();
      data = made;
      return describeData(made);
    });
  },
  'train/describe': describe,
  'train/reset': (settings) => {
    stop();
    return inTurn(() => reset(settings));
  },
  'train/play': () => {
    const training = need();
    if (!training.isPlaying) {
      training.isPlaying = true;
      void inTurn(() => play(training));
    }
    return null;
  },
  'train/pause': () => {
    const training = need();
    stop();
    return inTurn(() => report(training));
  },
  'train/step': () => {
    const training = need();
    stop();
    return inTurn(async () => {
      await step(training, true);
      progress(training, 0);
      return report(training);
    });
  },
  'train/rate': (rate) => {
    const { optimizer } = need().model;
    if (optimizer) optimizer.learningRate = rate;
    return null;
  },
  'train/export': () =>
    inTurn(async () => {
      const { model } = need();
      return { config: `${JSON.stringify(model.toConfig(), null, 2)}\n`, weights: await saveWeights(model) };
    }),
  'train/keep': () =>
    inTurn(async () => {
      const { model, data: own } = need();
      // A copy, which the training that goes on does not change.
      const copy = modelFromConfig({ ...model.toConfig(), compile: null });
      copy.setWeights(await model.getWeights());
      return holdNetwork('trained', copy, own.train.classes);
    }),
};

const looks: (() => Promise<void>)[] = [];

/** Does something between two steps, also of a training that goes on. */
export function betweenSteps<T>(work: () => Promise<T>): Promise<T> {
  if (!current?.isPlaying) return inTurn(work);
  return new Promise<T>((resolve, reject) => {
    looks.push(() => work().then(resolve, reject));
  });
}

async function serveLooks(): Promise<void> {
  for (let look = looks.shift(); look; look = looks.shift()) await look();
}

/** The network in training with its data and the number of steps done; undefined while there is none. */
export function trainingNow(): { model: Model; data: LabData; steps: number } | undefined {
  return current;
}

function need(): Training {
  if (!current) throw new Error('there is no network to train yet. Choose data and layers first.');
  return current;
}

function stop(): void {
  if (current) current.isPlaying = false;
}

async function drop(): Promise<void> {
  const { model } = current ?? {};
  current = undefined;
  if (model) await inspect.forget(model);
  await model?.dispose();
}

/** The layers with names of their own, as a model has them. */
function named(layers: readonly LayerSetting[]) {
  const counts = new Map<string, number>();
  return layers.map((layer) => {
    const count = (counts.get(layer.type) ?? 0) + 1;
    counts.set(layer.type, count);
    return { ...layer, name: count === 1 ? layer.type : `${layer.type}_${count}` };
  });
}

function describe(settings: readonly LayerSetting[]): StackReport {
  if (!data) throw new Error('there is no data yet.');
  const { train } = data;
  const { layers, problem, totals } = inspect.describeStack(train.shape, named(settings));
  const shape = layers.at(-1)?.outputShape ?? train.shape;
  const classes = train.classes.length;
  const fits = layers.length > 0 && shape.length === 1 && shape[0] === classes;
  return {
    layers,
    problem:
      problem ??
      (fits
        ? undefined
        : {
            layer: settings.length,
            message: `the network gives [${shape.join(', ')}] for a sample, and must give [${classes}]: one number for each class. End it in a dense layer of ${classes} units, with flatten before it where shapes have several numbers.`,
          }),
    ...totals,
  };
}

async function reset(settings: TrainingSettings): Promise<TrainingReport> {
  if (!data) throw new Error('there is no data yet.');
  const { problem } = describe(settings.layers);
  if (problem) throw new Error(problem.message);
  await drop();
  const model = modelFromConfig({
    formatVersion: 2,
    type: 'sequential',
    name: 'trained',
    seed: settings.seed,
    inputShape: data.train.shape,
    layers: named(settings.layers),
    compile: null,
  });
  if (settings.from) await takeWeights(model, settings.from);
  model.compile({
    optimizer: makeOptimizer(settings),
    loss: makeLoss(settings.loss, model),
    metrics: ['accuracy'],
    seed: settings.seed,
    backend: await engineBackend(),
  });
  current = {
    run: ++runs,
    data,
    model,
    settings,
    steps: 0,
    epoch: 0,
    rest: epochOf(data, settings, 0),
    isPlaying: false,
    figures: [],
    sums: { loss: 0, accuracy: 0, steps: 0 },
    ratios: undefined,
  };
  progress(current, 0);
  return report(current);
}

/** @throws DataError or RangeError when the files are damaged, or of other layers */
async function takeWeights(model: Model, { config, weights }: ExportedNetwork): Promise<void> {
  const saved = modelFromConfig({ ...JSON.parse(config), compile: null }, { where: 'model.json' });
  await loadWeights(saved, weights, 'weights.safetensors');
  model.setWeights((await saved.getWeights()).map(({ data: values }) => values));
}

function makeOptimizer({ optimizer, learningRate }: TrainingSettings) {
  if (optimizer === 'momentum') return optimizers.sgd({ learningRate, momentum: 0.9 });
  return optimizers.resolveOptimizer(optimizer as OptimizerName, { learningRate });
}

/** A network that leaves softmax out gives logits. */
function makeLoss(name: string, model: Model) {
  const fromLogits = !endsInSoftmax(model);
  switch (name) {
    case 'sparseCategoricalCrossentropy':
      return losses.sparseCategoricalCrossentropy({ fromLogits });
    case 'meanSquaredError':
      return losses.meanSquaredError();
    case 'categoricalHinge':
      return losses.categoricalHinge();
    default:
      throw new RangeError(`unknown loss '${name}'.`);
  }
}

function epochOf(
  { train }: LabData,
  { batchSize, seed }: TrainingSettings,
  epoch: number,
): Iterator<Dataset> {
  return batches(train, { batchSize, seed, epoch })[Symbol.iterator]();
}

/** One update, measured if asked, or if asked at the end of an epoch. Returns whether it ended one. */
async function step(training: Training, measures: boolean | 'atEnd'): Promise<boolean> {
  let next = training.rest.next();
  if (next.done) {
    training.rest = epochOf(training.data, training.settings, training.epoch);
    next = training.rest.next();
  }
  const { x, y } = feedsOf(next.value as Dataset, training.settings.loss);
  const perEpoch = batchCount(training.data.train.count, { batchSize: training.settings.batchSize });
  const isLast = (training.steps + 1) % perEpoch === 0;
  const before = measures === true || (measures && isLast) ? await training.model.getWeights() : undefined;
  const logs = await training.model.trainOnBatch(x, y);
  if (before) training.ratios = updateRatios(before, await training.model.getWeights());
  training.steps++;
  const { loss = Number.NaN, accuracy = Number.NaN } = logs;
  training.figures.push({ step: training.steps, loss, accuracy });
  training.sums.loss += loss;
  training.sums.accuracy += accuracy;
  training.sums.steps++;
  if (isLast) {
    training.epoch++;
    training.rest = epochOf(training.data, training.settings, training.epoch);
  }
  return isLast;
}

function updateRatios(
  before: readonly { readonly data: Float32Array }[],
  after: readonly { readonly data: Float32Array }[],
): number[] {
  return before.map(({ data: old }, i) => {
    const now = after[i]!.data;
    let [moved, size] = [0, 0];
    for (let j = 0; j < old.length; j++) {
      moved += (now[j]! - old[j]!) ** 2;
      size += old[j]! ** 2;
    }
    return Math.sqrt(moved / size);
  });
}

/** How long steps run before messages are let in, and how often the page hears of them. */
const SLICE_MS = 12;
const PROGRESS_MS = 50;
/** Epochs of little data are over in no time: a report costs more than they do. */
const REPORT_MS = 400;
/** Within a long epoch a report comes after this time, or this many times what the one before has cost. */
const LONG_MS = 1500;
const REPORT_SHARE = 5;

async function play(training: Training): Promise<void> {
  let [told, toldSteps] = [performance.now(), training.steps];
  let [reported, waitMs] = [performance.now(), LONG_MS];
  const tell = () => {
    const seconds = (performance.now() - told) / 1000;
    progress(training, ((training.steps - toldSteps) * training.settings.batchSize) / seconds);
    [told, toldSteps] = [performance.now(), training.steps];
  };
  try {
    while (training.isPlaying) {
      const until = performance.now() + SLICE_MS;
      let ended = false;
      const isDue = performance.now() - reported > REPORT_MS;
      do ended = await step(training, isDue && 'atEnd');
      while (!ended && training.isPlaying && performance.now() < until);
      if (performance.now() - told > PROGRESS_MS) tell();
      if (training.figures.length > 0 && !Number.isFinite(training.figures.at(-1)?.loss)) {
        throw new Error(NOT_FINITE);
      }
      if ((ended && isDue) || performance.now() - reported > waitMs) {
        tell();
        const from = performance.now();
        emit('train/report', await report(training));
        reported = performance.now();
        told += reported - from;
        waitMs = Math.max(LONG_MS, REPORT_SHARE * (reported - from));
      }
      await serveLooks();
      await breathe();
    }
    tell();
  } catch (error) {
    training.isPlaying = false;
    progress(training, 0, (error as Error).message);
  } finally {
    await serveLooks();
  }
}

const NOT_FINITE =
  'the loss is no number any more: the weights have grown beyond what float32 holds. Most often the learning rate is too large. Reset, and try a tenth of it.';

function progress(training: Training, samplesPerSecond: number, problem?: string): void {
  const { run, steps, data: own, settings, isPlaying, figures } = training;
  training.figures = [];
  const detail: TrainingProgress = {
    run,
    steps,
    epochs: steps / batchCount(own.train.count, { batchSize: settings.batchSize }),
    isPlaying,
    figures,
    samplesPerSecond,
    problem,
  };
  emit('train/progress', detail);
}

async function report(training: Training): Promise<TrainingReport> {
  const { run, steps, epoch, model, data: own, settings, sums, ratios } = training;
  const mean = (sum: number) => (sums.steps === 0 ? Number.NaN : sum / sums.steps);
  const figures = { loss: mean(sums.loss), accuracy: mean(sums.accuracy) };
  training.sums = { loss: 0, accuracy: 0, steps: 0 };
  return {
    run,
    steps,
    epochs: epoch,
    training: figures,
    ...(await reportOf(model, own.validation, settings.loss, ratios)),
  };
}
