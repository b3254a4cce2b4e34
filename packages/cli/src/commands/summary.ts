import type { Command } from 'commander';
import type { Model } from 'fathom';
import { unknownName } from '../errors.ts';
import { findModel, MODEL_NAMES } from '../models.ts';
import { table } from '../output/table.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { count, percent } from '../output/units.ts';
import type { RunRecord } from '../runs/record.ts';
import { isFolder } from '../runs/runFolder.ts';
import { readRun } from '../runs/savedRun.ts';
import { JSON_HELP } from './data.ts';

/** `fathom summary`. */
export function addSummary(program: Command): void {
  program
    .command('summary')
    .description('layers, shapes and parameters of a model, and how a run went')
    .argument(
      '<run|model>',
      `a folder that \`fathom train\` has saved; ${MODEL_NAMES.join(', ')}; or a FILE.ts`,
    )
    .option('--json', JSON_HELP)
    .addHelpText('after', EXAMPLES)
    .action(async (name: string, options: { json?: boolean }) => summary(name, processTerminal(options)));
}

const EXAMPLES = `
Examples:
  fathom summary lenet5
  fathom summary runs/lenet5-mnist
  fathom summary my-model.ts`;

/** What the built-in data sets have. */
const DIGITS = { inputShape: [28, 28, 1], classes: 10, seed: 0 };

async function summary(name: string, terminal: Terminal): Promise<void> {
  if (looksLikeModel(name) && !(await isFolder(name))) {
    const source = await findModel(name);
    const model = await source.create(DIGITS);
    terminal.say(model.summary());
    terminal.result({ model: source.name, ...describe(model) });
    return;
  }
  // A bare word that is neither a model nor a folder is more likely a slip than a path.
  if (!/[\\/.]/.test(name) && !(await isFolder(name))) {
    throw unknownName('model or run', name, MODEL_NAMES, ', FILE.ts, or the folder of a run');
  }
  const { model, record } = await readRun(name);
  terminal.say(model.summary());
  terminal.say();
  for (const line of describeRun(record)) terminal.say(line);
  terminal.result({ model: record.model, ...describe(model), run: record });
}

function looksLikeModel(name: string): boolean {
  return MODEL_NAMES.includes(name) || /\.(m?ts|m?js)$/.test(name);
}

function describe(model: Model) {
  return {
    parameters: model.countParams(),
    inputShape: model.inputShape,
    outputShape: model.outputShape,
    layers: model.layers.map((layer) => ({
      ...layer.config(),
      outputShape: layer.outputShape,
      parameters: layer.weights.reduce((sum, { variable }) => sum + variable.size, 0),
    })),
  };
}

function describeRun(record: RunRecord): string[] {
  const { data, options, epochs, test, interrupted, finished } = record;
  const images = [data.training, data.validation, data.test].map(count);
  const rows = epochs.map((epoch, i) => [
    String(i + 1),
    epoch.loss.toFixed(4),
    percent(epoch.accuracy),
    epoch.valLoss.toFixed(4),
    percent(epoch.valAccuracy),
    `${epoch.seconds.toFixed(1)} s`,
  ]);
  return [
    `${record.model} on ${data.name}, ${finished.slice(0, 10)}: ${images[0]} images to train with, ` +
      `${images[1]} to validate, ${images[2]} to test`,
    `${options.optimizer}, learning rate ${options.lr}, batch ${options.batch}, seed ${options.seed}; ` +
      `${options.backend} with ${options.threads} thread${options.threads === 1 ? '' : 's'}`,
    '',
    ...table([['epoch', 'loss', 'accuracy', 'validation loss', 'accuracy', 'time'], ...rows]),
    '',
    interrupted
      ? `Interrupted in epoch ${interrupted.epoch}, after ${count(interrupted.steps)} of its steps: not tested.`
      : test
        ? `Test accuracy ${percent(test.accuracy)} (loss ${test.loss.toFixed(4)})`
        : 'Interrupted during the test: not tested.',
  ];
}
