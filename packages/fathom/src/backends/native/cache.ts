import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, rmSync } from 'node:fs';
import { lstat, mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** Compiled programs are some 50 kB each; the oldest go when there are more, or more bytes, than this. */
const MOST_FILES = 4000;
const MOST_BYTES = 512 * 2 ** 20;
/** How many new files pass between two looks at the size of the whole. */
const PRUNE_EVERY = 64;
/** A temporary file that old belongs to a process that is gone. */
const STALE_MS = 3600_000;
const SUFFIX = '.so';

/** `$XDG_CACHE_HOME/fathom/native`, or `~/.cache/fathom/native`. */
export function nativeCacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment.XDG_CACHE_HOME;
  return join(given && isAbsolute(given) ? given : join(homedir(), '.cache'), 'fathom', 'native');
}

/**
 * Shared libraries on disk by the hash of all that they are made of. Code from here is run, so folder and files belong
 * to this user, and nobody else may write them; where that cannot be had, a folder of this process takes the place.
 */
export class LibraryCache {
  readonly folder: string;
  /** Why the folder asked for is not used. */
  readonly refused: string | undefined;
  #added = 0;

  private constructor(folder: string, refused: string | undefined) {
    this.folder = folder;
    this.refused = refused;
  }

  static async open(folder: string): Promise<LibraryCache> {
    const refused = await secured(folder);
    if (refused === undefined) return new LibraryCache(folder, undefined);
    const own = await mkdtemp(join(tmpdir(), 'fathom-native-'));
    process.once('exit', () => rmSync(own, { recursive: true, force: true }));
    return new LibraryCache(own, refused);
  }

  /** The path of the library of these ingredients, which `build` writes where there is none yet. */
  async get(ingredients: readonly string[], build: (path: string) => Promise<void>): Promise<string> {
    const hash = createHash('sha256');
    for (const part of ingredients) hash.update(`${part.length}:`).update(part);
    const path = join(this.folder, `${hash.digest('hex').slice(0, 40)}${SUFFIX}`);
    if (await isOwnFile(path)) {
      // Told apart by age, what is used stays.
      const now = new Date();
      await utimes(path, now, now).catch(() => {});
      return path;
    }
    const temporary = join(this.folder, `.${process.pid}-${randomBytes(6).toString('hex')}.tmp`);
    try {
      await build(temporary);
      chmodSync(temporary, 0o700);
      await rename(temporary, path);
    } finally {
      await rm(temporary, { force: true });
    }
    if (this.#added++ % PRUNE_EVERY === 0) await prune(this.folder).catch(() => {});
    return path;
  }

  /** Removes a library that turned out to be damaged. */
  async remove(path: string): Promise<void> {
    await rm(path, { force: true });
  }
}

/** Makes the folder and the one around it private; says why that failed. */
async function secured(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const each of [join(folder, '..'), folder]) {
      const status = await lstat(each);
      if (!status.isDirectory() || status.uid !== process.getuid?.())
        return `${each} is not a folder of this user`;
      if ((status.mode & 0o022) !== 0) return `others may write to ${each}`;
    }
    chmodSync(folder, 0o700);
    return undefined;
  } catch (error) {
    return `${folder}: ${(error as Error).message}`;
  }
}

async function isOwnFile(path: string): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined);
  if (!status) return false;
  return (
    status.isFile() && status.uid === process.getuid?.() && (status.mode & 0o022) === 0 && status.size > 0
  );
}

async function prune(folder: string): Promise<void> {
  const files: { path: string; bytes: number; used: number }[] = [];
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const status = await stat(path).catch(() => undefined);
    if (!status?.isFile()) continue;
    if (name.endsWith('.tmp') && Date.now() - status.mtimeMs > STALE_MS) await rm(path, { force: true });
    if (name.endsWith(SUFFIX)) files.push({ path, bytes: status.size, used: status.mtimeMs });
  }
  files.sort((a, b) => b.used - a.used);
  let bytes = 0;
  for (const [i, file] of files.entries()) {
    bytes += file.bytes;
    // A library that is loaded stays usable when its file goes.
    if (i >= MOST_FILES || bytes > MOST_BYTES) await rm(file.path, { force: true });
  }
}
