import { createHash } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  utimes,
} from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** Compiled programs are some 50 kB each; the oldest go when there are more, or more bytes, than this. */
const MOST_FILES = 4000;
export const MOST_BYTES = 512 * 2 ** 20;
/** How many new files pass between two looks at the size of the whole. */
const PRUNE_EVERY = 64;
/** What is unfinished for that long belongs to a process that is gone. */
const STALE_MS = 3600_000;
/** `<hash of the ingredients>-<hash of the library>.so` */
const NAME = /^([0-9a-f]{40})-([0-9a-f]{24})\.so$/;
const WORK = '.work-';

/** `$XDG_CACHE_HOME/fathom`, or `~/.cache/fathom`; undefined for a user without a home. */
export function userCacheFolder(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const given = environment.XDG_CACHE_HOME;
  if (given && isAbsolute(given)) return join(given, 'fathom');
  try {
    const home = homedir();
    return isAbsolute(home) ? join(home, '.cache', 'fathom') : undefined;
  } catch {
    return undefined;
  }
}

/** Where compiled programs are kept: `native` in {@link userCacheFolder}. */
export function nativeCacheFolder(environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const folder = userCacheFolder(environment);
  return folder && join(folder, 'native');
}

/** What a cache holds. */
export interface CacheContents {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
  /** When there are more bytes, what was not used for longest goes. */
  readonly mostBytes: number;
  /** Why the folder asked for is not used: programs are then kept to the end of the process. */
  readonly refused?: string;
}

/**
 * Shared libraries on disk by the hash of all that they are made of. Code from here is run, so folder and files belong
 * to this user, and nobody else may write them; where that cannot be had, a folder of this process takes the place. A
 * library's own hash is in its name too: one that is cut off or damaged is not loaded, which would end the process.
 */
export class LibraryCache {
  readonly folder: string;
  /** Why the folder asked for is not used. */
  readonly refused: string | undefined;
  /** Names by the hash of their ingredients. */
  readonly #names: Map<string, string>;
  #added = 0;

  private constructor(folder: string, refused: string | undefined, names: readonly string[]) {
    this.folder = folder;
    this.refused = refused;
    this.#names = new Map(
      names.flatMap(
        (name) =>
          NAME.exec(name)
            ?.slice(1, 2)
            .map((key) => [key, name]) ?? [],
      ),
    );
  }

  /** @throws Error when there is no place at all */
  static async open(wanted: string | undefined): Promise<LibraryCache> {
    const { folder, refused } = wanted === undefined ? { refused: NO_HOME } : await secured(wanted);
    if (folder !== undefined) return new LibraryCache(folder, undefined, await readdir(folder));
    const own = await mkdtemp(join(tmpdir(), 'fathom-native-'));
    removeAtExit(own);
    return new LibraryCache(own, refused, []);
  }

  /** The path of the library of these ingredients, which `build` makes in a folder of its own where there is none yet. */
  async get(ingredients: readonly string[], build: (workFolder: string) => Promise<string>): Promise<string> {
    const hash = createHash('sha256');
    for (const part of ingredients) hash.update(`${part.length}:`).update(part);
    const key = hash.digest('hex').slice(0, 40);
    const known = await this.#intact(key);
    if (known !== undefined) return known;
    const work = await mkdtemp(join(this.folder, WORK));
    const forget = removeAtExit(work);
    try {
      const made = await build(work);
      chmodSync(made, 0o700);
      const name = `${key}-${digestOf(await readFile(made))}.so`;
      const path = join(this.folder, name);
      // At once: another process sees a whole library or none.
      await rename(made, path);
      this.#names.set(key, name);
      if (this.#added++ % PRUNE_EVERY === 0) await prune(this.folder).catch(() => {});
      return path;
    } finally {
      await rm(work, { recursive: true, force: true }).catch(() => {});
      forget();
    }
  }

  /** Removes a library that does not load. */
  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
  }

  async contents(): Promise<CacheContents> {
    const libraries = await librariesIn(this.folder);
    const bytes = libraries.reduce((sum, library) => sum + library.bytes, 0);
    const refused = this.refused === undefined ? {} : { refused: this.refused };
    return { folder: this.folder, files: libraries.length, bytes, mostBytes: MOST_BYTES, ...refused };
  }

  /** The path of a library that is there, whole, and this user's alone. */
  async #intact(key: string): Promise<string | undefined> {
    const name = this.#names.get(key);
    if (name === undefined) return undefined;
    const path = join(this.folder, name);
    if ((await isOwnFile(path)) && NAME.exec(name)![2] === digestOf(await readFile(path))) {
      // Told apart by age, what is used stays.
      const now = new Date();
      await utimes(path, now, now).catch(() => {});
      return path;
    }
    this.#names.delete(key);
    await this.remove(path);
    return undefined;
  }
}

