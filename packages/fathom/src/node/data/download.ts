import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FileWriteError, writeFileAtomic } from '../atomic.ts';

/** How far a download has come, for a progress bar. */
export type DownloadProgress = {
  readonly file: string;
  readonly url: string;
  /** Bytes of this file so far. */
  readonly received: number;
  readonly total: number;
};

export type DownloadOptions = {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Ends the download; nothing is left behind. */
  readonly signal?: AbortSignal;
  /** Longest wait for an answer or the next bytes, in milliseconds. */
  readonly idleTimeoutMs?: number;
  /** Longest time for one file from one mirror, in milliseconds. */
  readonly totalTimeoutMs?: number;
};

/**
 * Downloads one file of known length and checksum from the first mirror that has it, and writes it atomically.
 *
 * An answer that announces or sends another length is dropped at once, so memory stays within the known length.
 *
 * @param mirrors folders, each ending with a slash
 * @returns the URL it came from, or each URL with the reason why it failed
 * @throws FileWriteError when it arrives but cannot be written; the reason of `signal` when that is aborted
 */
export async function downloadFile(
  file: { readonly name: string; readonly bytes: number; readonly sha256: string },
  path: string,
  mirrors: readonly string[],
  options: DownloadOptions = {},
): Promise<{ url: string } | { failures: string[] }> {
  const failures: string[] = [];
  for (const mirror of mirrors) {
    const url = mirror + file.name;
    let content: Uint8Array;
    try {
      content = await fetchExactly(url, file, options);
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(`${url}: ${reasonOf(error)}`);
      continue;
    }
    await makeFolder(dirname(path));
    await writeFileAtomic(path, content);
    return { url };
  }
  return { failures };
}

/** Only now, so that a machine without a network is left without an empty folder. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
  } catch (error) {
    throw new FileWriteError(path, error);
  }
}

const IDLE_TIMEOUT_MS = 10_000;
const TOTAL_TIMEOUT_MS = 600_000;

async function fetchExactly(
  url: string,
  file: { readonly name: string; readonly bytes: number; readonly sha256: string },
  options: DownloadOptions,
): Promise<Uint8Array> {
  const { onProgress, signal, idleTimeoutMs = IDLE_TIMEOUT_MS, totalTimeoutMs = TOTAL_TIMEOUT_MS } = options;
  const stop = new AbortController();
  const giveUp = (after: number, what: string) =>
    setTimeout(() => stop.abort(new Error(`${what} for ${after / 1000} s`)), after);
  const total = giveUp(totalTimeoutMs, 'not finished');
  let idle = giveUp(idleTimeoutMs, 'no answer');
  const forward = () => stop.abort(signal?.reason);
  signal?.addEventListener('abort', forward);
  if (signal?.aborted) forward();
  try {
    // A packed answer to a packed file would be unpacked on the way, and the checksum with it.
    const response = await fetch(url, { signal: stop.signal, headers: { 'accept-encoding': 'identity' } });
    if (!response.ok || !response.body) throw new Error(`the server answers ${response.status}`);
    const announced = response.headers.get('content-length');
    if (announced !== null && Number(announced) !== file.bytes) {
      throw new Error(`expected ${file.bytes} bytes, the server announces ${announced}`);
    }
    const content = new Uint8Array(file.bytes);
    let received = 0;
    for await (const chunk of response.body) {
      clearTimeout(idle);
      idle = giveUp(idleTimeoutMs, 'no more bytes');
      if (received + chunk.length > file.bytes)
        throw new Error(`expected ${file.bytes} bytes, the server sends more`);
      content.set(chunk, received);
      received += chunk.length;
      onProgress?.({ file: file.name, url, received, total: file.bytes });
    }
    if (received !== file.bytes) throw new Error(`expected ${file.bytes} bytes, received ${received}`);
    if (sha256(content) !== file.sha256) throw new Error('the checksum is wrong');
    return content;
  } catch (error) {
    // What fetch throws on an abort says less than the reason for it.
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    clearTimeout(idle);
    clearTimeout(total);
    signal?.removeEventListener('abort', forward);
    // Closes the connection when it was left in the middle.
    stop.abort();
  }
}

/** The SHA-256 of the bytes, in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** fetch hides the cause, as ENOTFOUND, one level down. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : undefined;
  return cause.message || code || error.message;
}
