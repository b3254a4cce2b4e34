import { join } from 'node:path';
import type { Command } from 'commander';
import { type Backend, type Checkpoint, type Dataset, type Model, selectBackend } from 'fathom';
import {
  type DatasetName,
  type LoadedDataset,
  readCheckpoint,
  saveModel,
  writeFileAtomic,
} from 'fathom/node';
import { loadWithProgress } from '../datasets.ts';
import { CliError, InterruptedError } from '../errors.ts';
import { catchInterrupt } from '../interrupt.ts';
import { findModel, MODEL_NAMES, type ModelSource } from '../models.ts';
import {
  BACKENDS,
  type BackendOption,
  OPTIMIZERS,
  parseBackend,
  parseDataset,
  parseLearningRate,
  parseOptimizer,
  parseThreads,
  wholeNumber,
} from '../options.ts';
import { showCompiling } from '../output/compiling.ts';
import { formatConfusionMatrix, topMistakes } from '../output/confusion.ts';
import { showProfile } from '../output/profile.ts';
import { trainingProgress } from '../output/progress.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { count, duration, percent } from '../output/units.ts';
import {
  checkSame,
  fileCallbacks,
  type Order,
  orderOf,
  settingsOf,
  type TrainOptions,
} from '../runs/order.ts';
import type { RunRecord } from '../runs/record.ts';
import { openRunFolder, type RunFolder } from '../runs/runFolder.ts';
import { checkpointFolder, forgetCheckpoints, writeSettings } from '../runs/unfinished.ts';
import {
  compileModel,
  prepareTraining,
  type TrainingResult,
  testModel,
  trainModel,
  weightsSha256,
} from '../training.ts';
import { version } from '../version.ts';
import { DATA_HELP, JSON_HELP } from './data.ts';

/** `fathom train`. */
export function addTrain(program: Command): void {
  program
    .command('train')
    .description('train a model, test it, and save the run')
    .argument('[data]', DATA_HELP, parseDataset)
    .option('--model <name>', `${MODEL_NAMES.join(', ')}, or a FILE.ts that exports a model`, 'lenet5')
    .option('--epochs <n>', 'how often to go through the training images', wholeNumber('--epochs', 1), 5)
    .option('--batch <n>', 'images in a training step', wholeNumber('--batch', 1, MOST_BATCH), 32)
    .option('--lr <x>', "learning rate (default: the optimizer's own, 0.001 for adam)", parseLearningRate)
    .option('--optimizer <name>', OPTIMIZERS.join(', '), parseOptimizer, 'adam')
    .option('--seed <n>', 'decides everything that is random', wholeNumber('--seed', 0), 0)
    .option('--backend <name>', BACKENDS.join(', '), parseBackend, 'auto')
    .option('--threads <n>', 'threads to compute with (default: one for each core)', parseThreads)
    .option('--limit <n>', 'use at most n training and n test images', wholeNumber('--limit', 2))
    .option('--out <dir>', 'where to save the run (default: runs/<model>-<data>-<time>)')
    .option('--checkpoint-every <n>', CHECKPOINT_HELP, wholeNumber('--checkpoint-every', 1))
    .option('--resume <run>', 'go on with a run that was cut off, from its last checkpoint')
    .option('--tensorboard <dir>', 'write event files for TensorBoard: figures, weights')
    .option('--csv <file>', 'write the figures of each epoch to a file')
    .option('--profile [file]', PROFILE_HELP)
    .option('--json', JSON_HELP)
    .addHelpText('after', EXAMPLES)
    .action(async (data: DatasetName | undefined, options: TrainOptions, command: Command) => {
      await train(await orderOf(data, options, command), processTerminal(options));
    });
}

const PROFILE_HELP =
  'show where the time of a step goes, and write a trace for chrome://tracing or Perfetto (default: profile.json)';
const CHECKPOINT_HELP = 'training steps between two checkpoints (default: one after each epoch)';
const MOST_BATCH = 1 << 16;

