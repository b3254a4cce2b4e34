import type { Logs } from '../../train/index.ts';

/**
 * A path made from a pattern with fields in braces, written as in Python: `{epoch}`, `{epoch:03d}`, `{valLoss:.2f}`,
 * `{loss:.3e}`. `{{` and `}}` stand for the braces themselves.
 *
 * @throws RangeError on a field that has no value, or a format that is none of these
 * @example
 * fillPattern('digits-{epoch:02d}-{valLoss:.2f}', { epoch: 3, valLoss: 0.1279 }, 'example'); // 'digits-03-0.13'
 */
export function fillPattern(pattern: string, values: Logs, where: string): string {
  const filled = pattern.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (match, field: string | undefined) => {
    if (match === '{{' || match === '}}') return match[0]!;
    if (field === undefined) {
      throw new RangeError(
        `${where}: expected pairs of braces in '${pattern}'; received a single '${match}'. Write it twice to mean itself.`,
      );
    }
    const [, name = '', zero, width = '0', digits, type] = FIELD.exec(field) ?? [];
    if (name === '' || (type === 'd' && digits !== undefined)) {
      throw new RangeError(
        `${where}: expected fields as {epoch:03d} or {valLoss:.2f} in '${pattern}'; received {${field}}.`,
      );
    }
    const value = values[name];
    if (value === undefined) {
      throw new RangeError(
        `${where}: expected the fields of '${pattern}' to be among ${Object.keys(values).join(', ')}; received '${name}'.`,
      );
    }
    return pad(format(value, type, digits), Number(width), zero === '0');
  });
  return filled;
}

/** name, then behind a colon: 0 to fill with zeros, width, decimals, type. */
const FIELD = /^([A-Za-z_]\w*(?:\[\d+\])*)(?::(0?)(\d*)(?:\.(\d+))?([dfe])?)?$/;
const PYTHON_DECIMALS = 6;

function format(value: number, type: string | undefined, digits: string | undefined): string {
  switch (type) {
    case 'd':
      return String(Math.trunc(value));
    case 'f':
      return value.toFixed(Number(digits ?? PYTHON_DECIMALS));
    case 'e':
      return value.toExponential(Number(digits ?? PYTHON_DECIMALS));
    default:
      return digits === undefined ? String(value) : value.toPrecision(Number(digits));
  }
}

/** Zeros go between the sign and the digits. */
function pad(text: string, width: number, withZeros: boolean): string {
  if (!withZeros) return text.padStart(width);
  const sign = text.startsWith('-') ? '-' : '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}
