import { basename } from 'node:path';
import type { Command } from 'commander';
import { inspect as look, selectBackend } from 'fathom';
import { writeFileAtomic } from 'fathom/node';
import { UsageError } from '../errors.ts';
import { readDigitImage } from '../images/index.ts';
import { BACKENDS, type BackendOption, parseBackend, parseThreads } from '../options.ts';
import { showCompiling } from '../output/compiling.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { checkSamples, loadRun } from '../runs/savedRun.ts';
import { suggest } from '../suggest.ts';
import { JSON_HELP } from './data.ts';

type InspectOptions = {
  readonly out: string;
  readonly class?: string;
  readonly backend: BackendOption;
  readonly threads?: number;
  readonly json?: boolean;
};

/** `fathom inspect`. */
export function addInspect(program: Command): void {
  program
    .command('inspect')
    .description('show what a saved run does with a picture, as a page to open in a browser')
    .argument('<run>', 'a folder that `fathom train` has saved')
    .argument('<image>', 'a PNG, JPEG, WebP, GIF or TIFF file of one digit')
    .option('--out <file>', 'where to write the page', 'inspect.html')
    .option('--class <name>', 'the class whose evidence is shown (default: the one that is predicted)')
    .option('--backend <name>', BACKENDS.join(', '), parseBackend, 'auto')
    .option('--threads <n>', 'threads to compute with (default: one for each core)', parseThreads)
    .option('--json', JSON_HELP)
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, file: string, options: InspectOptions) => {
      await inspect(folder, file, options, processTerminal(options));
    });
}

const EXAMPLES = `
The page is one file and needs no network: prediction, saliency, every layer's feature maps and kernels, and in each
layer with weights one number written out, term by term.

Examples:
  fathom inspect runs/lenet5-mnist seven.png --out seven.html
  fathom inspect runs/lenet5-mnist seven.png --class 1        why it might be a 1`;

async function inspect(
  folder: string,
  file: string,
  { out, class: wanted, backend: backendName, threads }: InspectOptions,
  terminal: Terminal,
): Promise<void> {
  const backend = await selectBackend(backendName, threads === undefined ? {} : { threads });
  showCompiling(backend, terminal);
  const run = await loadRun(folder, backend);
  const { classes, name: data } = run.record.data;
  checkSamples(run, { name: 'of pictures', shape: [28, 28, 1], classes });
  const classIndex = wanted === undefined ? undefined : classNamed(wanted, classes);
  const { pixels, inverted } = await readDigitImage(file);
  const html = await look.pageHtml(run.model, pixels, {
    title: `${basename(file)}, as ${run.record.model} sees it`,
    subtitle: `Run ${folder}, trained on ${data}${inverted ? '; the picture is dark on light and was inverted' : ''}.`,
    classes,
    classIndex,
    backend,
  });
  await writeFileAtomic(out, html);
  terminal.say(`Wrote ${out} (${Math.round(Buffer.byteLength(html) / 1024)} KB). Open it in a browser.`);
  terminal.result({ run: folder, file, out, bytes: Buffer.byteLength(html) });
}

function classNamed(name: string, classes: readonly string[]): number {
  const found = classes.indexOf(name);
  if (found >= 0) return found;
  const meant = suggest(name, classes);
  throw new UsageError(
    `--class: expected one of ${classes.join(', ')}; received '${name}'.${meant === undefined ? '' : ` Did you mean '${meant}'?`}`,
  );
}
