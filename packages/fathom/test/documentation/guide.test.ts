import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as library from '../../src/index.ts';
import * as callbacks from '../../src/node/callbacks/index.ts';
import * as node from '../../src/node.ts';
import * as coreCallbacks from '../../src/train/callbacks/index.ts';
import * as zoo from '../../src/zoo/index.ts';
import { runExample } from './examples.ts';
import { anchorOf, codeBlocks, headingsOf, type Section, sectionsOf, withoutImports } from './markdown.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
const guide = readFileSync(join(ROOT, 'docs/guide.md'), 'utf8');
const sections = sectionsOf(guide);
/** The code of a section is one program. */
const programs = sections
  .map(({ title, text }) => ({ title, code: codeBlocks(text).join('\n') }))
  .filter(({ code }) => code !== '');

const before = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'fathom-guide-'));
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true, force: true });
});

describe('the code of the guide', () => {
  it.each(programs)('under $title runs as written', async ({ code }) => {
    const { imports, body } = withoutImports(code);
    const scope: Record<string, unknown> = { console: { ...console, log: () => {} } };
    for (const [module, names] of imports) {
      const exported: Readonly<Record<string, unknown>> = module === 'fathom' ? library : node;
      expect(['fathom', 'fathom/node']).toContain(module);
      for (const name of names) {
        expect(exported, module).toHaveProperty(name);
        scope[name] = exported[name];
      }
    }
    await runExample(body, scope);
  });

  it('is right to the compiler', () => {
    const source = (path: string) => join(ROOT, 'packages/fathom/src', path);
    const files = programs.map(({ code }, i) => {
      const name = `section${i}.ts`;
      writeFileSync(join(folder, name), `${code}\nexport {};\n`);
      return name;
    });
    const config = {
      extends: join(ROOT, 'tsconfig.base.json'),
      compilerOptions: {
        noEmit: true,
        composite: false,
        declaration: false,
        noUnusedLocals: false,
        lib: ['ES2023', 'DOM'],
        types: ['node'],
        typeRoots: [join(ROOT, 'node_modules/@types')],
        paths: { fathom: [source('index.ts')], 'fathom/node': [source('node.ts')] },
      },
      files,
    };
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [compiler, '-p', folder], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  });
});

/** What a namespace exports beside what its users call: how names and files become things, and what a step is made of. */
const INNER =
  /^(resolve|saved)[A-Z]|FromConfig$|OptimizerState$|^(applyOptimizer|createSlots|useAverages|fans|penalizeActivity)$/;
const called = (namespace: object) => Object.keys(namespace).filter((name) => !INNER.test(name));

describe.each([
  ['Layers', library.layers],
  ['Losses', library.losses],
  ['Metrics', library.metrics],
  ['Optimizers and schedules', library.optimizers],
  ['Optimizers and schedules', library.schedules],
  ['Initializers, regularizers and constraints', library.initializers],
  ['Initializers, regularizers and constraints', library.regularizers],
  ['Initializers, regularizers and constraints', library.constraints],
  ['Callbacks', coreCallbacks],
  ['Callbacks', callbacks],
  ['Zoo', zoo],
])('the section %s', (title, namespace) => {
  it('names all that is exported', () => {
    const text = textOf(title);
    expect(called(namespace).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  });
});

it('names every activation', () => {
  const known = (name: string) => {
    try {
      return library.activation(name as library.ActivationName) !== undefined;
    } catch {
      return false;
    }
  };
  const line = /^Activations by name: ([\s\S]*?)\.\n/m.exec(textOf('Layers'))![1]!;
  const named = [...line.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
  expect(named.filter((name) => !known(name))).toEqual([]);
  const functions = Object.keys(library.functional).filter((name) => known(name));
  expect(named).toEqual(expect.arrayContaining(functions));
});

it('links to headings that exist', () => {
  const links = [...guide.matchAll(/\]\(([^)#:]*)(?:#([^)]+))?\)/g)];
  expect(links.length).toBeGreaterThan(10);
  const broken = links.filter(([, path, anchor]) => {
    const text = path ? readFileSync(join(ROOT, 'docs', path), 'utf8') : guide;
    return anchor !== undefined && !headingsOf(text).map(anchorOf).includes(anchor);
  });
  expect(broken.map(([link]) => link)).toEqual([]);
});

function textOf(title: string): string {
  const section: Section | undefined = sections.find((one) => one.title === title);
  expect(section, `a section '${title}'`).toBeDefined();
  return section!.text;
}
