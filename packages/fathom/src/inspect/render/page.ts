import type { DataInput } from '../../train/options.ts';
import { type Activations, activations, type LayerActivation } from '../activations.ts';
import { describeNetwork } from '../describeNetwork.ts';
import { explainCell } from '../explainCell.ts';
import { gradCam } from '../gradCam.ts';
import { type Inspectable, nodesOf } from '../nodes.ts';
import { endsInSoftmax } from '../objective.ts';
import { featureMaps, filters, inputPicture, type Picture, picture } from '../pictures.ts';
import { saliency } from '../saliency.ts';
import type { InspectOptions } from '../session.ts';
import { placeAt, wiringOf } from '../wiring.ts';
import { dotProductHtml } from './dotProduct.ts';
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
}

/**
 * What a network does with one sample, as one page of HTML that needs nothing else: the prediction, what it looks at,
 * the network, every layer's feature maps, its kernels, and in each layer with weights the strongest number written
 * out. It opens without a network, in light and dark, and says its pictures in words.
 *
 * @param x one sample
 * @throws DataError on data of another shape
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
${sections.join('\n')}
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
  const output = all.layers.find(({ id }) => id === all.outputs[0])!;
  const isClassifier = output.shape.length === 1 && output.values.length > 1;
  const probabilities = endsInSoftmax(model) ? output.values : softmax(output.values);
  const predicted = output.values.indexOf(output.range.max);
  const classIndex = options.classIndex ?? predicted;
  const name = (at: number) => options.classes?.[at] ?? String(at);
  const input = inputPicture(all);
  const figures: string[] = [];
  const figure = (shown: Picture, label: string, text: string) =>
    figures.push(`<figure>${image(shown, label, PICTURE_WIDTH)}<figcaption>${text}</figcaption></figure>`);
  if (input) figure(input, 'the picture as the network gets it', 'As the network gets it');
  if (input && isClassifier && model.network.inputs.length === 1) {
    const map = await saliency(model, x, classIndex, { ...options, method: 'smoothGrad' });
    const [height, width] = map.shape as [number, number];
    const shown = picture('saliency', height, width, map.magnitude, 'range');
    figure(
      shown,
      `saliency for ${name(classIndex)}`,
      `Saliency for ${escaped(name(classIndex))}: bright pixels change its score most`,
    );
    if (await hasConvolution(model)) {
      const cam = await gradCam(model, x, classIndex, options);
      const heat = picture('grad-CAM', cam.heatShape[0]!, cam.heatShape[1]!, cam.heat, 'unit');
      figure(
        heat,
        `grad-CAM of ${cam.layer} for ${name(classIndex)}`,
        `Grad-CAM: where ${escaped(cam.layer)} speaks for ${escaped(name(classIndex))}`,
      );
    }
  }
  const inputs = inputTables(all);
  if (!isClassifier) {
    const results = all.outputs.map((id) => all.layers.find((layer) => layer.id === id)!);
    const given = results.map(({ id, values }) => [
      escaped(id),
      Array.from(values.slice(0, MOST_CLASSES), number).join(', '),
    ]);
    const answers = table('What the network gives', ['Output', 'Value'], given, 'bars');
    return section('Input and result', `<div class="figures">${figures.join('')}${inputs}${answers}</div>`);
  }
  const ranked = [...probabilities.keys()]
    .sort((a, b) => probabilities[b]! - probabilities[a]!)
    .slice(0, MOST_CLASSES);
  const rows = ranked.map((at) => [
    escaped(name(at)),
    `${(100 * probabilities[at]!).toFixed(1)} %`,
    `<meter min="0" max="1" value="${probabilities[at]!.toFixed(4)}" aria-label="${escaped(name(at))}">${number(probabilities[at]!)}</meter>`,
  ]);
  const bars = table('What the network says', ['Class', 'Probability', 'Bar'], rows, 'bars');
  return section(
    `Prediction: ${escaped(name(predicted))} (${(100 * probabilities[predicted]!).toFixed(1)} %)`,
    `<div class="figures">${figures.join('')}${inputs}${bars}</div>`,
  );
}

/** Inputs that are no pictures, as numbers. */
function inputTables({ layers }: Activations): string {
  const rows = layers.filter(
    ({ type, shape }) => type === 'input' && shape.length < 3 && shape[0]! * (shape[1] ?? 1) <= MOST_LISTED,
  );
  return rows
    .map(({ id, shape, values }) => {
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

async function hasConvolution(model: Inspectable): Promise<boolean> {
  for (const node of nodesOf(model).nodes) {
    if ((await wiringOf(node))?.kind === 'sum' && node.shapes[0]!.length === 3) return true;
  }
  return false;
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

function softmax(z: Float32Array): Float32Array {
  const most = z.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = z.map((value) => Math.exp(value - most));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}
