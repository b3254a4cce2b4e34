/** What the WebAssembly engine of this process can do. */
export type WasmFeatures = {
  readonly simd: boolean;
  /** Relaxed SIMD, which has a fused multiply-add. Node 20 has it once the wasm backend has been started. */
  readonly relaxedSimd: boolean;
  readonly sharedMemory: boolean;
};

/** Asks the engine whether it takes tiny modules that use each feature. */
export function wasmFeatures(): WasmFeatures {
  return {
    simd: accepts(ZERO_VECTOR),
    relaxedSimd: accepts([...ZERO_VECTOR, ...ZERO_VECTOR, ...ZERO_VECTOR, ...RELAXED_MADD]),
    sharedMemory: typeof SharedArrayBuffer !== 'undefined',
  };
}

/** i32.const 0, i32x4.splat. */
const ZERO_VECTOR = [0x41, 0x00, 0xfd, 0x11];
/** f32x4.relaxed_madd. */
const RELAXED_MADD = [0xfd, 0x85, 0x02];

/** Whether (module (func (result v128) …)) with these instructions is valid. */
function accepts(instructions: readonly number[]): boolean {
  const body = [0x00, ...instructions, 0x0b];
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
  const types = [0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b];
  const functions = [0x03, 0x02, 0x01, 0x00];
  const code = [0x0a, body.length + 2, 0x01, body.length, ...body];
  return WebAssembly.validate(new Uint8Array([...header, ...types, ...functions, ...code]));
}
