import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newFolder, startFathom } from './command.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../../', import.meta.url));
const PACKAGES = ['fathom', 'lab', 'cli'];

let folder: string;
let app: string;

/** Packs the packages as for the registry, and installs them into an empty folder. */
beforeAll(async () => {
  folder = await newFolder();
  app = join(folder, 'app');
  await mkdir(app);
  await writeFile(join(app, 'package.json'), '{ "private": true }');
  const paths = PACKAGES.map((name) => join(root, 'packages', name));
  const { stdout } = await npm(root, 'pack', '--json', '--pack-destination', folder, ...paths);
  const packed = JSON.parse(stdout) as { filename: string }[] | Record<string, { filename: string }>;
  const tarballs = Object.values(packed).map(({ filename }) => join(folder, filename));
  // What they need of others is linked, so that no registry is asked.
  await npm(app, 'install', '--offline', '--ignore-scripts', ...tarballs, ...(await needed()));
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

it('the packed command serves the packed lab', async () => {
  const command = join(app, 'node_modules/fathom-cli/bin/fathom.mjs');
  const lab = startFathom(['lab', '--port', '0', '--json'], { cwd: app, command });
  const [text] = (await Promise.race([
    once(lab.process.stdout!, 'data'),
    lab.finished.then(({ err }) => {
      throw new Error(`fathom lab ended: ${err}`);
    }),
  ])) as [string];
  const { url } = JSON.parse(text) as { url: string };
  const page = await fetch(url);
  expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  const html = await page.text();
  expect(html).toContain('<title>Fathom lab</title>');
  const [, script] = /src="\/(assets\/[^"]+\.js)"/.exec(html)!;
  const served = await (await fetch(new URL(script!, url))).text();
  const built = await readFile(join(app, 'node_modules/fathom-lab/dist', script!), 'utf8');
  expect(served).toBe(built);
  expect((await fetch(new URL('weights/model.json', url))).status).toBe(200);
  lab.process.kill('SIGINT');
  expect((await lab.finished).code).toBe(0);
});

it('the packed command trains with the packed library', async () => {
  const command = join(app, 'node_modules/fathom-cli/bin/fathom.mjs');
  const args = ['train', 'digits', '--model', 'perceptron', '--limit', '200', '--epochs', '1', '--json'];
  const { code, out, err } = await startFathom([...args, '--out', join(folder, 'run')], { cwd: app, command })
    .finished;
  expect(code, err).toBe(0);
  expect(JSON.parse(out.trimEnd().split('\n').at(-1)!)).toHaveProperty('out');
});

/** The packages of others that those of this repository name, where npm has put them. */
async function needed(): Promise<string[]> {
  const names = new Set<string>();
  for (const name of PACKAGES) {
    const manifest = JSON.parse(await readFile(join(root, 'packages', name, 'package.json'), 'utf8')) as {
      readonly [group: string]: Readonly<Record<string, string>> | undefined;
    };
    for (const group of ['dependencies', 'optionalDependencies', 'peerDependencies']) {
      for (const other of Object.keys(manifest[group] ?? {})) names.add(other);
    }
  }
  return [...names]
    .filter((name) => !/^fathom(-|$)/.test(name))
    .map((name) => join(root, 'node_modules', name));
}

function npm(cwd: string, ...args: readonly string[]) {
  return run('npm', [...args, '--no-fund', '--no-audit', '--silent'], {
    cwd,
    shell: process.platform === 'win32',
  });
}
