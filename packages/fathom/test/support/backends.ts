import type { Backend } from '../../src/backends/backend.ts';
import { nativeBackend, nativeStatus } from '../../src/backends/native/native.ts';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { selectBackend } from '../../src/runtime.ts';
import { emulatedBackend } from './emulated.ts';

/** Whether programs can be compiled natively on this machine, or why not. */
export const native = await nativeStatus();

/** Set by scripts/sanitize.mjs, whose compiler checks every access of the code it makes. */
export const SANITIZED = process.env.FATHOM_SANITIZE === '1';
if (SANITIZED && !native.available) throw new Error(`nothing can be sanitized: ${native.reason}`);

const { FATHOM_CROSS_COMPILER: compiler, FATHOM_EMULATOR: emulator } = process.env;
/** Set by scripts/emulate.mjs: how code for another machine is made and run. */
export const EMULATED = compiler && emulator ? { compiler, emulator } : undefined;

/** A backend under test, and the numbers of threads at which it must give the same bits. */
export interface TestedBackend {
  readonly name: string;
  readonly threads: readonly number[];
  readonly make: (threads: number) => Promise<Backend>;
  /** Why its tests cannot run here. */
  readonly missing?: string;
}

/** Every backend runs the same suite; a new one is a line here. */
export const backends: readonly TestedBackend[] = [
  { name: 'reference', threads: [1], make: async () => referenceBackend() },
  { name: 'wasm', threads: [1, 2], make: (threads) => selectBackend('wasm', { threads }) },
  {
    name: 'native',
    threads: [1, 2, 3],
    make: (threads) => nativeBackend({ threads, separate: SANITIZED }),
    ...(native.available ? {} : { missing: native.reason }),
  },
  ...(EMULATED
    ? [{ name: 'emulated', threads: [1], make: () => emulatedBackend(EMULATED.compiler, EMULATED.emulator) }]
    : []),
];
