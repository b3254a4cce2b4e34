import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';

const ASSETS = fileURLToPath(new URL('../dist/assets/', import.meta.url));
const MOST_BYTES = 350_000;

it('the scripts of the built lab are smaller than 350 kB, packed with gzip', () => {
  expect(existsSync(ASSETS), 'the lab is built: npm run build').toBe(true);
  const scripts = readdirSync(ASSETS).filter((name) => name.endsWith('.js'));
  expect(scripts.length).toBeGreaterThan(3);
  const bytes = scripts.reduce(
    (sum, name) => sum + gzipSync(readFileSync(ASSETS + name), { level: 9 }).length,
    0,
  );
  expect(bytes).toBeLessThan(MOST_BYTES);
});
