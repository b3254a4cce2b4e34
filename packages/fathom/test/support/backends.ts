import type { Backend } from '../../src/backends/backend.ts';
import { referenceBackend } from '../../src/backends/reference/reference.ts';
import { selectBackend } from '../../src/runtime.ts';

/** A backend under test, and the numbers of threads at which it must give the same bits. */
export interface TestedBackend {
  readonly name: string;
  readonly threads: readonly number[];
  readonly make: (threads: number) => Promise<Backend>;
}

/** Every backend runs the same suite; a new one is a line here. */
export const backends: readonly TestedBackend[] = [
  { name: 'reference', threads: [1], make: async () => referenceBackend() },
  { name: 'wasm', threads: [1, 2], make: (threads) => selectBackend('wasm', { threads }) },
];
