import type { Shape } from '../ir/shape.ts';
import type { LayerStack } from '../nn/stack.ts';

/** A table of a model's layers, with the shapes of their results and the numbers of their parameters. */
export function summarize(name: string, stack: LayerStack): string {
  const rows = stack.layers.map((layer) => [
    `${layer.name} (${layer.type})`,
    layer.outputShape ? batchShape(layer.outputShape) : '?',
    formatCount(sizes(layer.weights)),
  ]);
  const table = [['Layer (type)', 'Output Shape', 'Param #'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    `│ ${row[0]!.padEnd(widths[0]!)} │ ${row[1]!.padEnd(widths[1]!)} │ ${row[2]!.padStart(widths[2]!)} │`;
  const rule = (left: string, middle: string, right: string) =>
    left + widths.map((width) => '─'.repeat(width + 2)).join(middle) + right;
  const all = sizes(stack.weights);
  const trainable = stack.parameters.reduce((total, { size }) => total + size, 0);
  return [
    `Model: "${name}"`,
    rule('┌', '┬', '┐'),
    line(table[0]!),
    rule('├', '┼', '┤'),
    ...rows.map(line),
    rule('└', '┴', '┘'),
    ` Total params: ${formatCount(all)} (${formatBytes(4 * all)})`,
    ` Trainable params: ${formatCount(trainable)} (${formatBytes(4 * trainable)})`,
    ` Non-trainable params: ${formatCount(all - trainable)} (${formatBytes(4 * (all - trainable))})`,
  ].join('\n');
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
