import { evaluate, referenceBackend, type Tensor } from 'fathom';

/** What the library computes, in 64 bits. */
export async function referenceValues(y: Tensor): Promise<number[]> {
  const [values] = await evaluate([y], new Map(), referenceBackend({ precision: 64 }));
  return Array.from(values!);
}
