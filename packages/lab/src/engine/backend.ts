import { type Backend, selectBackend } from 'fathom';
import type { EngineInfo, Handlers } from './protocol.ts';

/** One core is left to the page, which draws while the engine computes. */
const threads = () => Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1));

/** The backend that everything in the engine runs on. */
export function engineBackend(): Promise<Backend> {
  return selectBackend('wasm', { threads: threads() });
}

async function info(): Promise<EngineInfo> {
  const backend = await engineBackend();
  return { backend: backend.name, threads: backend.threads, crossOriginIsolated: self.crossOriginIsolated };
}

export const backendHandlers: Handlers<'engine/info'> = { 'engine/info': info };
