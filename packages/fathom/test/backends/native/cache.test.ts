import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LibraryCache, MOST_BYTES, nativeCacheFolder } from '../../../src/backends/native/cache.ts';

describe.skipIf(process.platform === 'win32')('the cache of compiled programs', () => {
  let base = '';
  let made = 0;
  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), 'fathom-cache-'));
  });
  afterAll(() => rm(base, { recursive: true }));

  /** A new folder two levels deep, which is not made yet. */
  const newPlace = () => join(base, `cache ${made++}`, 'native');
  const builder = (text: string) => {
    const build = async (work: string) => {
      build.times++;
      const path = join(work, 'library.so');
      await writeFile(path, text);
      return path;
    };
    build.times = 0;
    return build;
  };

  it('builds once, for this process and for those after it, what only its owner may touch', async () => {
    const place = newPlace();
    const build = builder('code');
    const cache = await LibraryCache.open(place);
    const path = await cache.get(['gcc 12', 'source'], build);
    expect(await readFile(path, 'utf8')).toBe('code');
    expect(basename(path)).toMatch(/^[0-9a-f]{40}-[0-9a-f]{24}\.so$/);
    expect(await cache.get(['gcc 12', 'source'], build)).toBe(path);
    expect(await (await LibraryCache.open(place)).get(['gcc 12', 'source'], build)).toBe(path);
    expect(build.times).toBe(1);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    expect((await stat(place)).mode & 0o777).toBe(0o700);
    expect(await readdir(place)).toEqual([basename(path)]);
    expect(await cache.contents()).toMatchObject({
      folder: place,
      files: 1,
      bytes: 4,
      mostBytes: MOST_BYTES,
    });
  });

  it('tells apart what any of its ingredients tells apart', async () => {
    const cache = await LibraryCache.open(newPlace());
    const paths = new Set<string>();
    for (const ingredients of [['a', 'b'], ['ab'], ['a', 'c'], ['a', 'b', ''], ['', 'a', 'b']]) {
      paths.add(await cache.get(ingredients, builder('code')));
    }
    expect(paths.size).toBe(5);
  });

  it.each<[what: string, spoil: (path: string) => Promise<unknown>]>([
    ['is cut off', (path) => truncate(path, 3)],
    ['is empty', (path) => truncate(path, 0)],
    ['has other bytes', (path) => writeFile(path, 'c0de')],
    ['others may write', (path) => chmod(path, 0o766)],
    ['is gone', (path) => rm(path)],
    [
      'is a link',
      async (path) => {
        await rm(path);
        await writeFile(join(base, 'target'), 'code');
        await symlink(join(base, 'target'), path);
      },
    ],
  ])('makes a library anew that %s', async (_what, spoil) => {
    const place = newPlace();
    const build = builder('code');
    const path = await (await LibraryCache.open(place)).get(['x'], build);
    await spoil(path);
    expect(await (await LibraryCache.open(place)).get(['x'], build)).toBe(path);
    expect(build.times).toBe(2);
    expect(await readFile(path, 'utf8')).toBe('code');
    const status = await stat(path);
    expect([status.isFile(), status.mode & 0o777]).toEqual([true, 0o700]);
  });

  it('leaves nothing of what fails, and of a process that is gone nothing after an hour', async () => {
    const place = newPlace();
    const cache = await LibraryCache.open(place);
    const failing = async (work: string) => {
      await writeFile(join(work, '0.o'), 'half');
      throw new Error('disk full');
    };
    await expect(cache.get(['x'], failing)).rejects.toThrow('disk full');
    expect(await readdir(place)).toEqual([]);
    for (const name of ['.work-old', '.work-new']) {
      await mkdir(join(place, name));
      await writeFile(join(place, name, '0.o'), 'half');
    }
    await utimes(join(place, '.work-old'), 1e9, 1e9);
    await cache.get(['y'], builder('code'));
    const hidden = (await readdir(place)).filter((name) => name.startsWith('.'));
    expect(hidden).toEqual(['.work-new']);
  });

  it('holds no more than its limit: what was not used for longest goes', async () => {
    const place = newPlace();
    await LibraryCache.open(place);
    for (let age = 0; age < 4; age++) {
      const path = join(place, `${String(age).repeat(40)}-${'0'.repeat(24)}.so`);
      await writeFile(path, '', { mode: 0o700 });
      // A file with a hole takes no room on the disk.
      await truncate(path, Math.floor(MOST_BYTES / 3));
      const used = Date.now() / 1000 - 60 * (1 + age);
      await utimes(path, used, used);
    }
    const cache = await LibraryCache.open(place);
    await cache.get(['new'], builder('code'));
    const left = (await readdir(place)).filter((name) => /^([0-3])\1{39}-/.test(name)).map((name) => name[0]);
    expect(left.sort()).toEqual(['0', '1']);
    expect((await cache.contents()).bytes).toBeLessThanOrEqual(MOST_BYTES);
  });

  it('serves two that make the same at the same time', async () => {
    const place = newPlace();
    const caches = [await LibraryCache.open(place), await LibraryCache.open(place)];
    const paths = await Promise.all(caches.map((cache) => cache.get(['x'], builder('code'))));
    for (const path of paths) expect(await readFile(path, 'utf8')).toBe('code');
    expect(await readdir(place)).toHaveLength(1);
  });

  it.each<[why: string, wanted: () => Promise<string | undefined>, message: string]>([
    ['others may write to it', () => withMode(newPlace(), 0o777, 0), 'others may write to'],
    ['others may write to the folder around it', () => withMode(newPlace(), 0o770, 1), 'others may write to'],
    ['others may move what is around it', () => withMode(newPlace(), 0o777, 2), 'others may write to'],
    ['it cannot be made', async () => '/proc/1/fathom/native', 'mkdir'],
    ['there is a file in its place', fileInPlace, 'is not a folder'],
    ['there is no home', async () => undefined, 'no home folder'],
  ])('takes a private folder of this process where %s', async (_why, wanted, message) => {
    const cache = await LibraryCache.open(await wanted());
    expect(cache.refused).toContain(message);
    expect(dirname(cache.folder)).toBe(tmpdir());
    expect((await stat(cache.folder)).mode & 0o777).toBe(0o700);
    const build = builder('code');
    expect(await cache.get(['x'], build)).toBe(await cache.get(['x'], build));
    expect(build.times).toBe(1);
    expect(await cache.contents()).toMatchObject({ refused: cache.refused });
  });

  it('is content with a folder like /tmp, where nobody moves what belongs to another', async () => {
    const place = await withMode(newPlace(), 0o1777, 2);
    expect((await LibraryCache.open(place)).refused).toBeUndefined();
  });

  it('is where the XDG specification says, which has relative paths ignored', () => {
    expect(nativeCacheFolder({ XDG_CACHE_HOME: '/cache' })).toBe('/cache/fathom/native');
    expect(nativeCacheFolder({ XDG_CACHE_HOME: 'cache' })).toBe(nativeCacheFolder({}));
    const home = process.env.HOME;
    process.env.HOME = '';
    expect(nativeCacheFolder({}), 'an empty HOME is no place').toBeUndefined();
    process.env.HOME = home;
  });

  /** A place of which a folder, so many levels up, has that mode. */
  async function withMode(place: string, mode: number, levels: number): Promise<string> {
    const deep = join(place, 'fathom', 'native');
    await mkdir(deep, { recursive: true, mode: 0o700 });
    await chmod(join(deep, ...Array<string>(levels).fill('..')), mode);
    return deep;
  }

  async function fileInPlace(): Promise<string> {
    const place = newPlace();
    await mkdir(dirname(place));
    await writeFile(place, '');
    return place;
  }
});
