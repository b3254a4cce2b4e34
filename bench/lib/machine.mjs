// Where and when a run took place.

import { readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem, type } from 'node:os';

export function machine() {
  const [first] = cpus();
  return {
    date: new Date().toISOString(),
    cpu: first?.model ?? 'unknown',
    cpuDetails: cpuDetails(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}`,
    node: process.version,
    v8: process.versions.v8,
    loadBefore: loadavg()[0],
  };
}

/** Family, model and the widest vector extension, because "AMD EPYC" alone says little. */
function cpuDetails() {
  try {
    const text = readFileSync('/proc/cpuinfo', 'utf8');
    const field = (name) => new RegExp(`^${name}\\s*: (.*)$`, 'm').exec(text)?.[1];
    const flags = (field('flags') ?? '').split(' ');
    const widest = ['avx512f', 'avx2', 'avx', 'sse2'].find((f) => flags.includes(f));
    return `family ${field('cpu family')}, model ${field('model')}, ${widest ?? 'no x86 vectors'}`;
  } catch {
    return '';
  }
}
