import type { Command } from 'commander';
import { selectBackend } from 'fathom';
import type { DatasetName } from 'fathom/node';
import { loadWithProgress } from '../datasets.ts';
import {
  BACKENDS,
  type BackendOption,
  parseBackend,
  parseDataset,
  parseThreads,
  wholeNumber,
} from '../options.ts';
import { showCompiling } from '../output/compiling.ts';
import { formatConfusionMatrix, topMistakes } from '../output/confusion.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { count, duration, percent } from '../output/units.ts';
import { checkSamples, loadRun } from '../runs/savedRun.ts';
import { testModel } from '../training.ts';
import { DATA_HELP, JSON_HELP } from './data.ts';

type EvalOptions = {
  readonly backend: BackendOption;
  readonly threads?: number;
  readonly limit?: number;
  readonly json?: boolean;
};

/** `fathom eval`. */
export function addEval(program: Command): void {
  program
    .command('eval')
    .description('test a saved run on the test images of a data set')
    .argument('<run>', 'a folder that `fathom train` has saved')
    .argument('<data>', DATA_HELP, parseDataset)
    .option('--backend <name>', BACKENDS.join(', '), parseBackend, 'auto')
    .option('--threads <n>', 'threads to compute with (default: one for each core)', parseThreads)
    .option('--limit <n>', 'use at most n test images', wholeNumber('--limit', 1))
    .option('--json', JSON_HELP)
    .addHelpText('after', '\nExample:\n  fathom eval runs/lenet5-digits mnist')
    .action(async (folder: string, data: DatasetName, options: EvalOptions) => {
      await evaluateRun(folder, data, options, processTerminal(options));
    });
}

async function evaluateRun(
  folder: string,
  name: DatasetName,
  { backend: backendName, threads, limit }: EvalOptions,
  terminal: Terminal,
): Promise<void> {
  const backend = await selectBackend(backendName, threads === undefined ? {} : { threads });
  showCompiling(backend, terminal);
  const run = await loadRun(folder, backend);
  // Of the training part one image is enough: it is not looked at.
  const { test, source } = await loadWithProgress(name, { limit: 1, testLimit: limit }, terminal);
  checkSamples(run, { ...test, name });
  const start = performance.now();
  const result = (await testModel(run.model, test))!;
  const elapsed = performance.now() - start;
  const { paint } = terminal;
  terminal.say(`${run.record.model}, trained on ${run.record.data.name}; tested on ${source}`);
  terminal.say();
  terminal.say(
    paint.bold(`Test accuracy ${percent(result.accuracy)}`) +
      ` (loss ${result.loss.toFixed(4)}, ${count(test.count)} images in ${duration(elapsed)})`,
  );
  terminal.say();
  terminal.say('Confusion matrix: each row is what the image shows, each column what the model says.');
  for (const line of formatConfusionMatrix(result.confusion, test.classes, paint)) terminal.say(line);
  const mistakes = topMistakes(result.confusion, test.classes, 3);
  if (mistakes.length > 0) terminal.say(`Most often ${mistakes.join('; ')}.`);
  terminal.result({
    run: folder,
    data: name,
    backend: backend.name,
    threads: backend.threads,
    samples: test.count,
    test: { loss: result.loss, accuracy: result.accuracy },
    confusion: result.confusion,
  });
}
