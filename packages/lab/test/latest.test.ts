import { expect, it } from 'vitest';
import { latest } from '../src/lib/latest.ts';

it('drops all but the newest of the calls that come while one runs', async () => {
  const seen: number[] = [];
  let release = () => {};
  const run = latest(async (n: number) => {
    seen.push(n);
    if (n === 1) await new Promise<void>((resolve) => (release = resolve));
  });
  const first = run(1);
  run(2);
  const last = run(3);
  release();
  await Promise.all([first, last]);
  expect(seen).toEqual([1, 3]);
  await run(4);
  expect(seen).toEqual([1, 3, 4]);
});

it('goes on after a failure', async () => {
  const seen: number[] = [];
  const run = latest(async (n: number) => {
    if (n === 1) throw new Error('no');
    seen.push(n);
  });
  await expect(run(1)).rejects.toThrow('no');
  await run(2);
  expect(seen).toEqual([2]);
});
