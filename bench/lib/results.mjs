// What a run leaves behind: results.json and RESULTS.md, written after every section, so that no run is lost whole.

import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { markdown } from './report.mjs';

const at = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));

/** Of these two runs' machines, whether figures may stand in one report. */
function isSameMachine(a, b) {
  return ['cpu', 'cpuDetails', 'cores', 'node'].every((name) => a?.[name] === b?.[name]);
}

/**
 * A report with the sections of earlier runs on the same machine that this one has not measured, in the order of
 * `names`. Each section says when it was measured.
 */
export function withEarlier(report, earlier, names) {
  if (!earlier || !isSameMachine(earlier.machine, report.machine)) return report;
  const measured = new Set(report.sections.map(({ title }) => title));
  const sections = [...report.sections, ...earlier.sections.filter(({ title }) => !measured.has(title))];
  const place = ({ name }) => names.indexOf(name);
  return {
    ...report,
    versions: { ...earlier.versions, ...report.versions },
    missing: report.missing,
    sections: sections.sort((a, b) => place(a) - place(b)),
  };
}

export function readEarlier() {
  if (!existsSync(at('results.json'))) return undefined;
  const earlier = JSON.parse(readFileSync(at('results.json'), 'utf8'));
  // Files of old hold less of a section than its table needs.
  return earlier.sections.every(({ rows }) => rows) ? earlier : undefined;
}

export function writeResults(report) {
  for (const [name, text] of [
    ['results.json', `${JSON.stringify(report, null, 2)}\n`],
    ['RESULTS.md', markdown(report)],
  ]) {
    writeFileSync(`${at(name)}.tmp`, text);
    renameSync(`${at(name)}.tmp`, at(name));
  }
}
