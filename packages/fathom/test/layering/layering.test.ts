import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import type { Op } from '../../src/ir/op.ts';
import * as ops from '../../src/ops/index.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const LARGEST_FILE = 450;

/** Files that may be longer, and why. */
const LONG_FOR_A_REASON: Readonly<Record<string, string>> = {
  'packages/fathom/src/data/digits/hands.ts':
    'a table of strokes, ten digits in several hands; hardly any code',
};

/**
 * The layers from the bottom to the top. A file belongs to the first layer whose prefix its path has, and may import,
 * at run time or for types, from its own layer and from those named.
 */
const LAYERS: readonly { name: string; paths: readonly string[]; uses: readonly string[] }[] = [
  { name: 'ir', paths: ['ir/'], uses: [] },
  { name: 'ops', paths: ['ops/'], uses: ['ir'] },
  { name: 'functional', paths: ['functional/'], uses: ['ir', 'ops'] },
  { name: 'program', paths: ['compiler/program.ts'], uses: ['ir'] },
  { name: 'compiler', paths: ['compiler/'], uses: ['ir', 'program'] },
  { name: 'backends', paths: ['backends/'], uses: ['ir', 'program'] },
  { name: 'runtime', paths: ['runtime.ts'], uses: ['ir', 'ops', 'program', 'compiler', 'backends'] },
  { name: 'data', paths: ['data/'], uses: ['ir', 'ops'] },
  { name: 'nn', paths: ['nn/'], uses: ['ir', 'ops', 'functional', 'program', 'runtime'] },
  { name: 'io', paths: ['io/'], uses: ['ir', 'ops', 'functional', 'nn', 'data'] },
  {
    name: 'train',
    paths: ['train/'],
    uses: ['ir', 'ops', 'functional', 'program', 'backends', 'runtime', 'nn', 'data', 'io'],
  },
  { name: 'zoo', paths: ['zoo/'], uses: ['ir', 'ops', 'functional', 'nn', 'train'] },
  {
    name: 'inspect',
    paths: ['inspect/'],
    uses: ['ir', 'ops', 'functional', 'program', 'backends', 'runtime', 'nn', 'data', 'train'],
  },
];

const files = ['fathom', 'cli', 'lab'].flatMap((name) => sourcesOf(join(root, 'packages', name, 'src')));
const modules = new Map(files.map((file) => [file, importsOf(file)]));
const library = join(root, 'packages/fathom/src');

describe('layering of the library', () => {
  it('finds the sources and their imports', () => {
    expect(files.length).toBeGreaterThan(60);
    const add = modules.get(join(library, 'ops/add.ts'))!;
    expect(add.find(({ target }) => target === join(library, 'ir/expr.ts'))).toMatchObject({ types: false });
    expect(add.find(({ target }) => target === join(library, 'ir/op.ts'))).toMatchObject({ types: true });
  });

  it('imports downwards only', () => {
    const wrong = edges()
      .filter(({ from, to }) => inLibrary(from) && inLibrary(to))
      .map((edge) => ({ ...edge, lower: layerOf(edge.to), upper: layerOf(edge.from) }))
      .filter(
        ({ lower, upper }) => upper && (!lower || (lower !== upper && !upper.uses.includes(lower.name))),
      )
      .map(({ from, to }) => `${show(from)} imports ${show(to)}`);
    expect(wrong).toEqual([]);
  });

  it('puts every file of the library in a layer, under the entries, or among what only Node runs', () => {
    const ENTRIES = ['index.ts', 'node.ts', 'node/'];
    const stray = files
      .filter(inLibrary)
      .filter((file) => !layerOf(file) && !ENTRIES.some((entry) => inside(file).startsWith(entry)))
      .map(show);
    expect(stray).toEqual([]);
  });

  it('is reached by the command line and the lab through its entries only', () => {
    const wrong = edges()
      .filter(({ from, to }) => !inLibrary(from) && inLibrary(to))
      .map(({ from, to }) => `${show(from)} imports ${show(to)}`);
    expect(wrong).toEqual([]);
  });

  it('has no run-time import cycle', () => {
    expect(cycles(modules)).toEqual([]);
  });

  it('finds a cycle where there is one', () => {
    const edge = (target: string, types = false) => ({ specifier: target, target, types });
    const circle = new Map([
      ['a', [edge('b')]],
      ['b', [edge('c')]],
      ['c', [edge('b'), edge('a', true)]],
    ]);
    expect(cycles(circle)).toEqual(['b → c → b']);
  });

  it('imports nothing from Node and no package in what the core entry reaches', () => {
    const entry = join(library, 'index.ts');
    const reached = new Set<string>();
    const outside: string[] = [];
    const visit = (file: string) => {
      if (reached.has(file)) return;
      reached.add(file);
      for (const { specifier, target, types } of modules.get(file) ?? []) {
        if (types) continue;
        if (target) visit(target);
        else outside.push(`${show(file)} imports ${specifier}`);
      }
    };
    visit(entry);
    // The compiled backends ask for Node's modules at run time, where there is a Node; the entry reaches them too.
    visit(join(library, 'runtime.ts'));
    expect(reached).toContain(join(library, 'backends/wasm/wasm.ts'));
    expect(reached).toContain(join(library, 'compiler/compile.ts'));
    expect(outside).toEqual([]);
  });
});

