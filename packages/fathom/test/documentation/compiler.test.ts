import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { wasmBackend } from '../../src/backends/wasm/wasm.ts';
import { printProgram } from '../../src/compiler/print.ts';
import { matmul } from '../../src/functional/index.ts';
import { print } from '../../src/ir/graph.ts';
import type { Tensor } from '../../src/ir/tensor.ts';
import { add, input, maximum, scan, tanh, zeros } from '../../src/ops/index.ts';
import { load } from '../../src/runtime.ts';
import { anchorOf, codeBlocks, headingsOf } from './markdown.ts';

const text = readFileSync(new URL('../../../../docs/compiler.md', import.meta.url), 'utf8');
const source = (path: string) => new URL(`../../src/${path}`, import.meta.url);

it('names every file of the compiler, and none that is not there', () => {
  const files = readdirSync(source('compiler'));
  expect(files.filter((file) => !text.includes(`\`${file}\``))).toEqual([]);
  const named = [...text.matchAll(/`((?:[\w-]+\/)*[\w-]+\.ts)`/g)].map(([, path]) => path!);
  const places = ['', 'compiler/', 'backends/native/'];
  expect(named.filter((path) => !places.some((place) => existsSync(source(place + path))))).toEqual([]);
});

it('links to headings that exist', () => {
  const anchors = headingsOf(text).map(anchorOf);
  const links = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!);
  expect(links.filter((anchor) => !anchors.includes(anchor))).toEqual([]);
});

it('prints what it shows', async () => {
  const [a, w, bias] = [input('a', [4, 8]), input('w', [8, 6]), input('b', [6])];
  const rectified = maximum(add(matmul(a, w), bias), 0);
  const [stack, u] = [input('xs', [5, 16, 8]), input('u', [8, 8])];
  const { ys } = scan(
    ([h], [x]) => {
      const next = tanh(add(x!, matmul(h!, u)));
      return { carries: [next], ys: [next] };
    },
    { init: [zeros([16, 8])], xs: [stack] },
  );
  const [graph, product, loop] = codeBlocks(text, '');
  expect(missing(graph!, print([rectified]))).toEqual([]);
  expect(missing(product!, await programOf([a, w, bias], rectified))).toEqual([]);
  expect(missing(loop!, await programOf([stack, u], ys[0]!))).toEqual([]);
});

/** The lines shown that are not printed; dots stand for lines left out. */
function missing(shown: string, printed: string): string[] {
  const lines = printed.split('\n');
  return shown
    .split('\n')
    .filter((line) => line.trim() !== '' && line.trim() !== '...' && !lines.includes(line));
}

async function programOf(inputs: readonly Tensor[], output: Tensor): Promise<string> {
  const backend = await wasmBackend({ threads: 1 });
  const executable = await load({ inputs, outputs: [output], updates: [] }, backend);
  return printProgram(executable.program);
}
