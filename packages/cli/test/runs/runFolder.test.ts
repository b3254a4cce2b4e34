import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openRunFolder, RUN_FILES } from '../../src/runs/runFolder.ts';
import { newFolder } from '../command.ts';

let folder: string;
beforeEach(async () => {
  folder = await newFolder();
});
afterEach(() => rm(folder, { recursive: true }));

const writeAll = (content: string) => async (stage: string) => {
  for (const file of RUN_FILES) await writeFile(join(stage, file), content);
};

describe('openRunFolder', () => {
  it('makes the folder, saves all files or none, and leaves nothing else there', async () => {
    const path = join(folder, 'a/b/run');
    const run = await openRunFolder(path, 1000);
    expect(await readdir(path)).toEqual([]);
    await run.save(writeAll('1'));
    expect((await readdir(path)).sort()).toEqual([...RUN_FILES].sort());
  });

  it('keeps the earlier run as it was when the new one cannot be saved', async () => {
    const path = join(folder, 'run');
    await (await openRunFolder(path, 10)).save(writeAll('old'));
    const run = await openRunFolder(path, 10);
    const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    const saving = run.save(async (stage) => {
      await writeFile(join(stage, RUN_FILES[0]), 'half');
      throw full;
    });
    await expect(saving).rejects.toThrow(/the disk is full/);
    await run.abandon();
    for (const file of RUN_FILES) expect(await readFile(join(path, file), 'utf8')).toBe('old');
    expect(await readdir(path)).toHaveLength(RUN_FILES.length);
  });

  it('removes what it made, and no more, when nothing was saved', async () => {
    await mkdir(join(folder, 'kept'));
    await (await openRunFolder(join(folder, 'kept/new/run'), 10)).abandon();
    expect(await readdir(join(folder, 'kept'))).toEqual([]);
    const used = await openRunFolder(join(folder, 'kept/used/run'), 10);
    await writeFile(join(folder, 'kept/used/notes'), '');
    await used.abandon();
    expect(await readdir(join(folder, 'kept/used'))).toEqual(['notes']);
  });

  it('refuses a folder with other files in it', async () => {
    await writeFile(join(folder, 'photo.jpg'), '');
    await expect(openRunFolder(folder, 10)).rejects.toThrow(/received one with other files \(photo\.jpg\)/);
  });
});
