import type { DataInput } from '../../train/options.ts';
import { type Activations, activations, type LayerActivation } from '../activations.ts';
import { type Answer, answers } from '../answers.ts';
import { describeNetwork } from '../describeNetwork.ts';
import { explainCell } from '../explainCell.ts';
import { gradCam } from '../gradCam.ts';
import { gradCamPlaces } from '../gradCamPlaces.ts';
import { type Inspectable, nodesOf } from '../nodes.ts';
import { featureMaps, filters, inputPicture, type Picture, picture } from '../pictures.ts';
import { saliency } from '../saliency.ts';
import type { InspectOptions } from '../session.ts';
import { placeAt, wiringOf } from '../wiring.ts';
import { dotProductHtml } from './dotProduct.ts';
import { lossHtml } from './loss.ts';
import { image, mapsHtml } from './maps.ts';
import { networkSvg, networkTable } from './overview.ts';
import { STYLE } from './style.ts';
import { escaped, extents, number, table } from './text.ts';

export interface PageOptions extends InspectOptions {
  /** Default the name of the model. */
  readonly title?: string | undefined;
  /** What is said below the title: which run, which picture. */
  readonly subtitle?: string | undefined;
  /** Names of the classes, where the model tells classes apart. */
  readonly classes?: readonly string[] | undefined;
  /** The class that is explained. Default the one that is predicted. */
  readonly classIndex?: number | undefined;
  /** Which output of the model is explained, of several. Default 0. */
  readonly output?: number | undefined;
  /**
   * What an output of numbers should have given, one for each of them: then the page has its loss and gradients, which
   * an output of classes has for the class that is explained.
   */
  readonly target?: readonly number[] | undefined;
  /**
   * For each input that takes the row of a table: the columns, and the row as it was written before it was standardized,
   * beside which the page shows what goes in; undefined for other inputs.
   */
  readonly written?: readonly (WrittenRow | undefined)[] | undefined;
}

/** The numbers of a row as they stand in a table. */
export type WrittenRow = readonly { readonly name: string; readonly value: number }[];

/**
 * What a network does with one sample, as one page of HTML that needs nothing else: the prediction, what it looks at,
 * the network, every layer's feature maps, its kernels, and in each layer with weights the strongest number written
 * out. It opens without a network, in light and dark, and says its pictures in words.
 *
 * Of several outputs one is explained, and what the others give stands beside it. Gradients are those of the loss that
 * the model was compiled with.
 *
 * @param x one sample, of a model with several inputs an array for each
 * @throws DataError on data of another shape; RangeError on an output or a class that does not exist
 * @example
 * const html = await inspect.pageHtml(lenet5({ seed: 0 }), image, { title: 'LeNet-5' });
 * html.startsWith('<!doctype html>'); // true
 */
