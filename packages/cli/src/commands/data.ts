import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { DatasetDescription } from 'fathom';
import type { DatasetName, LoadedDataset } from 'fathom/node';
import { loadWithProgress } from '../datasets.ts';
import { CliError } from '../errors.ts';
import { describeDataset, writePreviewSheet } from '../images/index.ts';
import { parseDataset, wholeNumber } from '../options.ts';
import { table } from '../output/table.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { byteSize, count } from '../output/units.ts';

/** `fathom data`: what there is to train on. */
export function addData(program: Command): void {
  const data = program
    .command('data')
    .description('fetch a data set, describe it, or draw a sheet of its images')
    .addHelpText('after', EXAMPLES);
  data
    .command('fetch')
    .description('download a data set into the cache, unless it is at hand')
    .argument('<data>', DATA_HELP, parseDataset)
    .option('--json', JSON_HELP)
    .addHelpText('after', '\nExample:\n  fathom data fetch mnist')
    .action((name: DatasetName, options: { json?: boolean }) => fetchData(name, processTerminal(options)));
  data
    .command('info')
    .description('numbers of images, classes and grey levels')
    .argument('<data>', DATA_HELP, parseDataset)
    .option('--seed <n>', 'which digits the data set digits draws', wholeNumber('--seed', 0), 0)
    .option('--json', JSON_HELP)
    .addHelpText('after', '\nExample:\n  fathom data info fashion-mnist')
    .action((name: DatasetName, options: { seed: number; json?: boolean }) =>
      dataInfo(name, options, processTerminal(options)),
    );
  data
    .command('preview')
    .description('write a PNG sheet of images with their labels')
    .argument('<data>', DATA_HELP, parseDataset)
    .option('--out <file>', 'where to write it (default: <data>.png)')
    .option('--rows <n>', 'images below each other', wholeNumber('--rows', 1, MOST_IMAGES), 10)
    .option('--columns <n>', 'images side by side', wholeNumber('--columns', 1, MOST_IMAGES), 10)
    .option('--test', 'show the test images instead of the training images')
    .option('--seed <n>', 'which digits the data set digits draws', wholeNumber('--seed', 0), 0)
    .option('--json', JSON_HELP)
    .addHelpText('after', '\nExample:\n  fathom data preview digits --rows 5 --columns 20 --out digits.png')
    .action((name: DatasetName, options: PreviewOptions) =>
      dataPreview(name, options, processTerminal(options)),
    );
}

export const DATA_HELP = 'mnist, fashion-mnist or digits';
export const JSON_HELP = 'print one JSON object to standard output, and all else to standard error';
const MOST_IMAGES = 100;

const EXAMPLES = `
Data sets:
  mnist          handwritten digits, 60,000 to train with and 10,000 to test
  fashion-mnist  articles of clothing, laid out alike
  digits         handwritten-looking digits, drawn on the spot: nothing to download

MNIST and Fashion-MNIST are looked for in $FATHOM_DATA/<data>, then in the cache, then downloaded.

Examples:
  fathom data fetch mnist
  fathom data info digits
  fathom data preview fashion-mnist --out fashion.png`;

type PreviewOptions = {
  out?: string;
  rows: number;
  columns: number;
  test?: boolean;
  seed: number;
  json?: boolean;
};

async function fetchData(name: DatasetName, terminal: Terminal): Promise<void> {
  if (name === 'digits') {
    terminal.say('digits is built in and drawn when it is needed: there is nothing to fetch.');
    terminal.result({ data: name, source: 'built in' });
    return;
  }
  const { train, test, source } = await loadWithProgress(name, {}, terminal);
  terminal.say(`${source}: ${count(train.count)} training and ${count(test.count)} test images.`);
  terminal.result({ data: name, source, train: train.count, test: test.count });
}

async function dataInfo(name: DatasetName, { seed }: { seed: number }, terminal: Terminal): Promise<void> {
  const { train, test, source } = await loadWithProgress(name, { seed }, terminal);
  const parts = { train: describeDataset(train), test: describeDataset(test) };
  terminal.say(terminal.paint.bold(source));
  terminal.say(`samples of shape [${train.shape.join(', ')}], ${train.classes.length} classes`);
  terminal.say();
  for (const line of statisticsTable(parts)) terminal.say(line);
  terminal.say();
  for (const line of classTable(parts)) terminal.say(line);
  terminal.result({ data: name, source, ...parts });
}

type Parts = { readonly train: DatasetDescription; readonly test: DatasetDescription };

function statisticsTable({ train, test }: Parts): string[] {
  const row = (name: string, part: DatasetDescription) => [
    name,
    count(part.count),
    byteSize(part.bytes),
    `${part.min} … ${part.max}`,
    part.mean.toFixed(2),
    part.std.toFixed(2),
  ];
  return table([
    ['', 'images', 'memory', 'grey levels', 'mean', 'deviation'],
    row('training', train),
    row('test', test),
  ]);
}

function classTable({ train, test }: Parts): string[] {
  return table([
    ['class', 'training', 'test'],
    ...train.classes.map((of, i) => [of.name, count(of.count), count(test.classes[i]!.count)]),
  ]);
}

async function dataPreview(name: DatasetName, options: PreviewOptions, terminal: Terminal): Promise<void> {
  const { rows, columns, test = false, seed } = options;
  const path = options.out ?? `${name}.png`;
  if (!/\.png$/i.test(path)) {
    throw new CliError(`--out ${path}: expected the name of a PNG file; received another. End it in .png.`);
  }
  // Drawing digits takes time; more than fit on the sheet are not needed.
  const most = rows * columns;
  const loaded: LoadedDataset = await loadWithProgress(
    name,
    { seed, limit: most, testLimit: most },
    terminal,
  );
  const sheet = await writePreviewSheet(path, test ? loaded.test : loaded.train, { rows, columns });
  terminal.say(
    `${path}: ${count(sheet.shown)} ${test ? 'test' : 'training'} images, ${sheet.width}×${sheet.height} pixels. Source: ${loaded.source}.`,
  );
  terminal.result({ data: name, source: loaded.source, out: resolve(path), ...sheet });
}
