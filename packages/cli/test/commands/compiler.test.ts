import { spawnSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { nativeStatus } from 'fathom/node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fathom, jsonOf, newFolder, startFathom } from '../command.ts';

const native = await nativeStatus();
const TRAIN = ['train', 'digits', '--model', 'mlp', '--limit', '64', '--epochs', '1', '--threads', '2'];
type Result = { backend: string; weightsSha256: string };
type Info = {
  backend: string;
  native: { available: boolean; reason?: string; cache: { folder: string; files: number; refused?: string } };
};

describe.skipIf(!native.available)(
  native.available ? 'the C compiler' : `there is no compiler: ${native.reason}`,
  () => {
    let folder: string;
    let made = 0;
    beforeAll(async () => {
      folder = await newFolder();
    });
    afterAll(() => rm(folder, { recursive: true }));

    const real = native.available ? native.compiler : '';
    const newCache = () => join(folder, `a cache ${made++}`);
    /** A compiler behind a script. It is called once to describe itself, then for the pool, then for a check. */
    async function compilerThat(script: string): Promise<string> {
      const path = join(folder, `my cc ${made++}`);
      await writeFile(path, `#!/bin/sh\n${script}\nexec ${real} "$@"\n`, { mode: 0o755 });
      return path;
    }
    const countCalls = (n: number, then: string) =>
      `count="$0.count"; echo >> "$count"; if [ $(wc -l < "$count") -ge ${n} ]; then ${then}; fi`;

    it.each<[what: string, script: string, reason: string]>([
      ['fails', 'exit 3', 'failed (exit 3)'],
      ['crashes', 'kill -SEGV $$', 'failed (SIGSEGV)'],
      ['prints something else', 'echo hello; exit 0', 'is no C compiler'],
      ['makes nothing', 'case "$*" in *-shared*|*-c*) exit 0;; esac', 'ENOENT'],
      [
        'makes no library',
        'for last; do case $previous in -o) echo hello > "$last"; exit 0;; esac; previous=$last; done',
        'does not load',
      ],
    ])('that %s: auto is wasm and says why in info, native is one error', async (_what, script, reason) => {
      const env = { CC: await compilerThat(script), XDG_CACHE_HOME: newCache() };
      const info = jsonOf<Info>(await fathom(['info', '--json'], { cwd: folder, env }));
      expect(info).toMatchObject({ backend: 'wasm', native: { available: false } });
      expect(info.native.reason).toContain(reason);
      expect(jsonOf<Result>(await fathom([...TRAIN, '--json'], { cwd: folder, env })).backend).toBe('wasm');
      const explicit = await fathom([...TRAIN, '--backend', 'native'], { cwd: folder, env });
      expect(explicit.code).toBe(1);
      expect(explicit.err).toMatch(/^error: native: programs cannot be compiled here: .*\n$/);
      expect(explicit.err).toContain(reason);
    });

    it.each<[what: string, then: string]>([
      ['fails', 'echo "error: No space left on device" >&2; exit 1'],
      ['crashes', 'kill -SEGV $$'],
    ])('that %s in the middle of work costs nothing but speed, and a line says so', async (_what, then) => {
      const env = { CC: await compilerThat(countCalls(4, then)), XDG_CACHE_HOME: newCache() };
      const finished = await fathom([...TRAIN, '--json'], { cwd: folder, env });
      expect(jsonOf<Result>(finished).backend).toBe('wasm');
      expect(finished.err).toMatch(/native: .* failed .*What is not compiled yet runs on wasm\./);
      const wasm = await fathom([...TRAIN, '--json', '--backend', 'wasm'], { cwd: folder, env });
      expect(jsonOf<Result>(wasm).weightsSha256).toBe(jsonOf<Result>(finished).weightsSha256);
    });

    it('works behind a wrapper, and says while it works that and how long', async () => {
      const slow = await compilerThat(countCalls(4, 'sleep 0.3'));
      const env = { CC: slow, XDG_CACHE_HOME: newCache() };
      const finished = await fathom(TRAIN, { cwd: folder, env });
      expect(finished.out).toMatch(/on native with 2 threads/);
      expect(finished.out).toMatch(
        /\nCompiling for this machine …\nCompiling for this machine took [\d.]+ s\./,
      );
      const again = await fathom(TRAIN, { cwd: folder, env });
      expect(again.out).not.toContain('Compil');
    });

    it('is ended by Ctrl-C with all that it started, and leaves no file', async () => {
      const env = {
        CC: await compilerThat(countCalls(4, 'sleep 300 & echo $! > "$0.pid"; wait')),
        XDG_CACHE_HOME: newCache(),
      };
      const running = startFathom([...TRAIN, '--out', 'stopped'], { cwd: folder, env });
      await new Promise<void>((resolve) => {
        running.process.stdout!.on('data', (text: string) => {
          if (text.includes('Compiling')) resolve();
        });
      });
      running.process.kill('SIGINT');
      const { code, err } = await running.finished;
      expect(err).toMatch(/Stopped before training began: nothing was saved/);
      expect(code).toBe(130);
      await expectEnded(`${env.CC}.pid`);
      const left = await readdir(join(env.XDG_CACHE_HOME, 'fathom', 'native'));
      expect(left.filter((name) => !name.endsWith('.so'))).toEqual([]);
      await expect(stat(join(folder, 'stopped'))).rejects.toThrow('ENOENT');
    });

    it('is ended by Ctrl-C also where a command does not listen to it', async () => {
      const env = {
        CC: await compilerThat('sleep 300 & echo $! > "$0.pid"; wait'),
        XDG_CACHE_HOME: newCache(),
      };
      const running = startFathom(['info'], { cwd: folder, env });
      await expect
        .poll(() => readFile(`${env.CC}.pid`, 'utf8').catch(() => ''), { timeout: 9000 })
        .toMatch(/\d\n/);
      running.process.kill('SIGINT');
      expect((await running.finished).code).toBe(130);
      await expectEnded(`${env.CC}.pid`);
    });

    it('serves two runs that start together from an empty cache', async () => {
      const env = { XDG_CACHE_HOME: newCache() };
      const runs = ['one', 'two'].map((out) =>
        fathom([...TRAIN, '--json', '--backend', 'native', '--out', out], { cwd: folder, env }),
      );
      const [one, two] = (await Promise.all(runs)).map((run) => jsonOf<Result>(run));
      expect(one).toMatchObject({ backend: 'native', weightsSha256: two!.weightsSha256 });
      const kept = await readdir(join(env.XDG_CACHE_HOME, 'fathom', 'native'));
      expect(new Set(kept.map((name) => name.slice(0, 40))).size, 'each program once').toBe(kept.length);
    });

    it.each<[what: string, env: () => Promise<Record<string, string>>]>([
      ['no home', async () => ({ HOME: '', XDG_CACHE_HOME: '' })],
      ['a home where no folder can be made', async () => ({ HOME: '/proc/1', XDG_CACHE_HOME: '' })],
      [
        'a cache that others may write to',
        async () => {
          const cache = newCache();
          await mkdir(join(cache, 'fathom'), { recursive: true });
          spawnSync('chmod', ['777', join(cache, 'fathom')]);
          return { XDG_CACHE_HOME: cache };
        },
      ],
    ])('keeps programs for one process where there is %s', async (_what, make) => {
      const env = await make();
      const info = jsonOf<Info>(await fathom(['info', '--json'], { cwd: folder, env }));
      expect(info).toMatchObject({ backend: 'native', native: { available: true } });
      expect(info.native.cache.refused).toBeDefined();
      await expect(stat(info.native.cache.folder), 'it is gone with it').rejects.toThrow('ENOENT');
      expect(jsonOf<Result>(await fathom([...TRAIN, '--json'], { cwd: folder, env })).backend).toBe('native');
    });

    /** Ended processes that nobody has asked about yet (state Z) count as gone. */
    async function expectEnded(pidFile: string): Promise<void> {
      const pid = (await readFile(pidFile, 'utf8')).trim();
      const stateOf = () => spawnSync('ps', ['-o', 'stat=', '-p', pid], { encoding: 'utf8' }).stdout.trim();
      await expect.poll(stateOf).toMatch(/^(Z.*)?$/);
    }

    it('and its cache are described by info, with how to clear it', async () => {
      const cache = newCache();
      const { out } = await fathom(['info'], { cwd: folder, env: { XDG_CACHE_HOME: cache } });
      expect(out).toMatch(/^backend +native: the fastest, as there is a C compiler$/m);
      expect(out).toMatch(/^native code +.+, vectors of \d+ floats \(\w+\)$/m);
      expect(out).toMatch(new RegExp(`^compiled programs +\\d+ in ${join(cache, 'fathom', 'native')}$`, 'm'));
      const clear = /to clear them: (.*)$/m.exec(out)![1]!;
      expect(spawnSync('sh', ['-c', clear]).status).toBe(0);
      expect(await readdir(join(cache, 'fathom'))).toEqual([]);
    });
  },
);
