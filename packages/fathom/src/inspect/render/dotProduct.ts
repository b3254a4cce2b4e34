import type { CellExplanation, CellPart, Term } from '../explain/cell.ts';
import { escaped, extents, number, table } from './text.ts';

/**
 * One number of a layer as an HTML table of its terms, with formula, bias, sum and activation below. Of many terms
 * the largest are listed and the others summed.
 *
 * @param most terms that are listed
 * @example
 * const cell = await inspect.explainCell(lenet5({ seed: 0 }), image, 'conv2d', [9, 9, 0]);
 * inspect.dotProductHtml(cell).includes('z = Σ x·w + b'); // true
 */
export function dotProductHtml(cell: CellExplanation, most = 25): string {
  const { terms, layer, place, formula } = cell;
  const isShort = terms.length <= most;
  const listed = isShort ? terms : terms.toSorted((a, b) => size(b) - size(a)).slice(0, most);
  const left = terms.filter((term) => !listed.includes(term));
  const rows = listed.map((term) => rowOf(term, hasProducts(cell)));
  const rest = left.reduce((sum, { product }) => sum + product, 0);
  const isSum = hasProducts(cell);
  const others =
    left.length === 0 ? [] : [[`${left.length} smaller terms`, ...(isSum ? ['', '', number(rest)] : [''])]];
  const caption = `${layer} at [${place.join(', ')}]: ${terms.length} ${terms.length === 1 ? 'term' : 'terms'}`;
  const head = isSum ? ['Input at', 'Value x', 'Weight w', 'x·w'] : ['Input at', 'Value x'];
  const body =
    terms.length > 0 ? table(caption, head, [...rows, ...others], 'numbers') : `<p>${escaped(caption)}</p>`;
  return `<div class="cell"><p class="formula">${escaped(formula)}</p>${partsTable(cell.parts)}${windowGrids(cell)}${body}${steps(cell)}</div>`;
}

/** Numbers on the way, each with the formula that it comes from. */
function partsTable(parts: readonly CellPart[]): string {
  if (parts.length === 0) return '';
  const rows = parts.map(({ name, formula, terms, sum, value, activation }) => [
    escaped(name),
    escaped(activation ? `${formula}; ${activation.name}(${number(sum)})` : formula),
    String(terms.length),
    number(value),
  ]);
  return table('Numbers on the way', ['Name', 'Formula', 'Terms', 'Value'], rows, 'numbers');
}

function rowOf({ place, value, weight, product, isPadding, wins }: Term, isSum: boolean): string[] {
  const at = `[${place.join(', ')}]${isPadding ? ' padding' : ''}${wins ? ' wins' : ''}`;
  return isSum ? [at, number(value), number(weight?.value ?? 1), number(product)] : [at, number(value)];
}

/** From the sum to the value. */
/** Whether the terms are values times weights. */
const hasProducts = ({ kind, terms }: CellExplanation) =>
  kind === 'sum' || terms.some(({ weight }) => weight !== undefined);

function steps(cell: CellExplanation): string {
  const { bias, sum, activation, value, numbers, channels, note } = cell;
  const lines: [string, string][] = numbers.map((one) => [one.name, number(one.value)]);
  if (channels.length > 1 && channels.length <= MOST_CHANNELS) {
    lines.push(['Sum of each input channel', channels.map((one) => number(one.sum)).join(', ')]);
  }
  if (bias) lines.push([bias.name, number(bias.value)]);
  if (sum !== undefined && hasProducts(cell)) lines.push(['Sum z', number(sum)]);
  if (activation && activation.name !== 'linear') {
    const { row } = activation;
    if (row)
      lines.push(['Σⱼ e^(zⱼ − max z)', number(row.total)], ['e^(z − max z)', number(row.powers[row.at]!)]);
    lines.push([`${activation.name}(${number(activation.input)})`, number(activation.output)]);
  }
  lines.push(['The library’s value', number(value)]);
  const list = lines.map(([name, text]) => `<dt>${escaped(name)}</dt><dd>${escaped(text)}</dd>`).join('');
  return `<dl>${list}</dl>${note ? `<p class="note">${escaped(note)}</p>` : ''}`;
}

const MOST_CHANNELS = 64;
const size = ({ product }: Term) => Math.abs(product);

/** The window of a convolution, its kernel and their products as small grids of numbers; nothing for other cells. */
export function windowGrids({ terms, kind, layer }: CellExplanation): string {
  const kernels = new Set(terms.map(({ weight }) => weight?.place.at(-2)));
  const [first] = terms;
  if (kind !== 'sum' || first?.weight?.place.length !== 4 || kernels.size !== 1 || terms.length > MOST_GRID)
    return '';
  const rows = Math.max(...terms.map(({ weight }) => weight!.place[0]!)) + 1;
  const columns = Math.max(...terms.map(({ weight }) => weight!.place[1]!)) + 1;
  const grid = (caption: string, of: (term: Term) => string) => {
    const lines = Array.from({ length: rows }, (_, r) =>
      terms
        .slice(r * columns, (r + 1) * columns)
        .map((term) => `<td${term.isPadding ? ' class="padding"' : ''}>${of(term)}</td>`),
    );
    return `<table class="grid"><caption>${caption}</caption><tbody>${lines.map((line) => `<tr>${line.join('')}</tr>`).join('')}</tbody></table>`;
  };
  return `<div class="grids" role="group" aria-label="${escaped(`${layer}: window, kernel and products, ${extents([rows, columns])}`)}">${grid('Window', ({ value }) => number(value))}<span aria-hidden="true">×</span>${grid('Kernel', ({ weight }) => number(weight!.value))}<span aria-hidden="true">=</span>${grid('Products', ({ product }) => number(product))}</div>`;
}

/** Cells of a window that are still read at a glance. */
const MOST_GRID = 49;
