import type { Launch, Origin, Program } from '../compiler/program.ts';
import { formatShape } from '../ir/shape.ts';

/** Layers that a place names; more are counted. */
const MOST_NAMED = 3;

/**
 * The layers (or `loss`, or the optimizer) that a kernel is a part of, in the order of its work: `conv2d`,
 * `gradient of dense`, `adam: dense/kernel`.
 */
export function placeOf({ origin, writes }: Launch, { buffers }: Program): string {
  const written = writes.flatMap((i) => {
    const buffer = buffers[i]!;
    return buffer.kind === 'variable' ? [buffer.variable.name] : [];
  });
  const labels = unique(origin.flatMap(({ label }) => label ?? []));
  // Slots have longer names than what they belong to.
  const [weight, ...others] = unique(written).sort((a, b) => a.length - b.length);
  const own = weight === undefined || others.every((slot) => slot.includes(weight));
  const updated = weight === undefined ? [] : own ? [weight] : [weight, ...others];
  const places = named(labels, ' → ');
  if (updated.length === 0) return places;
  return `${places || 'update'}: ${named(updated, ', ')}`;
}

/** What a kernel does, and the shapes of its results: `sums of products → [32, 26, 26, 32]`. */
export function describeLaunch({ work, origin, name }: Launch): string {
  const shapes = unique(origin.filter(({ stored }) => stored).map(({ shape }: Origin) => formatShape(shape)));
  const results = shapes.length === 0 ? '' : ` → ${named(shapes, ', ')}`;
  const part = PARTS[name.split('.').at(-1)!];
  return part ? `${part} for ${results.replace(' → ', '') || 'a loop'}` : `${work}${results}`;
}

/** What the compiler adds to the name of a kernel that prepares another one. */
const PARTS: Readonly<Record<string, string>> = {
  pack: 'operand laid out anew',
  parts: 'sums of parts',
  zero: 'zeros',
  repeat: 'operand repeated',
  widen: 'operand laid out anew',
  carry: 'first values',
};

function unique<T>(list: readonly T[]): T[] {
  return [...new Set(list)];
}

function named(names: readonly string[], separator: string): string {
  const shown = names.slice(0, MOST_NAMED).join(separator);
  return names.length > MOST_NAMED ? `${shown} and ${names.length - MOST_NAMED} more` : shown;
}
