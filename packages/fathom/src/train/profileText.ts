import type { KernelProfile, StepProfile } from './profile.ts';

export interface ProfileTextOptions {
  /** Kernels that are shown, the slowest ones; the rest becomes one line. Default all. */
  readonly most?: number | undefined;
  /** Columns that there are: words that do not fit are cut. Default as many as it takes. */
  readonly width?: number | undefined;
}

/**
 * A profile as a table: of each kernel its time by itself on one thread, its share of all kernels' time, its rates, its
 * share of what a thread can do at most, and what it computes.
 *
 * @example
 * const text = profileText(await profile(model), { most: 15 });
 */
export function profileText(
  profile: StepProfile,
  { most = Infinity, width = Infinity }: ProfileTextOptions = {},
): string {
  const { kernels, kernelMs } = profile;
  const shown = kernels.slice(0, most);
  const rest = kernels.slice(most);
  const rows = shown.map(row);
  if (rest.length > 0) {
    const milliseconds = rest.reduce((sum, kernel) => sum + kernel.milliseconds, 0);
    const share = percent(milliseconds / kernelMs);
    rows.push([time(milliseconds), share, '', '', '', `${rest.length} more kernels`, '']);
  }
  return [...heading(profile), '', ...aligned([HEAD, ...rows], width), '', ...footing(profile)].join('\n');
}

const HEAD = ['ms', 'share', 'GFLOP/s', 'GB/s', 'of peak', 'where', 'what'];
/** Columns from here on hold words. */
const FIRST_WORDS = 5;

function heading({ backend, threads, batchSize, stepMs, kernelMs, kernels }: StepProfile): string[] {
  const gain = stepMs > 0 ? ` (${(kernelMs / stepMs).toFixed(2)} times that)` : '';
  return [
    `A training step of ${batchSize} samples on ${backend}: ${time(stepMs)} ms with ${threads} thread${threads === 1 ? '' : 's'};`,
    `its ${kernels.length} kernels one after the other on one thread: ${time(kernelMs)} ms${gain}.`,
  ];
}

function footing({ ceiling, kernels }: StepProfile): string[] {
  const flops = kernels.reduce((sum, kernel) => sum + kernel.flops, 0);
  return [
    `Peak of one thread, measured just now: ${ceiling.gigaflops.toFixed(0)} GFLOP/s (registers), ${ceiling.gigabytes.toFixed(0)} GB/s (copy).`,
    'GFLOP/s are those of multiply-adds in registers, GB/s those of a copy of 32 MiB;',
    `GB/s above that come from caches. A step is ${(flops / 1e6).toFixed(1)} MFLOP.`,
  ];
}

function row(kernel: KernelProfile): string[] {
  const { milliseconds, share, gigaflops, gigabytes, peakShare, place, words, name } = kernel;
  const rate = (value: number) => (value >= 100 ? value.toFixed(0) : value.toFixed(1));
  return [
    time(milliseconds),
    percent(share),
    rate(gigaflops),
    rate(gigabytes),
    percent(peakShare),
    place,
    `${words} (${name})`,
  ];
}

function time(milliseconds: number): string {
  return milliseconds >= 100 ? milliseconds.toFixed(1) : milliseconds.toFixed(3);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function aligned(rows: readonly (readonly string[])[], width: number): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const numbers = widths.slice(0, FIRST_WORDS).reduce((sum, each) => sum + each + GAP.length, 0);
  const [where, what] = widths.slice(FIRST_WORDS) as [number, number];
  const room = Math.max(2 * FEWEST_LETTERS, width - numbers - GAP.length);
  // Where there is not room for both, places have more of it, or what the words leave.
  widths[FIRST_WORDS] = Math.min(where, Math.max(Math.floor(0.6 * room), room - what));
  widths[FIRST_WORDS + 1] = Math.min(what, room - widths[FIRST_WORDS]!);
  return rows.map((cells) =>
    cells
      .map((text, i) => (i < FIRST_WORDS ? text.padStart(widths[i]!) : cut(text, widths[i]!)))
      .join(GAP)
      .trimEnd(),
  );
}

const GAP = '  ';
const FEWEST_LETTERS = 10;

const cut = (text: string, width: number) =>
  text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width);