export async function pageHtml(model: Inspectable, x: DataInput, options: PageOptions = {}): Promise<string> {
  const { title = model.name, subtitle = '' } = options;
  const all = await activations(model, x, options);
  const description = describeNetwork(model);
  const sections = [
    await answer(model, x, all, options),
    await lossSection(model, x, all, options),
    section(
      'Network',
      `<div class="scroll${nodesOf(model).nodes.length <= MOST_FITTED ? ' fit' : ''}" tabindex="0" role="region" aria-label="Drawing of the network">${networkSvg(description)}</div>${networkTable(description)}`,
    ),
  ];
  for (const node of nodesOf(model).nodes) {
    if (!node.isInput) sections.push(await layerSection(model, all, node.index, options));
  }
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escaped(title)}</h1>${subtitle ? `<p>${escaped(subtitle)}</p>` : ''}</header>
<main>
${sections.filter((text) => text !== '').join('\n')}
</main>
</body>
</html>
`;
}

/** What goes in, what comes out, and what the network looks at. */
async function answer(
  model: Inspectable,
  x: DataInput,
  all: Activations,
  options: PageOptions,
): Promise<string> {
  const every = answers(model, all, options.classes);
  const { output = 0 } = options;
  const own = every[output];
  if (!own) {
    throw new RangeError(`pageHtml: expected an output 0…${every.length - 1}; received ${output}.`);
  }
  const { classes, probabilities } = own;
  const predicted = probabilities.indexOf(Math.max(...probabilities));
  const isSeveral = every.length > 1;
  const others = isSeveral ? resultTable('What all outputs give', every) : '';
  const looked = lookedAt(own, output, predicted, options.classIndex);
  const figures = await inputFigures(model, x, all, looked, options);
  const inputs = inputTables(all, options.written);
  if (predicted < 0) {
    const answers = others || resultTable('What the network gives', every);
    const heading = isSeveral ? `Input and result of ${escaped(own.layer)}` : 'Input and result';
    return section(heading, `<div class="figures">${figures}${inputs}${answers}</div>`);
  }
  const ranked = [...probabilities.keys()]
    .sort((a, b) => probabilities[b]! - probabilities[a]!)
    .slice(0, MOST_CLASSES);
  const rows = ranked.map((at) => [
    escaped(classes[at]!),
    `${(100 * probabilities[at]!).toFixed(1)} %`,
    `<meter min="0" max="1" value="${probabilities[at]!.toFixed(4)}" aria-label="${escaped(classes[at]!)}">${number(probabilities[at]!)}</meter>`,
  ]);
  const says = isSeveral ? `What ${own.layer} says` : 'What the network says';
  const bars = table(says, ['Class', 'Probability', 'Bar'], rows, 'bars');
  return section(
    `Prediction${isSeveral ? ` of ${escaped(own.layer)}` : ''}: ${escaped(classes[predicted]!)} (${(100 * probabilities[predicted]!).toFixed(1)} %)`,
    `<div class="figures">${figures}${inputs}${bars}${others}</div>`,
  );
}

/** The class of an output whose evidence is shown; undefined for numbers. */
interface Looked {
  readonly output: number;
  /** Which number of the output. */
  readonly classIndex: number;
  readonly name: string;
  /** What speaks against that number speaks for the class. */
  readonly against: boolean;
}

function lookedAt(
  { layer, classes, values, probabilities }: Answer,
  output: number,
  predicted: number,
  wanted: number | undefined,
): Looked | undefined {
  if (probabilities.length === 0) {
    if (wanted === undefined) return undefined;
    throw new RangeError(
      `pageHtml: expected no class, since ${layer} gives numbers; received ${wanted}. Leave classIndex out.`,
    );
  }
  const chosen = wanted ?? predicted;
  if (values.length > 1) {
    return { output, classIndex: chosen, name: classes[chosen] ?? String(chosen), against: false };
  }
  // One number of sigmoid has a score for yes, and what speaks against it speaks for no.
  if (chosen === 0 || chosen === 1)
    return { output, classIndex: 0, name: classes[chosen]!, against: chosen === 0 };
  throw new RangeError(`pageHtml: expected class 0 or 1 of ${layer}; received ${chosen}.`);
}

/** The inputs that are pictures, and what in them speaks for a class. */
async function inputFigures(
  model: Inspectable,
  x: DataInput,
  all: Activations,
  looked: Looked | undefined,
  options: InspectOptions,
): Promise<string> {
  const { inputs } = model.network;
  const figures: string[] = [];
  const pictures: number[] = [];
  const figure = (shown: Picture, label: string, text: string) =>
    figures.push(`<figure>${image(shown, label, PICTURE_WIDTH)}<figcaption>${text}</figcaption></figure>`);
  for (const [i, { dtype }] of inputs.entries()) {
    const input = inputPicture(all, i);
    if (!input) continue;
    const which = inputs.length > 1 ? ` of ${all.layers[i]!.id}` : '';
    const got = inputs.length > 1 ? `${escaped(all.layers[i]!.id)}, as` : 'As';
    pictures.push(i);
    figure(input, `the picture${which} as the network gets it`, `${got} the network gets it`);
    if (!looked || dtype !== 'float32') continue;
    const { classIndex, output, name } = looked;
    const map = await saliency(model, x, classIndex, { ...options, output, input: i, method: 'smoothGrad' });
    const [height, width] = map.shape as [number, number];
    figure(
      picture('saliency', height, width, map.magnitude, 'range'),
      `saliency${which} for ${name}`,
      `Saliency${escaped(which)} for ${escaped(name)}: bright pixels change its score most`,
    );
  }
  const problems: string[] = [];
  const places = looked ? await gradCamPlaces(model, looked.output) : [];
  for (const i of pictures) {
    const place = places[i];
    if (place?.problem) problems.push(place.problem);
    if (!looked || place?.layer === undefined) continue;
    const { classIndex, output, name, against } = looked;
    const cam = await gradCam(model, x, classIndex, { ...options, output, input: i, against });
    const which = inputs.length > 1 ? ` in ${cam.input}` : '';
    figure(
      picture('grad-CAM', cam.heatShape[0]!, cam.heatShape[1]!, cam.heat, 'unit'),
      `grad-CAM of ${cam.layer}${which} for ${name}`,
      `Grad-CAM: where${escaped(which)} ${escaped(cam.layer)} speaks for ${escaped(name)}`,
    );
  }
  if (!looked && pictures.length > 0) {
    problems.push(
      'There is no grad-CAM: it shows where something speaks for a class, and this output gives none.',
    );
  }
  const notes = problems.map((problem) => `<p class="note">${escaped(problem)}</p>`);
  return `${figures.join('')}${notes.join('')}`;
}

/** The loss, where it is known what is right: the class that is explained, or the numbers that were given. */
async function lossSection(
  model: Inspectable,
  x: DataInput,
  all: Activations,
  { classes, classIndex, output = 0, target, backend }: PageOptions,
): Promise<string> {
  const own = answers(model, all, classes)[output]!;
  const predicted = own.probabilities.indexOf(Math.max(...own.probabilities));
  const { layer, shape, values } = own;
  if (own.classes.length > 0 && target) {
    throw new RangeError(
      `pageHtml: expected no target, since ${layer} tells classes apart; received ${target.length} numbers. Say the class by classIndex.`,
    );
  }
  if (target && target.length !== values.length) {
    throw new RangeError(
      `pageHtml: expected a target of ${values.length} numbers, as ${layer} gives; received ${target.length}.`,
    );
  }
  if (!target && predicted < 0) return '';
  const right = classIndex ?? predicted;
  const wanted = target ? { data: target, shape: [1, ...shape] } : right;
  const text = target ? target.map(number).join(', ') : own.classes[right]!;
  const which = all.results.length > 1 ? ` of ${escaped(layer)}` : '';
  const body = await lossHtml(model, x, wanted, text, { backend, output });
  return section(`Loss${which}, and its gradients`, body);
}

/** What outputs give, as numbers. */
function resultTable(caption: string, every: readonly Answer[]): string {
  const rows = every.map(({ layer, result, values, classes, probabilities }) => {
    const best = probabilities.indexOf(Math.max(...probabilities));
    const says = best < 0 ? '' : `${classes[best]}, ${(100 * probabilities[best]!).toFixed(1)} %`;
    const shown = Array.from(values.slice(0, MOST_CLASSES), number).join(', ');
    const more = values.length > MOST_CLASSES ? ', …' : '';
    return [
      escaped(result === 0 ? layer : `${layer}, result ${result + 1}`),
      `${shown}${more}`,
      escaped(says),
    ];
  });
  const hasNames = rows.some(([, , says]) => says !== '');
  return table(
    caption,
    hasNames ? ['Output', 'Value', 'Says'] : ['Output', 'Value'],
    hasNames ? rows : rows.map((row) => row.slice(0, 2)),
    'bars',
  );
}

/** A row as it was written, and as it goes in. */
function writtenTable({ id, values }: LayerActivation, written: WrittenRow): string {
  if (written.length !== values.length) {
    throw new RangeError(
      `pageHtml: expected ${values.length} written numbers, as ${id} has; received ${written.length}.`,
    );
  }
  const lines = written.map(({ name, value }, i) => [
    escaped(name),
    String(value).replaceAll('-', '−'),
    number(values[i]!),
  ]);
  return table(`${id}: what goes in`, ['Column', 'As written', 'Standardized'], lines, 'numbers');
}

/** Inputs that are no pictures, as numbers. */
function inputTables({ layers }: Activations, written: PageOptions['written'] = []): string {
  return layers
    .filter(({ type }) => type === 'input')
    .map((layer, i) => {
      const own = written[i];
      if (own) return writtenTable(layer, own);
      const { id, shape, values } = layer;
      if (shape.length > 2 || shape[0]! * (shape[1] ?? 1) > MOST_LISTED) return '';
      const width = shape[1] ?? 1;
      const lines = Array.from({ length: shape[0] ?? 1 }, (_, i) => [
        String(i),
        ...Array.from(values.subarray(i * width, (i + 1) * width), number),
      ]);
      const head =
        width === 1 ? ['Place', 'Value'] : ['Step', ...Array.from({ length: width }, (_, i) => String(i))];
      return table(`${id}: what goes in`, head, lines, 'numbers');
    })
    .join('');
}

async function layerSection(
  model: Inspectable,
  all: Activations,
  index: number,
  options: InspectOptions,
): Promise<string> {
  const layer = all.layers[index]!;
  const node = nodesOf(model).nodes[index]!;
  const { min, max, mean } = layer.range;
  const parts = [
    `<p>${escaped(layer.type)}, ${extents(layer.shape)}; values from ${number(min)} to ${number(max)}, mean ${number(mean)}.</p>`,
  ];
  if (layer.shape.length <= 3) parts.push(mapsHtml(layer.id, featureMaps(layer)));
  const wiring = await wiringOf(node);
  if (wiring?.kind === 'sum' && wiring.kernel.shape.length === 4) {
    const kernels = await filters(model, index);
    parts.push(details('Kernels', mapsHtml(`${layer.id} kernels`, kernels)));
  }
  // What only lets numbers through need not be written out.
  if (wiring?.kind !== 'move') {
    const cell = await explainCell(model, all, index, placeAt(strongest(layer), layer.shape), options);
    const text = `The strongest number, written out: [${cell.place.join(', ')}] = ${number(cell.value)}`;
    parts.push(details(text, dotProductHtml(cell)));
  }
  return section(escaped(layer.id), parts.join('\n'));
}

/** Where the largest value stands; in a row of probabilities the one predicted. */
function strongest({ values, range }: LayerActivation): number {
  return Math.max(0, values.indexOf(range.max));
}

function section(heading: string, body: string): string {
  return `<section><h2>${heading}</h2>${body}</section>`;
}

function details(summary: string, body: string): string {
  return `<details><summary>${escaped(summary)}</summary>${body}</details>`;
}

const PICTURE_WIDTH = 168;
const MOST_CLASSES = 10;
/** Numbers of an input that are still listed. */
const MOST_LISTED = 400;
/** Layers whose drawing is made to fit the page; a longer one is scrolled. */
const MOST_FITTED = 10;