const EXAMPLES = `
A tenth of the training images is set aside for validation; the test images are used once, at the end.
The same seed gives the same weights, whatever the number of threads. Ctrl-C saves the run so far; it and any run
that was cut off go on by --resume from their last checkpoint, and come to the same weights as if nothing had happened.

Examples:
  fathom train digits
  fathom train mnist --model cnn --epochs 3 --out runs/cnn
  fathom train fashion-mnist --model mlp --optimizer sgd --lr 0.1 --batch 64
  fathom train digits --model my-model.ts --limit 2000
  fathom train mnist --epochs 1 --json 2>/dev/null | jq .test.accuracy
  fathom train mnist --epochs 20 --out runs/long --checkpoint-every 500
  fathom train --resume runs/long
  fathom train digits --tensorboard logs/digits --csv digits.csv
  fathom train mnist --model cnn --batch 128 --epochs 1 --profile

A model file, my-model.ts:
  import { dense, flatten, sequential } from 'fathom';
  export default () =>
    sequential([flatten({ inputShape: [28, 28, 1] }), dense({ units: 10, activation: 'softmax' })]);`;

async function train(order: Order, terminal: Terminal): Promise<void> {
  const interrupt = catchInterrupt(() => {
    terminal.warn('Stopping; Ctrl-C again quits at once.');
  });
  try {
    await trainAndSave(order, terminal, interrupt.signal);
  } catch (error) {
    // What an interrupted download throws is the wish to stop and no failure.
    if (interrupt.signal.aborted && error === interrupt.signal.reason) throw nothingSaved();
    throw error;
  } finally {
    interrupt.release();
  }
}

async function trainAndSave(options: Order, terminal: Terminal, signal: AbortSignal): Promise<void> {
  const { data: name, seed, limit, earlier } = options;
  const source = await findModel(options.model);
  const data = await loadWithProgress(name, { seed, limit, testLimit: limit, signal }, terminal);
  const { classes, shape } = data.train;
  const model = await source.create({ inputShape: shape, classes: classes.length, seed });
  const backend = await selectBackend(options.backend, threadsOf(options));
  const settings = { ...options, backend };
  compileModel(model, settings);
  const config = checkSavable(model, source.name);
  const folder = await openRunFolder(
    options.out ?? defaultOut(source, name),
    config.length + runBytes(model),
    { resume: earlier !== undefined },
  );
  const run = { ...settings, backend: backend.name as BackendOption };
  const begun = settingsOf(run, data, config, options.model);
  if (earlier) checkSame(earlier.settings, begun, earlier.folder);
  let saved = false;
  const compiling = showCompiling(backend, terminal);
  try {
    const parts = prepareTraining(data.train, seed);
    sayWhatIsTrained({ source, data, parts, model, backend }, options, terminal);
    // Compiled first, so that the first step is no slower than the others.
    const batchSize = Math.min(options.batch, parts.train.count);
    await compiling.unlessInterrupted(model.prepare({ batchSize }), signal);
    if (signal.aborted) throw nothingSaved();
    if (options.profile) await showProfile(model, { batchSize, file: options.profile }, terminal);
    const display = trainingProgress(terminal, { epochs: options.epochs, images: parts.train.count });
    await writeSettings(folder.path, begun);
    sayWhereItGoesOn(earlier && (await readCheckpoint(checkpointFolder(folder.path))), terminal);
    const callbacks = fileCallbacks(options, folder.path);
    const training = trainModel(model, parts, settings, display, signal, callbacks);
    // A compiler is waited for before the first step alone.
    const result = await compiling.unlessInterrupted(training, signal);
    if (!result || result.steps === 0) throw nothingSaved();
    const testing = () => compiling.unlessInterrupted(testModel(model, data.test, { signal }), signal);
    const test = result.stopped ? undefined : await testing();
    const record: RunRecord = {
      ...describeRun(name, options, { source, data, parts, model, backend }),
      interrupted: result.stopped,
      epochs: result.epochs,
      test: test ? { loss: test.loss, accuracy: test.accuracy } : null,
      confusion: test?.confusion ?? null,
      msPerStep: result.msPerStep,
      compileMs: model.compileMs,
      weightsSha256: await weightsSha256(model),
    };
    await saveRun(folder, model, record);
    saved = true;
    // What Ctrl-C has cut off may go on.
    if (test) await forgetCheckpoints(folder.path);
    if (test) report(record, data.test, folder.path, terminal);
    terminal.result(jsonResult(record, folder.path));
    if (signal.aborted) throw new InterruptedError(stoppedMessage(result, options, folder.path));
  } catch (error) {
    // Nothing is gained by going on from there.
    const hopeless = error instanceof CliError || (error instanceof InterruptedError && !saved);
    if (hopeless && !earlier) await forgetCheckpoints(folder.path);
    throw error;
  } finally {
    compiling.stop();
    if (!saved) await folder.abandon();
  }
}

