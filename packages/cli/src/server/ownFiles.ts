import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** A file that may be served. */
export type OwnFile = {
  /** Where it is read from, or what it holds. */
  readonly path: string | Uint8Array;
  readonly type: string;
  readonly bytes: number;
  /** Its name changes with its content, so that browsers may keep it. */
  readonly immutable: boolean;
};

/**
 * All files of a folder and those below it by their URL path, as `/assets/index.js`; the folder itself is its
 * index.html. What is not in this list cannot be asked for, whatever a path says. They are read now, so that a page that
 * is open stays whole while its files are built anew.
 */
export async function listFiles(folder: string, prefix = '/'): Promise<Map<string, OwnFile>> {
  const files = new Map<string, OwnFile>();
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const url = prefix + path.slice(folder.length).replaceAll('\\', '/').replace(/^\/+/, '');
    const content = await readFile(path);
    files.set(url, {
      path: content,
      type: typeOf(path),
      bytes: content.length,
      immutable: url.startsWith('/assets/'),
    });
  }
  const index = files.get(`${prefix}index.html`);
  if (index) files.set(prefix, index);
  return files;
}

/** A file that is read when it is asked for. */
export async function describeFile(path: string): Promise<OwnFile> {
  return { path, type: typeOf(path), bytes: (await stat(path)).size, immutable: false };
}

/** A file that is not on the disk. */
export function jsonFile(value: unknown): OwnFile {
  const content = new TextEncoder().encode(JSON.stringify(value));
  return { path: content, type: TYPES['.json']!, bytes: content.length, immutable: false };
}

function typeOf(path: string): string {
  return TYPES[extname(path)] ?? 'application/octet-stream';
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.wasm': 'application/wasm',
};
