import { selectBackend } from 'fathom';
import { expect, it } from 'vitest';
import { compareSharing, moved } from '../../src/engine/compareSharing.ts';
import type { SharingProgress } from '../../src/engine/protocol.ts';

it('trains all three: only shared weights know a digit where they have not seen it', async () => {
  const seen: SharingProgress[] = [];
  const backend = await selectBackend('wasm', { threads: 1 });
  const results = await compareSharing(1, 5, backend, (progress) => seen.push(progress));
  expect(results.map(({ id, parameters }) => [id, parameters])).toEqual([
    ['dense', (784 + 1) * 32 + 33 * 10],
    ['local', 12 * 12 * (25 + 1) * 8 + 8 * 8 * (25 * 8 + 1) * 32 + 33 * 10],
    ['shared', (25 + 1) * 8 + (25 * 8 + 1) * 32 + 33 * 10],
  ]);
  const [dense, local, shared] = results;
  for (const { accuracy } of results) expect(accuracy).toBeGreaterThan(0.6);
  expect(shared!.movedAccuracy).toBeGreaterThan(2 * local!.movedAccuracy);
  expect(shared!.movedAccuracy).toBeGreaterThan(2 * dense!.movedAccuracy);
  expect(seen.map(({ id, epoch }) => `${id} ${epoch}`)).toEqual(
    ['dense', 'local', 'shared'].flatMap((id) => [1, 2, 3, 4, 5].map((epoch) => `${id} ${epoch}`)),
  );
});

it('moving brings zeros in', () => {
  const picture = Float32Array.from({ length: 784 }, (_, i) => i);
  const result = moved(picture, 4);
  expect(result[3 * 28 + 10]).toBe(0);
  expect(result[10 * 28 + 3]).toBe(0);
  expect(result[4 * 28 + 4]).toBe(0);
  expect(result[10 * 28 + 11]).toBe(6 * 28 + 7);
});
