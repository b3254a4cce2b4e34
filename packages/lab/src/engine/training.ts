import {
  batchCount,
  batches,
  captureTraining,
  type Dataset,
  inspect,
  type Model,
  restoreTraining,
} from 'fathom';
import { engineBackend } from './backend.ts';
import { describeData, feedsOf, type LabData, makeData } from './data.ts';
import { emit } from './emit.ts';
import type { EpochLog } from './epochLog.ts';
import { kernelSheet } from './kernels.ts';
import { Moments } from './moments.ts';
import { copyOf, holdNetwork } from './networks.ts';
import { openedStack } from './openedStack.ts';
import { breathe } from './pause.ts';
import type { Handlers } from './protocol.ts';
import { reportOf, validate } from './report.ts';
import { runFiles } from './savedRun.ts';
import { beginTraining, describeTraining } from './trainingModel.ts';
import type { TrainingBegun, TrainingProgress, TrainingReport, TrainingSettings } from './trainingTypes.ts';
import { noteWeightChange } from './weightChanges.ts';

/** A network in training. */
interface Training {
  readonly run: number;
  readonly data: LabData;
  readonly model: Model;
  readonly settings: TrainingSettings;
  readonly moments: Moments;
  log: EpochLog;
  /** A copy for the other rooms, with the weights of the moment that is looked at. */
  shown: Model | undefined;
  steps: number;
  /** The batch that comes next, both counted from 0, and those of its epoch that are left. */
  epoch: number;
  batch: number;
  rest: Iterator<Dataset>;
  isPlaying: boolean;
  /** Since the last progress and the last report. */
  figures: { step: number; loss: number; accuracy: number }[];
  sums: { loss: number; accuracy: number; steps: number };
  /** The means of the last report; NaN before the first step. */
  means: { loss: number; accuracy: number };
  /** ‖Δw‖ / ‖w‖ of the last measured step. */
  ratios: readonly inspect.UpdateRatio[];
  /** Of the compiled step, once there has been one. */
  memory: inspect.StepMemory | undefined;
  /** Time in steps since it began, and their number. */
  spent: { ms: number; steps: number };
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
  | 'train/opened'
  | 'train/reset'
  | 'train/play'
  | 'train/pause'
  | 'train/step'
  | 'train/rate'
  | 'train/goOn'
  | 'train/kernels'
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
  'train/describe': (request) => describeTraining(needData(), request),
  'train/opened': ({ config, layers }) => openedStack(config, layers),
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
  'train/goOn': (steps) => {
    const training = need();
    stop();
    return inTurn(() => goOn(training, steps));
  },
  // Moments do not change: none of these waits for the training at work.
  'train/kernels': ({ steps, layer, channel }) =>
    kernelSheet(need().moments.at(steps).state.weights, layer, channel),
  'train/export': ({ steps, lab }) => {
    const training = need();
    const { spent, moments } = training;
    return runFiles({ ...training, msPerStep: spent.ms / spent.steps }, moments.at(steps), lab);
  },
  'train/keep': async (steps) => {
    const training = need();
    const { model, moments, data: own } = training;
    const { weights } = moments.at(steps).state;
    training.shown ??= await copyOf({ ...model.toConfig() }, 'the network in training');
    training.shown.setWeights(weights);
    noteWeightChange();
    return holdNetwork('trained', training.shown, own.train.classes, own.columns);
  },
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

function needData(): LabData {
  if (!data) throw new Error('there is no data yet.');
  return data;
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

async function reset(settings: TrainingSettings): Promise<TrainingBegun> {
  const own = needData();
  const { problem } = describeTraining(own, settings);
  if (problem) throw new Error(problem.message);
  await drop();
  const { note, ...beginning } = await beginTraining(own, settings, await engineBackend());
  current = {
    run: ++runs,
    data: own,
    settings,
    ...beginning,
    moments: new Moments(),
    shown: undefined,
    rest: batchesFrom(own, settings, beginning),
    isPlaying: false,
    figures: [],
    sums: { loss: 0, accuracy: 0, steps: 0 },
    ratios: [],
    memory: undefined,
    spent: { ms: 0, steps: 0 },
  };
  progress(current, 0);
  return { report: await report(current), note };
}

/** Sets everything back to a moment, but not the learning rate, which the page sets: one may go back to lower it. */
async function goOn(training: Training, steps: number): Promise<TrainingReport> {
  const { model, moments, settings } = training;
  const { state, log, means } = moments.at(steps);
  const rate = model.optimizer!.learningRate;
  await restoreTraining(model, state);
  noteWeightChange();
  model.optimizer!.learningRate = rate;
  moments.cut(steps);
  const { epoch, batch } = state;
  Object.assign(training, { steps, epoch, batch, rest: batchesFrom(training.data, settings, state) });
  training.log = log.copy();
  training.figures = [];
  training.sums = { loss: 0, accuracy: 0, steps: 0 };
  training.means = means;
  progress(training, 0);
  return report(training);
}

/** The batches of an epoch, those before a number left out. */
function batchesFrom(
  { train }: LabData,
  { batchSize, seed }: TrainingSettings,
  { epoch, batch }: { readonly epoch: number; readonly batch: number },
): Iterator<Dataset> {
  const rest = batches(train, { batchSize, seed, epoch })[Symbol.iterator]();
  for (let i = 0; i < batch; i++) rest.next();
  return rest;
}

function stepsAnEpoch({ data: { train }, settings: { batchSize } }: Training): number {
  return batchCount(train.count, { batchSize });
}

/** One update, measured if asked, or if asked at the end of an epoch. Returns whether it ended one. */
async function step(training: Training, measures: boolean | 'atEnd'): Promise<boolean> {
  const { model, settings, sums, spent } = training;
  const part = training.rest.next().value as Dataset;
  const { x, y } = feedsOf(part, settings.loss);
  const isLast = training.batch + 1 === stepsAnEpoch(training);
  const isMeasured = measures === true || (measures && isLast);
  const before = isMeasured ? await inspect.weightSnapshot(model) : undefined;
  const start = performance.now();
  const { loss = Number.NaN, accuracy = Number.NaN } = await model.trainOnBatch(x, y);
  const ms = performance.now() - start;
  spent.ms += ms;
  spent.steps++;
  training.log.add({ loss, accuracy, samples: part.count, ms });
  if (before) training.ratios = await inspect.updateRatios(model, before);
  training.steps++;
  training.figures.push({ step: training.steps, loss, accuracy });
  sums.loss += loss;
  sums.accuracy += accuracy;
  sums.steps++;
  training.batch++;
  if (isLast) {
    training.log.end(await validate(model, training.data.validation, settings.loss));
    training.epoch++;
    training.batch = 0;
    training.rest = batchesFrom(training.data, settings, training);
  }
  return isLast;
}

/** How long steps run before messages are let in, and how often the page hears of them. */
const SLICE_MS = 12;
const PROGRESS_MS = 200;
/** Epochs of little data are over in no time: a report costs more than they do. */
const REPORT_MS = 400;
/** Within a long epoch a report comes after this time, or this many times what the one before has cost. */
const LONG_MS = 1500;
const REPORT_SHARE = 5;

async function play(training: Training): Promise<void> {
  let [told, toldSteps] = [performance.now(), training.steps];
  let [reported, waitMs] = [performance.now(), LONG_MS];
  /** What it is to become better than: at its beginning, nothing. */
  const begun = training.log.done.length;
  let best = training.steps;
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
      const wait = ended && training.settings.patience > 0 ? waitOf(training, begun) : undefined;
      // The best epoch so far can be gone back to.
      if ((ended && isDue) || wait?.epochs === 0 || performance.now() - reported > waitMs) {
        tell();
        const from = performance.now();
        emit('train/report', await report(training));
        reported = performance.now();
        told += reported - from;
        waitMs = Math.max(LONG_MS, REPORT_SHARE * (reported - from));
      }
      if (wait?.epochs === 0) best = training.steps;
      if (wait && wait.epochs >= training.settings.patience) {
        training.isPlaying = false;
        emit('train/report', await report(training));
        progress(training, 0, undefined, { best, why: wait.why });
        return;
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
  'the loss is no number any more: the weights have grown beyond what float32 holds. Most often the learning rate is too large. Go back to a moment before, or reset, and try a tenth of it.';

/** How many epochs ago the validation loss was lowest, of those since training was begun. */
function waitOf({ log }: Training, begun: number): { epochs: number; why: string } {
  const best = log.bestFrom(begun);
  const epochs = log.done.length - 1 - best;
  const loss = log.done[best]!.valLoss.toFixed(4);
  return {
    epochs,
    why: `Stopped: for ${epochs} epochs the validation loss has not fallen below ${loss}, which it had after epoch ${best + 1}. That moment is shown; go on from it, or use it.`,
  };
}

function progress(
  training: Training,
  samplesPerSecond: number,
  problem?: string,
  stopped?: TrainingProgress['stopped'],
): void {
  const { run, steps, epoch, batch, isPlaying, figures } = training;
  training.figures = [];
  const epochs = epoch + batch / stepsAnEpoch(training);
  const detail: TrainingProgress = {
    ...{ run, steps, epochs, isPlaying, figures, samplesPerSecond, problem, stopped },
  };
  emit('train/progress', detail);
}

/** How the network is now; the moment is kept. */
async function report(training: Training): Promise<TrainingReport> {
  const { run, steps, epoch, batch, model, data: own, settings, sums, ratios, moments } = training;
  // A pause may come without a step since the report before.
  if (sums.steps > 0) training.means = { loss: sums.loss / sums.steps, accuracy: sums.accuracy / sums.steps };
  training.sums = { loss: 0, accuracy: 0, steps: 0 };
  const { batchSize } = settings;
  const samples = own.train.count;
  const place = { epoch, batch, batchSize, samples, steps: stepsAnEpoch(training) };
  const log = training.log.copy();
  moments.add({
    steps,
    state: await captureTraining(model, place),
    log,
    means: training.means,
  });
  if (steps > 0) training.memory ??= await inspect.stepMemory(model, Math.min(batchSize, samples));
  return {
    run,
    steps,
    epochs: epoch,
    training: training.means,
    moments: moments.kept,
    memory: training.memory,
    ...(await reportOf(model, own, settings.loss, ratios)),
  };
}
