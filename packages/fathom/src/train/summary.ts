import type { Shape } from '../ir/shape.ts';
import type { Composite } from '../nn/composite.ts';
import type { BaseLayer } from '../nn/layer.ts';
import type { Network } from '../nn/network.ts';
import type { Symbolics } from '../nn/symbolic.ts';

/**
 * A table of a model's layers, with the shapes of their results and the numbers of their parameters, and, for models
 * that are no stack, the layers they take from.
 */
export function summarize(model: Composite<Symbolics>): string {
  const network = model.built ? model.network : undefined;
  const isStack = model.type === 'sequential';
  const head = ['Layer (type)', 'Output Shape', 'Param #', ...(isStack ? [] : ['Connected to'])];
  const rows = model.layers.map((layer) => [
    `${network?.nameOf(layer) ?? layer.name} (${layer.type})`,
    layer.outputShapes?.map(batchShape).join(', ') ?? '?',
    formatCount(sizes(layer.weights)),
    ...(isStack ? [] : [sourcesOf(layer, network!)]),
  ]);
  const table = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    `│ ${row.map((text, i) => (i === NUMBERS ? text.padStart(widths[i]!) : text.padEnd(widths[i]!))).join(' │ ')} │`;
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right;
  const all = sizes(network?.weights.map(({ weight }) => weight) ?? []);
  const trainable = sizes(network?.parameters.map(({ weight }) => weight) ?? []);
  return [
    `Model: "${model.name}"`,
    rule('┌', '┬', '┐'),
    line(head),
    rule('├', '┼', '┤'),
    ...rows.map(line),
    rule('└', '┴', '┘'),
    ` Total params: ${formatCount(all)} (${formatBytes(4 * all)})`,
    ` Trainable params: ${formatCount(trainable)} (${formatBytes(4 * trainable)})`,
    ` Non-trainable params: ${formatCount(all - trainable)} (${formatBytes(4 * (all - trainable))})`,
  ].join('\n');
}

/** The layers whose results a layer takes, over all its calls. */
function sourcesOf(layer: BaseLayer, network: Network): string {
  const sources = network.calls
    .filter((call) => call.layer === layer)
    .map(({ inputs }) => inputs.map((input) => network.nameOf(input.layer)).join(', '));
  return sources.length === 0 ? '-' : sources.join('; ');
}

function batchShape(shape: Shape): string {
  return `(${['None', ...shape].join(', ')})`;
}

function sizes(weights: readonly { readonly variable: { readonly size: number } }[]): number {
  return weights.reduce((total, { variable }) => total + variable.size, 0);
}

function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

function formatBytes(bytes: number): string {
  if (bytes < KIB) return `${bytes.toFixed(2)} B`;
  return bytes < KIB * KIB ? `${(bytes / KIB).toFixed(2)} KB` : `${(bytes / KIB / KIB).toFixed(2)} MB`;
}

const KIB = 1024;
/** The column of numbers, which are aligned at their ends. */
const NUMBERS = 2;
