// The whole run on one page.

import { factor, markdownTable, significant } from './format.mjs';

/** Machine, versions and what was missing, as lines. */
export function head({ machine: m, versions, missing, microkernelGflops2Threads }) {
  const lines = [
    `${m.date.slice(0, 16).replace('T', ' ')} UTC · ${m.cpu} (${m.cpuDetails}), ${m.cores} cores, ` +
      `${m.memoryGiB} GiB · ${m.system} · Node ${m.node} (V8 ${m.v8})`,
    `load average ${m.loadBefore.toFixed(2)} before, ${m.loadAfter.toFixed(2)} after`,
    Object.entries(versions)
      .map(([label, version]) => `${label} ${version}`)
      .join(' · '),
  ];
  if (microkernelGflops2Threads) {
    lines.push(`WebAssembly micro-kernel on 2 threads: ${significant(microkernelGflops2Threads)} GFLOP/s`);
  }
  for (const { label, install, reason } of missing) {
    lines.push(`${label}: not installed (${reason}). Install: ${install}`);
  }
  return lines;
}

/** Every target of every section in one table. */
export function claimsTable(sections) {
  const claims = sections.flatMap((s) => s.claims);
  return {
    title: 'Targets',
    columns: ['', 'measured', 'reach', 'aim', ''],
    align: 'lrrrl',
    rows: claims.map((c) => [
      c.claim,
      amount(c.value, c.unit),
      amount(c.reach, c.unit),
      amount(c.aim, c.unit),
      c.verdict,
    ]),
    notes: claims.length ? [] : ['No target was measured.'],
  };
}

function amount(value, unit) {
  if (value === undefined) return '–';
  if (unit === '×') return factor(value);
  if (unit === '') return `${(value * 100).toFixed(0)} %`;
  return `${significant(value)} ${unit}`;
}

export function markdown(report) {
  return [
    '# Results of `npm run bench`',
    '',
    'Written by the benchmark; see README.md for how it measures.',
    '',
    ...head(report).map((line) => `- ${line}`),
    '',
    markdownTable(claimsTable(report.sections)).replace('### ', '## '),
    '## Measurements',
    '',
    ...report.sections.map(markdownTable),
  ].join('\n');
}