const NO_HOME = 'this user has no home folder, and XDG_CACHE_HOME names none';

const digestOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex').slice(0, 24);

/** Folders that are to go however the process ends, and what ends that. */
const leftovers = new Set<string>();
function removeAtExit(folder: string): () => void {
  if (leftovers.size === 0) process.on('exit', removeLeftovers);
  leftovers.add(folder);
  return () => {
    leftovers.delete(folder);
    if (leftovers.size === 0) process.off('exit', removeLeftovers);
  };
}

function removeLeftovers(): void {
  for (const folder of leftovers) {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // Another process will find it stale.
    }
  }
}

/** Makes the folder and the one around it private; says why that failed. */
async function secured(wanted: string): Promise<{ folder?: string; refused?: string }> {
  try {
    await makeFolder(wanted);
    for (const each of [dirname(wanted), wanted]) {
      const status = await lstat(each);
      if (!status.isDirectory() || status.uid !== process.getuid?.()) {
        return { refused: `${each} is not a folder of this user` };
      }
    }
    const folder = await realpath(wanted);
    for (const path of [wanted, folder]) {
      const open = await openToOthers(path);
      if (open !== undefined) return { refused: `others may write to ${open}` };
    }
    chmodSync(folder, 0o700);
    return { folder };
  } catch (error) {
    return { refused: `${wanted}: ${(error as Error).message}` };
  }
}

/** Makes a folder and those around it. Node's own `recursive` never ends where a file system, as /proc, takes no folder. */
async function makeFolder(path: string): Promise<void> {
  const make = () =>
    mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  try {
    await make();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await make();
  }
}

/**
 * The first folder from here to the root in which others than this user and root could put something in place of what
 * leads here. Where the sticky bit is set, as in /tmp, they cannot move what is not theirs.
 */
async function openToOthers(path: string): Promise<string | undefined> {
  const status = await lstat(path);
  const theirs = status.uid !== 0 && status.uid !== process.getuid?.();
  const writable = !status.isSymbolicLink() && (status.mode & 0o022) !== 0 && (status.mode & 0o1000) === 0;
  if (theirs || writable) return path;
  const parent = dirname(path);
  return parent === path ? undefined : openToOthers(parent);
}

async function isOwnFile(path: string): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined);
  return status?.isFile() === true && status.uid === process.getuid?.() && (status.mode & 0o022) === 0;
}

interface CachedLibrary {
  readonly path: string;
  readonly bytes: number;
  readonly usedMs: number;
}

/** Those used last come first. */
async function librariesIn(folder: string): Promise<CachedLibrary[]> {
  const libraries: CachedLibrary[] = [];
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.so')) continue;
    const path = join(folder, name);
    const status = await stat(path).catch(() => undefined);
    if (status?.isFile()) libraries.push({ path, bytes: status.size, usedMs: status.mtimeMs });
  }
  return libraries.sort((a, b) => b.usedMs - a.usedMs);
}

async function prune(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.')) continue;
    const path = join(folder, name);
    const status = await lstat(path).catch(() => undefined);
    if (status && Date.now() - status.mtimeMs > STALE_MS) await rm(path, { recursive: true, force: true });
  }
  let bytes = 0;
  for (const [i, library] of (await librariesIn(folder)).entries()) {
    bytes += library.bytes;
    // A library that is loaded stays usable when its file goes.
    if (i >= MOST_FILES || bytes > MOST_BYTES) await rm(library.path, { force: true });
  }
}
