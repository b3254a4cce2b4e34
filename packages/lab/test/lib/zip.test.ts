import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { unzip, zip } from '../../src/lib/zip.ts';

const MOST = 1 << 20;
const files = [
  { name: 'model.json', bytes: new TextEncoder().encode('{"layers":[]}\n') },
  { name: 'nothing', bytes: new Uint8Array(0) },
  { name: 'weights.safetensors', bytes: Uint8Array.from({ length: 70_000 }, (_, i) => (i * i) >>> 5) },
];

describe('a zip file', () => {
  it('gives back what was put in', async () => {
    expect(await unzip(zip(files), 'a.zip', MOST)).toEqual(files);
    expect(await unzip(zip([]), 'a.zip', MOST)).toEqual([]);
  });

  it('is one that other programs read, and theirs are read here', async () => {
    const python = hasPython();
    if (!python) return;
    const folder = mkdtempSync(join(tmpdir(), 'fathom-zip-'));
    const path = join(folder, 'a.zip');
    writeFileSync(path, zip(files));
    const script = `
import sys, zipfile
given = zipfile.ZipFile(sys.argv[1])
assert given.testzip() is None
made = zipfile.ZipFile(sys.argv[2], 'w', zipfile.ZIP_DEFLATED)
for name in given.namelist(): made.writestr(name, given.read(name))
made.close()`;
    execFileSync(python, ['-c', script, path, join(folder, 'b.zip')]);
    const packed = new Uint8Array(readFileSync(join(folder, 'b.zip')));
    expect(packed.length).toBeLessThan(zip(files).length);
    expect(await unzip(packed, 'b.zip', MOST)).toEqual(files);
    await expect(unzip(packed, 'b.zip', 1000)).rejects.toThrow(/b\.zip: .*damaged.*weights.*at most/);
    rmSync(folder, { recursive: true });
  });

  it('that is damaged anywhere is refused', async () => {
    const whole = zip(files);
    for (const length of [0, 10, 1000, whole.length - 1]) {
      await expect(unzip(whole.slice(0, length), 'a.zip', MOST)).rejects.toThrow(/a\.zip: .*damaged/);
    }
    const flipped = whole.slice();
    flipped[50_000]! ^= 1;
    await expect(unzip(flipped, 'a.zip', MOST)).rejects.toThrow(/weights.safetensors is not what it was/);
    await expect(unzip(deflateRawSync(whole) as Uint8Array<ArrayBuffer>, 'a.zip', MOST)).rejects.toThrow(
      /damaged/,
    );
  });
});

function hasPython(): string | undefined {
  return ['python3', 'python'].find((name) => {
    try {
      execFileSync(name, ['-c', 'import zipfile']);
      return true;
    } catch {
      return false;
    }
  });
}