function sayWhereItGoesOn(checkpoint: Checkpoint | undefined, terminal: Terminal): void {
  if (!checkpoint) return;
  const { epoch, batch, optimizer } = checkpoint;
  const where = batch === 0 ? `epoch ${epoch + 1}` : `epoch ${epoch + 1}, after ${count(batch)} of its steps`;
  terminal.say(`Going on in ${where}: ${count(optimizer.steps)} steps are done.`);
}

/** What a run is made of. */
type Ingredients = {
  readonly source: ModelSource;
  readonly data: LoadedDataset;
  readonly parts: { readonly train: Dataset; readonly validation: Dataset };
  readonly model: Model;
  readonly backend: Backend;
};

function sayWhatIsTrained(
  { source, data, parts, model, backend }: Ingredients,
  { seed }: TrainOptions,
  terminal: Terminal,
): void {
  terminal.say(terminal.paint.bold(data.source));
  terminal.say(
    `${count(parts.train.count)} images to train with, ${count(parts.validation.count)} to validate, ` +
      `${count(data.test.count)} to test`,
  );
  terminal.say(
    `${source.name}: ${count(model.countParams())} parameters, on ${backend.name} with ` +
      `${backend.threads} thread${backend.threads === 1 ? '' : 's'}, seed ${seed}`,
  );
  terminal.say();
}

/** What is known of a run before it begins. */
function describeRun(
  name: DatasetName,
  { epochs, batch, optimizer, seed, limit }: TrainOptions,
  { source, data, parts, model, backend }: Ingredients,
) {
  return {
    format: 1,
    fathom: version(),
    finished: new Date().toISOString(),
    data: {
      name,
      source: data.source,
      classes: data.train.classes,
      training: parts.train.count,
      validation: parts.validation.count,
      test: data.test.count,
    },
    model: source.name,
    parameters: model.countParams(),
    options: {
      epochs,
      batch,
      lr: learningRateOf(model),
      optimizer,
      seed,
      backend: (backend.substitute ?? backend).name,
      threads: backend.threads,
      limit: limit ?? null,
    },
  } as const;
}

/** Room for the weights, and for two checkpoints and the one that is being written: weights and slots. */
function runBytes(model: Model): number {
  const slots = model.optimizer?.slots.length ?? 0;
  const copies = 1 + CHECKPOINTS_AT_ONCE * (1 + slots);
  return copies * model.countParams() * BYTES_PER_PARAMETER + RECORD_BYTES;
}

const CHECKPOINTS_AT_ONCE = 3;
/** Weights are float32. */
const BYTES_PER_PARAMETER = 4;
/** Room for the record with its history, and for what the file system adds. */
const RECORD_BYTES = 64 << 10;

function threadsOf({ threads }: { readonly threads?: number }): { threads?: number } {
  return threads === undefined ? {} : { threads };
}

/** The model's configuration. @throws CliError when the model holds what cannot be saved */
function checkSavable(model: Model, name: string): string {
  try {
    return JSON.stringify(model.toConfig());
  } catch (error) {
    throw new CliError(`${name}: ${error instanceof Error ? error.message : error}`, { cause: error });
  }
}

function learningRateOf(model: Model): number {
  const rate = model.optimizer?.learningRate;
  return typeof rate === 'number' ? rate : Number.NaN;
}

