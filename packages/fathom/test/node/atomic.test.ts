import * as realFileSystem from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AtomicFileSystem, FileWriteError, writeFileAtomic } from '../../src/node/atomic.ts';

const { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } = realFileSystem;

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fathom-atomic-'));
  path = join(folder, 'model.json');
});
afterEach(() => rm(folder, { recursive: true }));

/** The real file system, where the named step fails as the kernel would make it fail. */
function failing(step: 'writeFile' | 'sync' | 'rename' | 'folderSync', code: string): AtomicFileSystem {
  const fail = async (): Promise<never> => {
    throw Object.assign(new Error(`${code}: injected`), { code });
  };
  return {
    ...realFileSystem,
    rename: step === 'rename' ? fail : realFileSystem.rename,
    async open(name, flags, mode) {
      const handle = await realFileSystem.open(name, flags, mode);
      const isFolder = flags === 'r';
      return {
        // Half of the data arrives before the disk is full.
        writeFile: async (data) => {
          await handle.writeFile(step === 'writeFile' ? data.slice(0, data.length / 2) : data);
          if (step === 'writeFile') await fail();
        },
        sync: (isFolder ? step === 'folderSync' : step === 'sync') ? fail : () => handle.sync(),
        close: () => handle.close(),
      };
    },
  };
}

async function errorOf(work: Promise<void>): Promise<FileWriteError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof FileWriteError) return error;
  throw new Error(`expected a FileWriteError, received ${error}`);
}

describe('writeFileAtomic', () => {
  it('writes strings and bytes, and leaves nothing else in the folder', async () => {
    await writeFileAtomic(path, 'é');
    expect(await readFile(path)).toEqual(Buffer.from([0xc3, 0xa9]));
    await writeFileAtomic(path, Uint8Array.of(1, 2));
    expect(await readFile(path)).toEqual(Buffer.from([1, 2]));
    expect(await readdir(folder)).toEqual(['model.json']);
  });

  it.each(['writeFile', 'sync', 'rename'] as const)(
    'keeps the old file when the disk is full at %s',
    async (step) => {
      await writeFile(path, 'old');
      const error = await errorOf(
        writeFileAtomic(path, 'new content', { fileSystem: failing(step, 'ENOSPC') }),
      );
      expect(error.code).toBe('ENOSPC');
      expect(error.message).toBe(
        `cannot write ${path}: the disk is full. Free some space or choose another place. Nothing was changed.`,
      );
      expect(await readFile(path, 'utf8')).toBe('old');
      expect(await readdir(folder)).toEqual(['model.json']);
    },
  );

  it('does without syncing the folder where the system cannot', async () => {
    await writeFileAtomic(path, 'new', { fileSystem: failing('folderSync', 'EPERM') });
    expect(await readFile(path, 'utf8')).toBe('new');
  });

  it('keeps permissions and symbolic links', async () => {
    await writeFile(path, 'old');
    await chmod(path, 0o600);
    const link = join(folder, 'latest');
    await symlink(path, link);
    await writeFileAtomic(link, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await lstat(link)).isSymbolicLink()).toBe(true);
  });

  it('says that the folder is missing', async () => {
    const error = await errorOf(writeFileAtomic(join(folder, 'no', 'model.json'), 'x'));
    expect(error.message).toContain('its folder does not exist. Create the folder first.');
  });

  it('does not replace a folder', async () => {
    await mkdir(path);
    expect((await errorOf(writeFileAtomic(path, 'x'))).message).toContain('a folder of that name is there');
    expect(await readdir(folder)).toEqual(['model.json']);
  });

  it('survives many writers at once with one whole content', async () => {
    const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(contents.map((content) => writeFileAtomic(path, content)));
    expect(contents).toContain(await readFile(path, 'utf8'));
    expect(await readdir(folder)).toEqual(['model.json']);
  });
});
