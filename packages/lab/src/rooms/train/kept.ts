import type { LayerSetting } from '../../engine/trainingTypes.ts';
import { type Field, fieldValue, type Kind } from './fields.ts';

/** Whether the form can show and change the value that a layer has for a field. */
export function isShown(field: Field, { [field.name]: value }: LayerSetting): boolean {
  return (
    (typeof value === 'string' || typeof value === 'number') && fieldValue(field, String(value)) === value
  );
}

/** What a layer has beyond the form's fields: options without a field, and values that a field cannot have. */
export function keptOptions(layer: LayerSetting, { fields }: Kind): Record<string, unknown> {
  const shown = new Set(['type', ...fields.filter((field) => isShown(field, layer)).map(({ name }) => name)]);
  return Object.fromEntries(
    Object.entries(layer).filter(([name, value]) => !shown.has(name) && value !== undefined),
  );
}

/** These options for a link, without the signs that part layers and values there; nothing for none. */
export function encodeKept(options: Readonly<Record<string, unknown>>): string[] {
  if (Object.keys(options).length === 0) return [];
  return [encodeURIComponent(JSON.stringify(options)).replaceAll('_', '%5F')];
}

/** The opposite of `encodeKept`; what is none of it is no option. */
export function decodeKept(text: string | undefined): Record<string, unknown> {
  if (!text) return {};
  try {
    const value: unknown = JSON.parse(decodeURIComponent(text));
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}

/**
 * An option in words.
 *
 * @example
 * optionText('kernelRegularizer', { name: 'l2', l2: 0.01 }); // 'kernelRegularizer l2 (l2 0.01)'
 */
export function optionText(name: string, value: unknown): string {
  return `${name} ${valueText(value)}`;
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(' × ');
  if (typeof value !== 'object' || value === null) return String(value);
  const { name, ...options } = value as Record<string, unknown>;
  const list = Object.entries(options).map(([option, of]) => optionText(option, of));
  if (typeof name !== 'string') return `(${list.join(', ')})`;
  return list.length === 0 ? name : `${name} (${list.join(', ')})`;
}
