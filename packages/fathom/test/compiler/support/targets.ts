import type { Target } from '../../../src/compiler/program.ts';

/** What the WebAssembly backend schedules for. */
export const WASM: Target = {
  name: 'wasm-simd128',
  lanes: 4,
  registers: 15,
  fmaPerCycle: 2,
  fmaLatency: 4,
  loadsPerCycle: 2,
  hoistsLoads: true,
  cacheBytes: 384 * 1024,
  block: { rows: 128, steps: 256, copiesRows: false },
};

/** The same machine with so small a cache that small contractions are blocked and packed. */
export const SMALL_CACHE: Target = { ...WASM, name: 'small-cache', cacheBytes: 2048 };

/** As that one, with small blocks of both operands copied. */
export const SMALL_BLOCKS: Target = {
  ...SMALL_CACHE,
  name: 'small-blocks',
  block: { rows: 8, steps: 16, copiesRows: true },
};

/** Wide vectors and many registers, as a backend for native code has them. */
export const WIDE: Target = {
  ...WASM,
  name: 'wide',
  lanes: 8,
  registers: 30,
  hoistsLoads: false,
};
