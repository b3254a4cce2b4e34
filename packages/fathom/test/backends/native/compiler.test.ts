import { spawnSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CompilerError } from '../../../src/backends/native/errors.ts';
import { type NativeBackend, nativeBackend, nativeStatus } from '../../../src/backends/native/native.ts';
import { wasmBackend } from '../../../src/backends/wasm/wasm.ts';
import { Variable } from '../../../src/ir/tensor.ts';
import { add, exp, input, multiply, read } from '../../../src/ops/index.ts';
import { evaluate, load, offerNative, selectBackend } from '../../../src/runtime.ts';
import { native } from '../../support/backends.ts';

describe.skipIf(!native.available)(
  native.available ? 'the compiler' : `the compiler cannot be tested: ${native.reason}`,
  () => {
    /** A folder with a space and a quote in its name, in which everything here happens. */
    let folder = '';
    let made = 0;
    const opened: NativeBackend[] = [];

    beforeAll(async () => {
      folder = join(await mkdtemp(join(tmpdir(), 'fathom-')), "a 'folder");
      await mkdir(folder);
    });

    afterAll(async () => {
      await Promise.all(opened.map((backend) => backend.dispose()));
      await rm(join(folder, '..'), { recursive: true, force: true });
    });

    /** A stand-in for a compiler: the real one behind a script that may do something else first. */
    async function compilerThat(script: string): Promise<string> {
      const path = join(folder, `my cc ${made++}`);
      const real = native.available ? native.compiler : '';
      await writeFile(path, `#!/bin/sh\n${script}\nexec ${real} "$@"\n`, { mode: 0o755 });
      return path;
    }

    async function backendWith(
      compiler: string | undefined,
      { cacheFolder = join(folder, `the cache ${made++}`, 'native'), limit = 60_000, substitute = true } = {},
    ): Promise<NativeBackend> {
      const environment = { ...process.env, ...(compiler === undefined ? {} : { CC: compiler }) };
      const backend = await nativeBackend({
        environment,
        cacheFolder,
        compileLimitMs: limit,
        threads: 2,
        ...(substitute ? { substitute: () => wasmBackend({ threads: 1 }) } : {}),
      });
      opened.push(backend);
      return backend;
    }

    const x = input('x', [5]);
    const results = async (backend: NativeBackend) => {
      const [y] = await evaluate([add(multiply(x, x), 1)], new Map([[x, [1, 2, 3, 4, 5]]]), backend);
      return Array.from(y!);
    };

    it('is called with its arguments in a list: a path with spaces and quotes is a path', async () => {
      const backend = await backendWith(await compilerThat(''));
      expect(await results(backend)).toEqual([2, 5, 10, 17, 26]);
      expect(backend.failure).toBeUndefined();
      expect(backend.loader.cache.folder).toContain("a 'folder/the cache");
    });

    it('may be named together with arguments', async () => {
      const backend = await backendWith(`env ${native.available ? native.compiler : ''}`);
      expect(await results(backend)).toEqual([2, 5, 10, 17, 26]);
      expect(backend.failure).toBeUndefined();
    });

    it('is not asked again for a program that is on the disk, which only its owner may read or write', async () => {
      const cacheFolder = join(folder, 'kept', 'native');
      const first = await backendWith(undefined, { cacheFolder });
      await results(first);
      expect(first.loader.compiled).toBeGreaterThan(0);
      const files = await readdir(cacheFolder);
      expect(files.filter((name) => !/^[0-9a-f]{40}-[0-9a-f]{24}\.so$/.test(name))).toEqual([]);
      for (const name of files) expect((await stat(join(cacheFolder, name))).mode & 0o777).toBe(0o700);
      expect((await stat(cacheFolder)).mode & 0o777).toBe(0o700);

      // Another limit makes another set of tools, as a new process would.
      const second = await backendWith(undefined, { cacheFolder, limit: 50_000 });
      expect(await results(second)).toEqual([2, 5, 10, 17, 26]);
      expect(second.loader.compiled).toBe(0);

      // New files under the old names: those that are loaded stay as they are.
      for (const name of files) {
        await rm(join(cacheFolder, name));
        await writeFile(join(cacheFolder, name), 'half a library', { mode: 0o700 });
      }
      const third = await backendWith(undefined, { cacheFolder, limit: 40_000 });
      expect(await results(third), 'damaged files are made anew').toEqual([2, 5, 10, 17, 26]);
      expect(third.failure).toBeUndefined();
    });

    it('puts nothing where others may write, or where a link leads', async () => {
      const open = join(folder, 'open', 'native');
      await mkdir(open, { recursive: true });
      await chmod(open, 0o777);
      const elsewhere = join(folder, 'elsewhere');
      const linked = join(folder, 'linked');
      await mkdir(elsewhere);
      await mkdir(linked);
      await symlink(elsewhere, join(linked, 'native'));
      for (const cacheFolder of [open, join(linked, 'native')]) {
        const backend = await backendWith(undefined, { cacheFolder });
        expect(await results(backend)).toEqual([2, 5, 10, 17, 26]);
        expect(backend.loader.cache.refused).toBeDefined();
        expect(await readdir(cacheFolder)).toEqual([]);
        expect((await stat(backend.loader.cache.folder)).mode & 0o777).toBe(0o700);
      }
    });

    it('is missed with a reason', async () => {
      const environment = { ...process.env, CC: join(folder, 'none') };
      expect(await nativeStatus({ environment })).toMatchObject({
        available: false,
        reason: expect.stringContaining('does not start'),
      });
      await expect(nativeBackend({ environment })).rejects.toThrow(/native: .*does not start.*Install gcc/);
      const { CC: _, ...without } = process.env;
      expect(await nativeStatus({ environment: { ...without, PATH: folder } })).toEqual({
        available: false,
        reason: 'no C compiler on the path (gcc, clang, cc)',
      });
    });

    it('that is none, or has another mind, is found out at once', async () => {
      const mute = await compilerThat('exit 0');
      expect(await nativeStatus({ environment: { CC: mute } })).toMatchObject({ available: false });
      const strict = await compilerThat(
        'case "$*" in *-shared*) echo "error: I will not" >&2; exit 3;; esac',
      );
      expect(
        await nativeStatus({
          environment: { ...process.env, CC: strict },
          cacheFolder: join(folder, 'strict'),
        }),
      ).toMatchObject({ available: false, reason: expect.stringContaining('error: I will not') });
    });

    it('that fails in the middle of work costs nothing but speed: another backend goes on', async () => {
      const sign = join(folder, 'broken');
      const script = `if [ -e "${sign}" ]; then case "$*" in *-shared*) echo "error: disk full" >&2; exit 1;; esac; fi`;
      const backend = await backendWith(await compilerThat(script));
      const count = new Variable('count', [3], 'float32', Float32Array.of(1, 2, 3));
      const updates = [{ variable: count, value: add(read(count), 1) }];
      const step = await load({ inputs: [], outputs: [], updates }, backend);
      await step.run();
      await writeFile(sign, '');
      const [doubled] = await evaluate([multiply(read(count), 2)], new Map(), backend);
      expect(Array.from(doubled!), 'a new program runs elsewhere, on the same variables').toEqual([4, 6, 8]);
      expect(backend.failure).toContain('disk full');
      expect(backend.substitute?.name).toBe('wasm');
      await step.run();
      expect(Array.from(await count.read()), 'and what was loaded goes on').toEqual([3, 4, 5]);
    });

    it('that hangs is ended, with all that it started', async () => {
      const sign = join(folder, 'slow');
      const pid = join(folder, 'pid');
      const script = `if [ -e "${sign}" ]; then sleep 60 & echo $! > "${pid}"; wait; fi`;
      const backend = await backendWith(await compilerThat(script), { limit: 5000 });
      await writeFile(sign, '');
      const [y] = await evaluate([exp(x)], new Map([[x, [0, 0, 0, 0, 0]]]), backend);
      expect(Array.from(y!)).toEqual([1, 1, 1, 1, 1]);
      expect(backend.failure).toContain('took longer than 5 s');
      const sleeper = Number(await readFile(pid, 'utf8'));
      await expect.poll(() => isAlive(sleeper)).toBe(false);
    });

    it('that fails is an error where nothing is to take over', async () => {
      const sign = join(folder, 'gone');
      const script = `if [ -e "${sign}" ]; then exit 1; fi`;
      const backend = await backendWith(await compilerThat(script), { substitute: false });
      await writeFile(sign, '');
      await expect(results(backend)).rejects.toThrow(CompilerError);
    });

    it('decides what auto is, and whether native can be had', async () => {
      const working = await compilerThat('');
      const make = (CC: string) => (options: object) =>
        nativeBackend({
          ...options,
          environment: { ...process.env, CC },
          cacheFolder: join(folder, 'auto', 'native'),
        });
      offerNative(make(working));
      const chosen = await selectBackend('auto', { threads: 1 });
      expect(chosen.name).toBe('native');
      await chosen.dispose();
      offerNative(make(join(folder, 'none')));
      const fallen = await selectBackend('auto', { threads: 1 });
      expect(fallen.name).toBe('wasm');
      await fallen.dispose();
      await expect(selectBackend('native', { threads: 1 })).rejects.toThrow('does not start');
    });
  },
);

/** Ended processes that nobody has asked about yet (state Z) count as gone. */
function isAlive(pid: number): boolean {
  const { stdout } = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' });
  return stdout.trim() !== '' && !stdout.trim().startsWith('Z');
}
