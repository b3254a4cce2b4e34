import { access, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Command } from 'commander';
import {
  type ColumnStatistics,
  columnsOfInputs,
  csvSample,
  inspect as look,
  type Model,
  selectBackend,
  standardizeRow,
} from 'fathom';
import { loadModel, writeFileAtomic } from 'fathom/node';
import { CliError, UsageError } from '../errors.ts';
import { readDigitImage, readPicture } from '../images/index.ts';
import { BACKENDS, type BackendOption, parseBackend, parseThreads, wholeNumber } from '../options.ts';
import { showCompiling } from '../output/compiling.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import type { RunRecord } from '../runs/record.ts';
import { readRun } from '../runs/savedRun.ts';
import { suggest } from '../suggest.ts';
import { JSON_HELP } from './data.ts';

type InspectOptions = {
  readonly out: string;
  readonly class?: string;
  readonly output?: string;
  readonly target?: readonly number[];
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
    .argument('<run>', 'a folder that `fathom train`, the lab or saveModel has saved')
    .argument(
      '<image...>',
      'a PNG, JPEG, WebP, GIF or TIFF file; for networks on numbers or words a CSV file; one for each input',
    )
    .option('--out <file>', 'where to write the page', 'inspect.html')
    .option('--class <name>', 'the class whose evidence is shown (default: the one that is predicted)')
    .option(
      '--output <name>',
      'the output to explain, of several: its layer or its number (default: the first)',
    )
    .option(
      '--target <numbers>',
      'what an output of numbers should have given, as 1,2.5: for its loss and gradients',
      parseNumbers,
    )
    .option('--row <n>', 'which row of CSV files, counted from 0', wholeNumber('--row', 0), 0)
    .option('--backend <name>', BACKENDS.join(', '), parseBackend, 'auto')
    .option('--threads <n>', 'threads to compute with (default: one for each core)', parseThreads)
    .option('--json', JSON_HELP)
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, files: string[], options: InspectOptions) => {
      await inspect(folder, files, options, processTerminal(options));
    });
}

const EXAMPLES = `
The page is one file and needs no network: prediction, saliency, every layer's feature maps and kernels, and in each
layer one number written out, term by term; and, if the class shown is right, the loss that the run was trained with and
its gradients. Pictures are brought to the size and the colours that the network takes.

Examples:
  fathom inspect runs/lenet5-mnist seven.png --out seven.html
  fathom inspect runs/lenet5-mnist seven.png --class 1        why it might be a 1
  fathom inspect runs/flowers flowers.csv --row 12            a row of numbers, in the columns of the network
  fathom inspect runs/two photo.png facts.csv --output kind   two inputs, and one of several outputs`;

async function inspect(
  folder: string,
  files: readonly string[],
  { out, class: wanted, output: wantedOutput, target, row, backend: backendName, threads }: InspectOptions,
  terminal: Terminal,
): Promise<void> {
  const backend = await selectBackend(backendName, threads === undefined ? {} : { threads });
  showCompiling(backend, terminal);
  const { model, record } = await readRunOrModel(folder);
  const output = outputNamed(wantedOutput, model);
  const classes = record?.data.classes ?? [];
  const classIndex =
    wanted === undefined ? undefined : classNamed(wanted, namesOf(model.network.outputs[output]!, classes));
  const { samples, notes, written } = await samplesFrom(files, row, model, record);
  const html = await look.pageHtml(model, samples.length === 1 ? samples[0]! : samples, {
    title: `${files.map((file) => basename(file)).join(' and ')}, as ${record?.model ?? model.name} sees it`,
    subtitle: `${[`Run ${folder}${record ? `, trained on ${record.data.name}` : ''}`, ...notes].join('; ')}.`,
    classes,
    classIndex,
    output,
    target,
    written,
    backend,
  });
  await writeFileAtomic(out, html);
  terminal.say(`Wrote ${out} (${Math.round(Buffer.byteLength(html) / 1024)} KB). Open it in a browser.`);
  terminal.result({ run: folder, files, out, bytes: Buffer.byteLength(html) });
}

/** A run, or a model that was saved without the record of one. */
async function readRunOrModel(folder: string): Promise<{ model: Model; record: RunRecord | undefined }> {
  try {
    await access(join(folder, 'model.json'));
  } catch {
    return readRun(folder);
  }
  try {
    await access(join(folder, 'run.json'));
  } catch {
    return { model: await loadModel(folder), record: undefined };
  }
  return readRun(folder);
}