describe('what the compiler and the backends know', () => {
  const blind = files.filter((file) => /^(compiler|backends)\//.test(inside(file)));

  it('imports no op', () => {
    const wrong = edges()
      .filter(({ from, to }) => blind.includes(from) && /^(ops|functional)\//.test(inside(to)))
      .map(({ from, to }) => `${show(from)} imports ${show(to)}`);
    expect(wrong).toEqual([]);
  });

  it('names no op', () => {
    const names = Object.entries(ops)
      .filter((entry): entry is [string, Op] => entry[0].endsWith('Op'))
      .map(([, op]) => op.name)
      .filter((name) => !AMBIGUOUS.has(name));
    const named = blind.flatMap((file) =>
      stringLiterals(readFileSync(file, 'utf8'))
        .filter((literal) => names.includes(literal))
        .map((literal) => `${show(file)} says '${literal}'`),
    );
    expect(named).toEqual([]);
  });
});

/** Words of the scalar ALU and of the loop-nest language that happen to be names of ops as well. */
const AMBIGUOUS = new Set(['add', 'max', 'sqrt', 'floor', 'sum', 'constant', 'variable', 'input']);

describe('files', () => {
  it(`have at most ${LARGEST_FILE} lines, or a reason`, () => {
    const long = files
      .map((file) => ({ file: show(file), lines: readFileSync(file, 'utf8').split('\n').length - 1 }))
      .filter(({ file, lines }) => lines > LARGEST_FILE && !LONG_FOR_A_REASON[file])
      .map(({ file, lines }) => `${file}: ${lines} lines`);
    expect(long).toEqual([]);
  });

  it('keep no reason for a file that is gone', () => {
    expect(Object.keys(LONG_FOR_A_REASON).filter((file) => !existsSync(join(root, file)))).toEqual([]);
  });
});

interface Import {
  readonly specifier: string;
  /** The file it means, if it is one of ours. */
  readonly target: string | undefined;
  /** Erased before anything runs. */
  readonly types: boolean;
}

function sourcesOf(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(ts|svelte)$/.test(file) && !file.endsWith('.d.ts'))
    .map((file) => join(folder, file));
}

/** Static imports and re-exports, and imports of a literal at run time; programs kept as template text are not ours. */
function importsOf(file: string): Import[] {
  const text = withoutComments(readFileSync(file, 'utf8')).replace(/`[^`]*`/g, '``');
  const statement = /^\s*(?:import|export)\s+(type\s+)?([\w*\s{},$]+?\s+from\s+)?['"]([^'"]+)['"]/gm;
  const found: Import[] = [];
  for (const [, type, clause, specifier] of text.matchAll(statement)) {
    found.push({
      specifier: specifier!,
      target: targetOf(file, specifier!),
      types: !!type || onlyTypes(clause),
    });
  }
  for (const [, specifier] of text.matchAll(/(?<!typeof\s)\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) {
    found.push({ specifier: specifier!, target: targetOf(file, specifier!), types: false });
  }
  return found;
}

/** Whether `{ type A, type B } from` names nothing but types. */
function onlyTypes(clause: string | undefined): boolean {
  const names = clause?.match(/^\{([^}]*)\}/)?.[1];
  const listed = names?.split(',').filter((name) => name.trim() !== '') ?? [];
  return listed.length > 0 && listed.every((name) => /^\s*type\s/.test(name));
}

function targetOf(file: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? resolve(dirname(file), specifier) : undefined;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
}

function stringLiterals(text: string): string[] {
  return [...withoutComments(text).matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`$]*)`/g)].map(
    ([, single, double, template]) => single ?? double ?? template ?? '',
  );
}

function edges(): { from: string; to: string }[] {
  return files.flatMap((from) =>
    modules.get(from)!.flatMap(({ target }) => (target ? [{ from, to: target }] : [])),
  );
}

/** Every cycle of run-time imports, found by depth-first search, as a line of text. */
function cycles(graph: ReadonlyMap<string, readonly Import[]>): string[] {
  const state = new Map<string, 'open' | 'done'>();
  const path: string[] = [];
  const found: string[] = [];
  const visit = (file: string) => {
    state.set(file, 'open');
    path.push(file);
    for (const { target, types } of graph.get(file) ?? []) {
      if (types || !target) continue;
      if (state.get(target) === 'open') {
        found.push([...path.slice(path.indexOf(target)), target].map(show).join(' → '));
      } else if (!state.has(target)) visit(target);
    }
    path.pop();
    state.set(file, 'done');
  };
  for (const file of graph.keys()) if (!state.has(file)) visit(file);
  return found;
}

const show = (file: string) => (file.startsWith(root) ? relative(root, file) : file);
const inside = (file: string) => relative(library, file);
const inLibrary = (file: string) => !inside(file).startsWith('..');
const layerOf = (file: string) =>
  LAYERS.find(({ paths }) => paths.some((path) => inside(file).startsWith(path)));
