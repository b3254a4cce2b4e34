import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { constant } from '../../src/index.ts';
import { type Example, examplesIn, runExample } from './examples.ts';
import { fixtures } from './fixtures.ts';

const source = new URL('../../src/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'fathom-examples-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const files = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => ({ path, examples: examplesIn(readFileSync(new URL(path, source), 'utf8')) }))
  .filter(({ examples }) => examples.length > 0);

describe.each(files)('$path', ({ path, examples }) => {
  it.for(examples)('line $line runs as written', async (example: Example, context) => {
    if (/loadMnist/.test(example.code) && !process.env.FATHOM_DATA) context.skip('FATHOM_DATA is not set');
    const library = await import('../../src/index.ts');
    const node = await import('../../src/node.ts');
    const own = (await import(new URL(path, source).href)) as Record<string, unknown>;
    const near = /^(functional|ops)\//.test(path)
      ? { ...library.ops, ...library.functional, x: aTensor() }
      : {};
    const { data, functions } = await fixtures(folder);
    const scope = {
      ...library.layers,
      ...library,
      ...node,
      ...own,
      ...notCalled(data, example.code),
      ...functions,
      ...near,
    };
    await runExample(example.code, scope);
  });
});

/** Without the fixtures that the code calls: `model(...)` is the library's, `model.fit(...)` the fixture. */
function notCalled(values: Record<string, unknown>, code: string): Record<string, unknown> {
  const isCalled = (name: string) => new RegExp(`(?<![.\\w])${name}\\(`).test(code);
  return Object.fromEntries(Object.entries(values).filter(([name]) => !isCalled(name)));
}

const aTensor = () => constant([1, 2, 3, 5, 7, 11], [2, 3]);

it('finds the examples', () => {
  expect(files.reduce((sum, { examples }) => sum + examples.length, 0)).toBeGreaterThan(80);
});
