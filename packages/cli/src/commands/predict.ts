import type { Command } from 'commander';
import { DataError, selectBackend } from 'fathom';
import { CliError } from '../errors.ts';
import { readDigitImage } from '../images/index.ts';
import { BACKENDS, type BackendOption, parseBackend, parseThreads, wholeNumber } from '../options.ts';
import { showCompiling } from '../output/compiling.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { percent } from '../output/units.ts';
import { checkSamples, loadRun, type SavedRun } from '../runs/savedRun.ts';
import { endsInSoftmax } from '../training.ts';
import { JSON_HELP } from './data.ts';

type PredictOptions = {
  readonly top: number;
  readonly backend: BackendOption;
  readonly threads?: number;
  readonly json?: boolean;
};

/** `fathom predict`. */
export function addPredict(program: Command): void {
  program
    .command('predict')
    .description('say what pictures show, with a saved run')
    .argument('<run>', 'a folder that `fathom train` has saved')
    .argument('<image...>', 'PNG, JPEG, WebP, GIF or TIFF files of one digit each')
    .option('--top <n>', 'how many answers to show for each picture', wholeNumber('--top', 1), 3)
    .option('--backend <name>', BACKENDS.join(', '), parseBackend, 'auto')
    .option('--threads <n>', 'threads to compute with (default: one for each core)', parseThreads)
    .option('--json', JSON_HELP)
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, images: string[], options: PredictOptions) => {
      await predict(folder, images, options, processTerminal(options));
    });
}

const EXAMPLES = `
Pictures may have any size and any colours, dark on light or light on dark: they are scaled and centred as
the images of MNIST are.

Examples:
  fathom predict runs/lenet5-mnist photo.jpg
  fathom predict runs/lenet5-mnist digits/*.png --top 1`;

type Answer = {
  readonly file: string;
  /** The class that is most probable. */
  readonly class: string;
  readonly probability: number;
  /** In the order of the classes. */
  readonly probabilities: readonly number[];
  /** Whether the picture was dark on light, the other way round than MNIST. */
  readonly inverted: boolean;
};

async function predict(
  folder: string,
  files: readonly string[],
  { top, backend: backendName, threads }: PredictOptions,
  terminal: Terminal,
): Promise<void> {
  const backend = await selectBackend(backendName, threads === undefined ? {} : { threads });
  showCompiling(backend, terminal);
  const run = await loadRun(folder, backend);
  checkSamples(run, { name: 'of pictures', shape: [28, 28, 1], classes: run.record.data.classes });
  const answers: Answer[] = [];
  const failures: DataError[] = [];
  const width = Math.max(...files.map((file) => file.length));
  for (const file of files) {
    try {
      const answer = await answerFor(file, run);
      answers.push(answer);
      terminal.say(`${file.padEnd(width)}  ${describe(answer, run.record.data.classes, top, terminal)}`);
    } catch (error) {
      // One bad picture among many does not keep the others from being read.
      if (!(error instanceof DataError) || files.length === 1) throw error;
      failures.push(error);
      terminal.warn(`${terminal.paint.error('error:')} ${error.message}`);
    }
  }
  terminal.result({ run: folder, classes: run.record.data.classes, predictions: answers });
  if (failures.length > 0) {
    throw new CliError(`${failures.length} of ${files.length} pictures could not be used; see above.`);
  }
}

async function answerFor(file: string, { model, record }: SavedRun): Promise<Answer> {
  const { pixels, inverted } = await readDigitImage(file);
  const { data } = await model.predict(pixels, { batchSize: 1 });
  const probabilities = [...(endsInSoftmax(model) ? data : softmax(data))];
  const best = probabilities.indexOf(Math.max(...probabilities));
  return {
    file,
    class: record.data.classes[best]!,
    probability: probabilities[best]!,
    probabilities,
    inverted,
  };
}

function describe(answer: Answer, classes: readonly string[], top: number, { paint }: Terminal): string {
  const ranked = answer.probabilities
    .map((probability, i) => ({ probability, name: classes[i]! }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, top);
  const [best, ...others] = ranked.map(({ name, probability }) => `${name} (${percent(probability, 1)})`);
  const rest = others.length > 0 ? paint.dim(`  or ${others.join(', ')}`) : '';
  return `${paint.bold(best!)}${rest}${answer.inverted ? paint.dim('  [dark on light]') : ''}`;
}

/** exp(x) / Σ exp(x), shifted by the largest so that nothing overflows. */
function softmax(logits: Float32Array): Float32Array {
  const most = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - most));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}
