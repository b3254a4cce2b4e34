import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { DataError, inspect as look, type Model, selectBackend } from 'fathom';
import { writeFileAtomic } from 'fathom/node';
import { CliError, UsageError } from '../errors.ts';
import { readDigitImage, readPicture } from '../images/index.ts';
import { BACKENDS, type BackendOption, parseBackend, parseThreads, wholeNumber } from '../options.ts';
import { showCompiling } from '../output/compiling.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { checkSamples, loadRun, type SavedRun } from '../runs/savedRun.ts';
import { suggest } from '../suggest.ts';
import { JSON_HELP } from './data.ts';

type InspectOptions = {
  readonly out: string;
  readonly class?: string;
  readonly row: number;
  readonly backend: BackendOption;
  readonly threads?: number;
  readonly json?: boolean;
};

/** `fathom inspect`. */
export function addInspect(program: Command): void {
  program
    .command('inspect')
    .description(
      'show what a saved run does with a picture or a row of numbers, as a page to open in a browser',
    )
    .argument('<run>', 'a folder that `fathom train` has saved')
    .argument('<image>', 'a PNG, JPEG, WebP, GIF or TIFF file; for networks on numbers or words a CSV file')
    .option('--out <file>', 'where to write the page', 'inspect.html')
    .option('--class <name>', 'the class whose evidence is shown (default: the one that is predicted)')
    .option('--row <n>', 'which row of a CSV file, counted from 0', wholeNumber('--row', 0), 0)
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
layer one number written out, term by term. Pictures are brought to the size and the colours that the network takes.

Examples:
  fathom inspect runs/lenet5-mnist seven.png --out seven.html
  fathom inspect runs/lenet5-mnist seven.png --class 1        why it might be a 1
  fathom inspect runs/flowers flowers.csv --row 12            a row of numbers, in the columns of the network`;

async function inspect(
  folder: string,
  file: string,
  { out, class: wanted, row, backend: backendName, threads }: InspectOptions,
  terminal: Terminal,
): Promise<void> {
  const backend = await selectBackend(backendName, threads === undefined ? {} : { threads });
  showCompiling(backend, terminal);
  const run = await loadRun(folder, backend);
  const { classes, name: data } = run.record.data;
  const classIndex = wanted === undefined ? undefined : classNamed(wanted, classes);
  const { values, note } = await sampleFrom(file, row, run);
  const html = await look.pageHtml(run.model, values, {
    title: `${basename(file)}, as ${run.record.model} sees it`,
    subtitle: `Run ${folder}, trained on ${data}${note}.`,
    classes,
    classIndex,
    backend,
  });
  await writeFileAtomic(out, html);
  terminal.say(`Wrote ${out} (${Math.round(Buffer.byteLength(html) / 1024)} KB). Open it in a browser.`);
  terminal.result({ run: folder, file, out, bytes: Buffer.byteLength(html) });
}

/** A file as the network takes it: a digit cut out as MNIST's are, another picture, or numbers. */
async function sampleFrom(
  file: string,
  row: number,
  run: SavedRun,
): Promise<{ values: Sample; note: string }> {
  const { model, record } = run;
  const { inputs } = model.network;
  if (inputs.length !== 1) {
    throw new CliError(
      `the run takes ${inputs.length} inputs, and one file holds one of them. In TypeScript, inspect.pageHtml takes several.`,
    );
  }
  const { shape, dtype } = inputs[0]!;
  const size = shape.reduce((product, extent) => product * extent, 1);
  const shaped = (data: Sample['data']): Sample => ({ data, shape: [1, ...shape] });
  if (size === 28 * 28 && dtype === 'float32' && !isTable(file)) {
    checkSamples(run, { name: 'of pictures', shape: [28, 28, 1], classes: record.data.classes });
    const { pixels, inverted } = await readDigitImage(file);
    return {
      values: shaped(pixels),
      note: inverted ? '; the picture is dark on light and was inverted' : '',
    };
  }
  if (shape.length === 3 && (shape[2] === 1 || shape[2] === 3)) {
    return { values: shaped(await readPicture(file, shape)), note: '' };
  }
  return { values: shaped(numbersIn(await readTable(file), size, row, file, model)), note: `; row ${row}` };
}

type Sample = { readonly data: Float32Array | readonly number[]; readonly shape: readonly number[] };

const isTable = (file: string) => /\.(csv|tsv|txt)$/i.test(file);

async function readTable(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CliError(`cannot read ${file}: ${(error as Error).message}. Check the path.`);
  }
}

/** The numbers of a row; columns that hold none, as those of labels, are left out. */
function numbersIn(text: string, size: number, row: number, where: string, { name }: Model): number[] {
  const rows = text
    .split(/\r?\n/)
    .map((line) =>
      line
        .split(/[,;\t]/)
        .filter((cell) => cell.trim() !== '')
        .map(Number)
        .filter(Number.isFinite),
    )
    .filter((line) => line.length > 0);
  const whole = rows.flat();
  const found = rows[row];
  if (found && found.length >= size) return found.slice(0, size);
  if (whole.length === size && row === 0) return whole;
  throw new DataError({
    what: 'this is no sample for the network',
    where: `${where}, row ${row}`,
    expected: `${size} numbers, as ${name} takes`,
    received: found ? `${found.length}` : `${rows.length} rows`,
    fix: 'Name a CSV file with the columns that the network was trained on, and one of its rows with --row.',
  });
}

function classNamed(name: string, classes: readonly string[]): number {
  const found = classes.indexOf(name);
  if (found >= 0) return found;
  const meant = suggest(name, classes);
  throw new UsageError(
    `--class: expected one of ${classes.join(', ')}; received '${name}'.${meant === undefined ? '' : ` Did you mean '${meant}'?`}`,
  );
}
