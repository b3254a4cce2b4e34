/** What the WebAssembly engine at hand can do. */
export interface Features {
  readonly simd: boolean;
  /** Relaxed SIMD: a fused multiply-add. */
  readonly relaxed: boolean;
  /** Memory that several threads share. */
  readonly sharedMemory: boolean;
}

/** A function body: (module (func (result v128) v128.const 0 …)), with the instructions after the constants. */
function probe(instructions: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0x00, ...instructions, 0x0b];
  const code = [0x01, body.length, ...body];
  return new Uint8Array([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
    ...[0x03, 0x02, 0x01, 0x00],
    ...[0x0a, code.length, ...code],
  ]);
}

const SPLAT_ZERO = [0x41, 0x00, 0xfd, 0x11];
const RELAXED_MADD = [0xfd, 0x85, 0x02];

/** Asks the engine by validating tiny modules. */
export function detectFeatures(): Features {
  const simd = WebAssembly.validate(probe(SPLAT_ZERO));
  const relaxed =
    simd && WebAssembly.validate(probe([...SPLAT_ZERO, ...SPLAT_ZERO, ...SPLAT_ZERO, ...RELAXED_MADD]));
  return { simd, relaxed, sharedMemory: canShareMemory() };
}

function canShareMemory(): boolean {
  // Browsers hand shared memory to workers only on pages that are cross-origin isolated.
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated;
  return typeof SharedArrayBuffer !== 'undefined' && isolated !== false;
}