/** runs/lenet5-mnist-20260131-142530, in local time. */
function defaultOut(source: ModelSource, data: DatasetName): string {
  const now = new Date();
  const two = (value: number) => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  const time = `${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
  return join('runs', `${source.shortName}-${data}-${day}-${time}`);
}

async function saveRun(folder: RunFolder, model: Model, record: RunRecord): Promise<void> {
  await folder.save(async (stage) => {
    await saveModel(model, stage);
    await writeFileAtomic(join(stage, 'run.json'), `${JSON.stringify(record, null, 2)}\n`);
  });
}

function report(record: RunRecord, test: Dataset, out: string, terminal: Terminal): void {
  const { paint } = terminal;
  const { test: result, confusion, msPerStep, compileMs } = record;
  terminal.say();
  terminal.say(
    paint.bold(`Test accuracy ${percent(result!.accuracy)}`) +
      ` (loss ${result!.loss.toFixed(4)}, ${count(test.count)} images never trained on)`,
  );
  terminal.say();
  terminal.say('Confusion matrix: each row is what the image shows, each column what the model says.');
  for (const line of formatConfusionMatrix(confusion!, test.classes, paint)) terminal.say(line);
  const mistakes = topMistakes(confusion!, test.classes, 3);
  if (mistakes.length > 0) terminal.say(`Most often ${mistakes.join('; ')}.`);
  terminal.say();
  terminal.say(
    `A training step took ${duration(msPerStep)} (median); compiling took ${duration(compileMs)}.`,
  );
  terminal.say(`Saved in ${paint.bold(out)}`);
  terminal.say();
  terminal.say('What to try next:');
  for (const line of nextSteps(record, out)) terminal.say(`  ${line}`);
}

function nextSteps({ data, model }: RunRecord, out: string): string[] {
  const other = data.name === 'fashion-mnist' ? 'mnist' : 'fashion-mnist';
  const bigger = model === 'cnn' ? 'mlp' : 'cnn';
  const run = quoted(out);
  const steps: [string, string][] = [
    [`npx fathom summary ${run}`, 'layers, shapes and parameters'],
    ...(data.name === 'fashion-mnist'
      ? []
      : ([[`npx fathom predict ${run} photo.jpg`, 'which digit is on a picture of yours?']] as [
          string,
          string,
        ][])),
    [
      `npx fathom eval ${run} ${data.name === 'digits' ? 'mnist' : 'digits'}`,
      'how well does it do on other digits?',
    ],
    [`npx fathom train ${data.name} --model ${bigger}`, 'another network'],
    [`npx fathom train ${other}`, 'another data set'],
    [`npx fathom data preview ${data.name}`, 'look at the images'],
  ];
  const width = Math.max(...steps.map(([command]) => command.length));
  return steps.map(([command, what]) => `${command.padEnd(width)}   ${what}`);
}

/** As a shell takes it for one word. */
function quoted(path: string): string {
  return /\s/.test(path) ? JSON.stringify(path) : path;
}

/** What `--json` prints: the shape that scripts rely on. */
function jsonResult(record: RunRecord, out: string) {
  return {
    data: record.data.name,
    model: record.model,
    backend: record.options.backend,
    threads: record.options.threads,
    seed: record.options.seed,
    epochs: record.epochs,
    test: record.test,
    parameters: record.parameters,
    msPerStep: record.msPerStep,
    compileMs: record.compileMs,
    weightsSha256: record.weightsSha256,
    out,
  };
}

function nothingSaved(): InterruptedError {
  return new InterruptedError('Stopped before training began: nothing was saved.');
}

function stoppedMessage({ stopped }: TrainingResult, { epochs }: TrainOptions, out: string): string {
  const where = stopped
    ? `in epoch ${stopped.epoch} of ${epochs}, after ${count(stopped.steps)} of its steps`
    : 'during the test';
  return `Stopped ${where}. The run so far is saved in ${out}\nGo on with it: fathom train --resume ${quoted(out)}`;
}
