import { afterEach, describe, expect, it, vi } from 'vitest';
import { detectFeatures } from '../../../src/backends/wasm/features.ts';
import { wasmBackend } from '../../../src/backends/wasm/wasm.ts';

describe('features', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllGlobals();
  });

  it('are there in this engine', async () => {
    const backend = await wasmBackend({ threads: 1 });
    await backend.dispose();
    expect(detectFeatures()).toEqual({ simd: true, relaxed: true, sharedMemory: true });
  });

  it('has no fused multiply-add without vectors', () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    expect(detectFeatures()).toMatchObject({ simd: false, relaxed: false });
  });

  it('shares no memory on a page that is not isolated', async () => {
    vi.stubGlobal('crossOriginIsolated', false);
    expect(detectFeatures().sharedMemory).toBe(false);
    const backend = await wasmBackend({ threads: 4 });
    expect(backend.threads).toBe(1);
    await backend.dispose();
  });

  it('says what to do without vectors', async () => {
    vi.spyOn(WebAssembly, 'validate').mockReturnValue(false);
    await expect(wasmBackend()).rejects.toThrow('use the reference backend');
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %d threads', async (threads) => {
    await expect(wasmBackend({ threads })).rejects.toThrow(`positive integer; received ${threads}`);
  });
});
