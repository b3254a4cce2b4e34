import { randomBytes } from 'node:crypto';
import * as nodeFileSystem from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** A file could not be written; what stood there before is untouched. */
export class FileWriteError extends Error {
  readonly path: string;
  /** The system's name for the cause, as ENOSPC. */
  readonly code: string | undefined;

  constructor(path: string, cause: unknown) {
    const code = codeOf(cause);
    const reason = (code && REASONS[code]) ?? `${cause instanceof Error ? cause.message : cause}.`;
    super(`cannot write ${path}: ${reason} Nothing was changed.`, { cause });
    this.name = 'FileWriteError';
    this.path = path;
    this.code = code;
  }
}

/** What `writeFileAtomic` needs of node:fs/promises. */
export type AtomicFileSystem = {
  open(
    path: string,
    flags: string,
    mode?: number,
  ): Promise<{
    writeFile(data: string | Uint8Array): Promise<void>;
    sync(): Promise<void>;
    close(): Promise<void>;
  }>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
  realpath(path: string): Promise<string>;
  stat(path: string): Promise<{ mode: number }>;
};

/**
 * Writes a file so that at every moment either the old or the whole new content is there, also after a crash.
 *
 * The data goes to a temporary name in the same folder, is forced to the disk, takes the place of the old file in
 * one step, and the folder is forced to the disk. A symbolic link stays one; an old file's permissions stay.
 *
 * @param data a string is written as UTF-8
 * @throws FileWriteError when the folder is missing, the disk is full, …; the temporary file is removed
 * @example
 * await writeFileAtomic('runs/1/config.json', JSON.stringify(config));
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array,
  { fileSystem = nodeFileSystem }: { fileSystem?: AtomicFileSystem } = {},
): Promise<void> {
  let temporary: string | undefined;
  try {
    const target = await orIfMissing(fileSystem.realpath(path), path);
    const mode = (await orIfMissing(fileSystem.stat(target), { mode: DEFAULT_MODE })).mode & PERMISSIONS;
    const name = join(
      dirname(target),
      `.${basename(target)}.${process.pid}-${randomBytes(6).toString('hex')}.tmp`,
    );
    // 'wx' never opens a file that is there already.
    const file = await fileSystem.open(name, 'wx', mode);
    temporary = name;
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await fileSystem.rename(name, target);
    temporary = undefined;
    await syncFolder(dirname(target), fileSystem);
  } catch (error) {
    // A failing clean-up must not hide why the writing failed.
    if (temporary !== undefined) await fileSystem.unlink(temporary).catch(() => {});
    throw new FileWriteError(path, error);
  }
}

const DEFAULT_MODE = 0o666;
const PERMISSIONS = 0o777;

const REASONS: Record<string, string | undefined> = {
  ENOSPC: 'the disk is full. Free some space or choose another place.',
  EDQUOT: 'your disk quota is used up. Free some space or choose another place.',
  EFBIG: 'the file is larger than this system allows.',
  EACCES: 'you may not write there. Choose another place or change its permissions.',
  EPERM: 'you may not write there. Choose another place or change its permissions.',
  EROFS: 'the file system is read-only. Choose another place.',
  ENOENT: 'its folder does not exist. Create the folder first.',
  ENOTDIR: 'part of its path is a file, not a folder.',
  EISDIR: 'a folder of that name is there.',
  ENOTEMPTY: 'a folder of that name is there.',
};

/** The rename is safe only when the folder is on the disk too; some systems cannot open or sync a folder. */
async function syncFolder(path: string, fileSystem: AtomicFileSystem): Promise<void> {
  try {
    const folder = await fileSystem.open(path, 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!FOLDER_SYNC_UNSUPPORTED.has(codeOf(error) ?? '')) throw error;
  }
}

const FOLDER_SYNC_UNSUPPORTED = new Set(['EPERM', 'EACCES', 'EISDIR', 'EINVAL', 'ENOTSUP', 'EBADF']);

async function orIfMissing<T>(found: Promise<T>, fallback: T): Promise<T> {
  try {
    return await found;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return fallback;
    throw error;
  }
}

function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
