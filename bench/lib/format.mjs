// Numbers and tables for people.

/** Milliseconds with three significant digits. */
export function ms(value) {
  return significant(value);
}

export function significant(value, digits = 3) {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (value === 0 || Math.abs(value) >= 10 ** (digits - 1)) {
    return Math.round(value).toLocaleString('en-US');
  }
  return value.toPrecision(digits);
}

/** A ratio: 1.52×, 12.3×, 148×. */
export function factor(value) {
  return value === undefined || Number.isNaN(value) ? '' : `${significant(value)}×`;
}

/** A section as plain text with aligned columns. */
export function textTable({ title, columns, align, rows, notes = [] }) {
  const widths = columns.map((c, i) => Math.max(c.length, ...rows.map((r) => r[i].length)));
  const line = (cells) =>
    cells
      .map((c, i) => (align[i] === 'r' ? c.padStart(widths[i]) : c.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return [
    title,
    `  ${line(columns)}`,
    `  ${widths.map((w) => '─'.repeat(w)).join('  ')}`,
    ...rows.map((r) => `  ${line(r)}`),
    ...notes.map((n) => `  ${n}`),
    '',
  ].join('\n');
}

const howMeasured = ({ at, rounds, budgetMs }) =>
  `Measured ${at.slice(0, 16).replace('T', ' ')} UTC; ${rounds} alternations, where peers take turns, of about ${budgetMs} ms each.`;

/** The same section as Markdown. */
export function markdownTable({ title, columns, align, rows, notes = [], measured }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    `### ${title}`,
    '',
    line(columns),
    line(columns.map((_, i) => (align[i] === 'r' ? '--:' : '---'))),
    ...rows.map(line),
    '',
    ...notes.map((n) => `- ${n}`),
    ...(measured ? [`- ${howMeasured(measured)}`] : []),
    ...(notes.length || measured ? [''] : []),
  ].join('\n');
}
