import type { LayerDescription, NetworkDescription } from '../describeNetwork.ts';
import { bytes, count, escaped, extents, table } from './text.ts';

/**
 * A network as an SVG drawing, from left to right: a box for each layer with its shape and parameters, lines for what
 * flows between. It takes its colours from the page: `currentColor`, and --fathom-accent where that is set.
 *
 * @example
 * inspect.networkSvg(inspect.describeNetwork(lenet5())).startsWith('<svg'); // true
 */
export function networkSvg(network: NetworkDescription): string {
  const columns = columnsOf(network);
  const places = new Map<string, { x: number; y: number }>();
  const tallest = Math.max(...columns.map((column) => column.length));
  const lanes = lanesOf(network, columns);
  const above = LANE * Math.max(0, ...lanes.values());
  const height = above + tallest * (BOX_HEIGHT + GAP_Y) + GAP_Y;
  columns.forEach((column, i) => {
    const top = above + (height - above - column.length * (BOX_HEIGHT + GAP_Y) + GAP_Y) / 2;
    column.forEach((node, j) => {
      places.set(node.id, { x: MARGIN + i * (BOX_WIDTH + GAP_X), y: top + j * (BOX_HEIGHT + GAP_Y) });
    });
  });
  const width = 2 * MARGIN + columns.length * (BOX_WIDTH + GAP_X) - GAP_X;
  const lines = network.edges.map(({ from, to, shape }) => {
    const [a, b] = [places.get(from)!, places.get(to)!];
    const [x1, y1] = [a.x + BOX_WIDTH, a.y + BOX_HEIGHT / 2];
    const [x2, y2] = [b.x, b.y + BOX_HEIGHT / 2];
    const lane = lanes.get(`${from} ${to}`);
    if (lane !== undefined) {
      // Above what lies between.
      const y = LANE * (lane - 0.5);
      const title = `<title>${escaped(`${from} to ${to}: ${extents(shape)}`)}</title>`;
      return `<path d="M${x1} ${y1}h${TURN}V${y}H${x2 - TURN}V${y2}h${TURN}" fill="none" stroke="var(--fathom-accent, #1f77b4)" stroke-linejoin="round" marker-end="url(#fathom-arrow)">${title}</path>`;
    }
    const bend = Math.max(GAP_X / 2, (x2 - x1) / 2);
    return `<path d="M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}" fill="none" stroke="currentColor" stroke-opacity=".5" marker-end="url(#fathom-arrow)"><title>${escaped(`${from} to ${to}: ${extents(shape)}`)}</title></path>`;
  });
  const boxes = network.nodes.map((node) => box(node, places.get(node.id)!));
  const label = `${network.name}: ${network.nodes.length} layers, ${count(network.totals.parameters)} parameters`;
  return `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${escaped(label)}" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12"><title>${escaped(label)}</title>
<defs><marker id="fathom-arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="currentColor" fill-opacity=".5"/></marker></defs>
${lines.join('\n')}
${boxes.join('\n')}
</svg>`;
}

/**
 * The layers of a network as an HTML table, with what each costs.
 *
 * @example
 * inspect.networkTable(inspect.describeNetwork(lenet5())).includes('61,706'); // true
 */
export function networkTable({ nodes, totals }: NetworkDescription): string {
  const cost = (layer: Pick<LayerDescription, 'parameters' | 'multiplyAdds' | 'activationBytes'>) => [
    count(layer.parameters),
    count(layer.multiplyAdds),
    bytes(layer.activationBytes),
  ];
  const rows = nodes.map((node) => [
    escaped(node.id),
    escaped(node.activation ? `${node.type}, ${node.activation}` : node.type),
    extents(node.outputShape),
    ...cost(node),
  ]);
  return table(
    'Layers and what they cost for one sample',
    ['Layer', 'Type', 'Result', 'Parameters', 'Multiply-adds', 'Memory'],
    [...rows, ['All', '', '', ...cost(totals)]],
    'numbers',
  );
}

const BOX_WIDTH = 118;
const BOX_HEIGHT = 58;
const GAP_X = 26;
const GAP_Y = 18;
const MARGIN = 4;
/** Between lines that pass above, and how far from a box they turn. */
const LANE = 10;
const TURN = 9;

function box(
  { id, type, outputShape, parameters, activation }: LayerDescription,
  { x, y }: { x: number; y: number },
) {
  const middle = x + BOX_WIDTH / 2;
  const name = id.length > 17 ? `…${id.slice(-16)}` : id;
  const weights = parameters > 0 ? `${count(parameters)} weights` : (activation ?? type);
  const title = `${id} (${type}): ${extents(outputShape)}, ${count(parameters)} parameters`;
  const line = (dy: number, text: string, rest: string) =>
    `<text x="${middle}" y="${y + dy}" text-anchor="middle" fill="currentColor" ${rest}>${escaped(text)}</text>`;
  return `<g><title>${escaped(title)}</title><rect x="${x}" y="${y}" width="${BOX_WIDTH}" height="${BOX_HEIGHT}" rx="8" fill="var(--fathom-accent, #1f77b4)" fill-opacity="${parameters > 0 ? 0.16 : 0.05}" stroke="var(--fathom-accent, #1f77b4)"/>
${line(20, name, 'font-weight="600"')}${line(36, extents(outputShape), '')}${line(50, weights, 'font-size="11" fill-opacity=".75"')}</g>`;
}

/** Lines that pass over columns, and at which height above them, so that none covers another. */
function lanesOf({ edges }: NetworkDescription, columns: readonly (readonly LayerDescription[])[]) {
  const at = new Map(columns.flatMap((column, i) => column.map(({ id }) => [id, i] as const)));
  const lanes = new Map<string, number>();
  const ends: number[] = [];
  const long = edges.filter(({ from, to }) => at.get(to)! - at.get(from)! > 1);
  for (const { from, to } of long.sort((a, b) => at.get(a.from)! - at.get(b.from)!)) {
    const free = ends.findIndex((end) => end <= at.get(from)!);
    const lane = free < 0 ? ends.length : free;
    ends[lane] = at.get(to)!;
    lanes.set(`${from} ${to}`, lane + 1);
  }
  return lanes;
}

/** Layers side by side: each one column behind the last of those it takes from. */
function columnsOf({ nodes, edges }: NetworkDescription): LayerDescription[][] {
  const depth = new Map<string, number>();
  for (const { id } of nodes) {
    const before = edges.filter(({ to }) => to === id).map(({ from }) => depth.get(from) ?? 0);
    depth.set(id, before.length === 0 ? 0 : 1 + Math.max(...before));
  }
  const columns: LayerDescription[][] = [];
  for (const node of nodes) {
    const at = depth.get(node.id)!;
    columns[at] = [...(columns[at] ?? []), node];
  }
  return columns;
}
