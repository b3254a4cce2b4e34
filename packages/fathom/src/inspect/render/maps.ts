import type { Picture } from '../pictures.ts';
import { pngUrl } from './png.ts';
import { escaped, number } from './text.ts';

/**
 * Pictures side by side, as HTML: each with a text for those who cannot see it, and below them what black and white,
 * or blue and orange, stand for.
 *
 * @param most pictures that are shown; how many are left out is said
 * @example
 * const { layers } = await inspect.activations(lenet5(), image);
 * inspect.mapsHtml('conv2d', inspect.featureMaps(layers[1])).includes('channel 5'); // true
 */
export function mapsHtml(name: string, pictures: readonly Picture[], most = 64): string {
  const shown = pictures.slice(0, most);
  const items = shown.map((picture) => `<li>${image(picture, `${name}, ${picture.title}`)}</li>`);
  const left = pictures.length - shown.length;
  const rest = left > 0 ? ` ${left} more are not shown.` : '';
  return `<figure class="maps"><ul>${items.join('')}</ul><figcaption>${escaped(scaleText(pictures) + rest)}</figcaption></figure>`;
}

/** One picture as an image of a page. */
export function image(picture: Picture, label: string, width?: number): string {
  const { height, width: columns, low, high } = picture;
  // Cells stay square; a row of values is drawn as a strip.
  const shown =
    width ??
    (height === 1 ? Math.min(640, Math.max(160, 8 * columns)) : Math.max(56, Math.min(112, 4 * columns)));
  const tall = height === 1 ? 24 : Math.round((shown * height) / columns);
  const alt = `${label}: ${columns} by ${height}, values from ${number(low)} to ${number(high)}`;
  return `<img src="${pngUrl(picture)}" width="${shown}" height="${tall}" alt="${escaped(alt)}" title="${escaped(label)}">`;
}

/** What the ends of a scale stand for. */
export function scaleText(pictures: readonly Picture[]): string {
  const [first] = pictures;
  if (!first) return 'Nothing to show.';
  const [dark, light] = first.scaling === 'symmetric' ? ['Blue', 'orange'] : ['Black', 'white'];
  const middle = first.scaling === 'symmetric' ? ', white is 0' : '';
  const isOne = pictures.every(({ low, high }) => low === first.low && high === first.high);
  return isOne
    ? `${dark} is ${number(first.low)}, ${light} is ${number(first.high)}${middle}.`
    : `${dark} is the smallest, ${light} the largest value of each picture${middle}.`;
}
