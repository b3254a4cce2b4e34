/** Text for a page, so that names from files cannot be markup. */
export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}

/** A number for people: as many digits as tell something. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace('-', '−');
  const size = Math.abs(value);
  const text =
    value === 0
      ? '0'
      : size >= 1e5 || size < 1e-4
        ? value.toExponential(2)
        : Number.isInteger(value)
          ? String(value)
          : value.toPrecision(size < 1 ? 3 : 4);
  return text.replace(/-/g, '−');
}

/** 61706 → 61,706. */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** Bytes in the unit that fits. */
export function bytes(value: number): string {
  if (value < 1024) return `${value} B`;
  return value < 1024 ** 2 ? `${(value / 1024).toFixed(1)} KB` : `${(value / 1024 ** 2).toFixed(1)} MB`;
}

/** 28 × 28 × 6. */
export function extents(shape: readonly number[]): string {
  return shape.length === 0 ? 'scalar' : shape.join(' × ');
}

/** A table whose first column names its rows. */
export function table(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  className = '',
): string {
  const cells = ([first, ...others]: readonly string[]) =>
    `<tr><th scope="row">${first}</th>${others.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escaped(caption)}"><table class="${className}">
<caption>${escaped(caption)}</caption>
<thead><tr>${head.map((cell) => `<th scope="col">${escaped(cell)}</th>`).join('')}</tr></thead>
<tbody>${rows.map(cells).join('\n')}</tbody></table></div>`;
}
