// Writes the library's JavaScript, whose types tsc has written: dist/**/*.js, a module for a module, of which bundlers
// take what a page names; and dist/bundle, a few files, which Node imports several times faster than hundreds.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { lean, OP } from './leanOps.mjs';

const library = fileURLToPath(new URL('../packages/fathom/', import.meta.url));
const TARGET = 'es2022';

async function sourceOf(path) {
  const source = await readFile(path, 'utf8');
  return OP.test(path) ? lean(source) : source;
}

async function modules() {
  const files = await readdir(join(library, 'src'), { recursive: true });
  await Promise.all(
    files
      .filter((file) => file.endsWith('.ts'))
      .map(async (file) => {
        const { code } = await transform(await sourceOf(join(library, 'src', file)), {
          loader: 'ts',
          target: TARGET,
        });
        const path = join(library, 'dist', file.replace(/\.ts$/, '.js'));
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, code.replaceAll(/(from |import )(["']\.[^"']+)\.ts(["'])/g, '$1$2.js$3'));
      }),
  );
}

async function bundles() {
  const folder = join(library, 'dist/bundle');
  const { outputFiles } = await build({
    absWorkingDir: library,
    entryPoints: ['src/index.ts', 'src/node.ts'],
    outdir: folder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    target: TARGET,
    external: ['node:*', '@bufbuild/protobuf', 'sharp'],
    plugins: [
      {
        name: 'lean-ops',
        setup(bundler) {
          bundler.onLoad({ filter: OP }, async ({ path }) => ({
            contents: await sourceOf(path),
            loader: 'ts',
          }));
        },
      },
    ],
    sourcemap: true,
    logLevel: 'warning',
    write: false,
  });
  await mkdir(folder, { recursive: true });
  for (const { path, contents } of outputFiles) await writeFile(path, contents);
  // Parts of earlier bundles have other names.
  const written = new Set(outputFiles.map(({ path }) => path));
  for (const file of await readdir(folder)) {
    if (!written.has(join(folder, file))) await rm(join(folder, file), { force: true });
  }
}

export async function bundle() {
  await Promise.all([modules(), bundles()]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundle();