function parseNumbers(text: string): readonly number[] {
  const numbers = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (numbers.every(Number.isFinite)) return numbers;
  throw new UsageError(`--target: expected numbers with commas between them, as 1,2.5; received '${text}'.`);
}

function outputNamed(wanted: string | undefined, model: Model): number {
  if (wanted === undefined) return 0;
  const { outputs } = look.describeNetwork(model);
  const found = outputs.indexOf(wanted);
  if (found >= 0) return found;
  if (/^\d+$/.test(wanted) && Number(wanted) < outputs.length) return Number(wanted);
  const meant = suggest(wanted, outputs);
  throw new UsageError(
    `--output: expected one of ${outputs.join(', ')}, or a number 0…${outputs.length - 1}; received '${wanted}'.${meant === undefined ? '' : ` Did you mean '${meant}'?`}`,
  );
}

/** What the numbers of an output stand for. */
function namesOf(
  { shape }: { readonly shape: readonly number[] },
  classes: readonly string[],
): readonly string[] {
  const width = shape.at(-1) ?? 1;
  if (width === 1) return classes.length === 2 ? classes : ['no', 'yes'];
  return classes.length === width ? classes : Array.from({ length: width }, (_, i) => String(i));
}

/** The files as the inputs of the network take them, in their order. */
async function samplesFrom(
  files: readonly string[],
  row: number,
  model: Model,
  record: RunRecord | undefined,
): Promise<{ samples: Sample[]; notes: string[]; written: (look.WrittenRow | undefined)[] }> {
  const { inputs } = model.network;
  if (files.length !== inputs.length) {
    const { inputs: names } = look.describeNetwork(model);
    const each = inputs.map(({ shape }, i) => `${names[i]} [${shape.join(', ')}]`).join(', ');
    throw new UsageError(
      `expected ${inputs.length} file${inputs.length === 1 ? '' : 's'}, for ${each}; received ${files.length}.`,
    );
  }
  const takers = inputs.map(({ shape, dtype }, i) => ({ name: model.inputNames[i]!, shape, dtype }));
  const columns = columnsOfInputs(record?.data.columns, takers);
  const found = await Promise.all(files.map((file, i) => sampleFrom(file, row, inputs[i]!, columns[i])));
  return {
    samples: found.map(({ values }) => values),
    notes: found.flatMap(({ note }) => note ?? []),
    written: found.map(({ written }) => written),
  };
}

/** A file as an input takes it: a digit cut out as MNIST's are, another picture, or numbers. */
async function sampleFrom(
  file: string,
  row: number,
  { shape, dtype }: Model['network']['inputs'][number],
  known: readonly ColumnStatistics[] | undefined,
): Promise<{ values: Sample; note?: string; written?: look.WrittenRow }> {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const shaped = (data: Sample['data']): Sample => ({ data, shape: [1, ...shape] });
  if (size === 28 * 28 && dtype === 'float32' && !isTable(file)) {
    const { pixels, inverted } = await readDigitImage(file);
    const values = shaped(pixels);
    return inverted ? { values, note: `${basename(file)} is dark on light and was inverted` } : { values };
  }
  if (shape.length === 3 && (shape[2] === 1 || shape[2] === 3) && !isTable(file)) {
    return { values: shaped(await readPicture(file, shape)) };
  }
  const names = known?.map(({ name }) => name);
  const { values } = csvSample(await readTable(file), file, { size, row, columns: names });
  const note = `row ${row} of ${basename(file)}`;
  if (!known) {
    const isRow = shape.length === 1 && dtype === 'float32';
    const asIs =
      ', its numbers as they are written: nothing is known of how columns were scaled for training';
    return { values: shaped(values), note: isRow ? `${note}${asIs}` : note };
  }
  return {
    values: shaped(standardizeRow(values, known)),
    written: values.map((value, i) => ({ name: known[i]!.name, value })),
    note: `${note}, each column standardized as in training`,
  };
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

function classNamed(name: string, classes: readonly string[]): number {
  const found = classes.indexOf(name);
  if (found >= 0) return found;
  const meant = suggest(name, classes);
  throw new UsageError(
    `--class: expected one of ${classes.join(', ')}; received '${name}'.${meant === undefined ? '' : ` Did you mean '${meant}'?`}`,
  );
}
