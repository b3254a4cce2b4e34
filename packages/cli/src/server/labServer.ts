import { createReadStream } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError, codeOf } from '../errors.ts';
import type { OwnFile } from './ownFiles.ts';

export type LabServer = {
  readonly port: number;
  /** Of the page, as http://127.0.0.1:4545/. */
  readonly url: string;
  close(): Promise<void>;
};

export type LabServerOptions = {
  /** 0 for any that is free. */
  readonly port: number;
  /** How many ports after `port` may be tried when that one is taken. */
  readonly more?: number;
};

/**
 * Serves files to this machine alone: on the loopback address, and only to pages that ask for it by a loopback name,
 * so that no other site reaches it by a name of its own (DNS rebinding).
 *
 * @param files by URL path; nothing else is served
 * @throws CliError when the port is taken or may not be used
 */
export async function serveLab(
  files: ReadonlyMap<string, OwnFile>,
  { port, more = 0 }: LabServerOptions,
): Promise<LabServer> {
  const server = createServer((request, response) => answer(request, response, files));
  const taken = await listen(server, port, more);
  return {
    port: taken,
    url: `http://${LOOPBACK}:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const LOOPBACK = '127.0.0.1';
const LOOPBACK_NAMES = new Set([LOOPBACK, 'localhost', '[::1]']);

/** Everything comes from here; styles by attribute are how the page places what it draws. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "style-src-attr 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  // The threads of the engine are made from a blob.
  "worker-src 'self' blob:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  // These three give the page shared memory, and with it threads.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-resource-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  files: ReadonlyMap<string, OwnFile>,
): void {
  const { method, headers, url = '/' } = request;
  if (!LOOPBACK_NAMES.has(nameOf(headers.host))) {
    refuse(response, 403, 'Ask for 127.0.0.1.');
    return;
  }
  if (method !== 'GET' && method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    refuse(response, 405, 'The lab is only read.');
    return;
  }
  const file = files.get(pathOf(url) ?? '');
  if (!file) {
    refuse(response, 404, 'There is no such file in the lab.');
    return;
  }
  response.writeHead(200, {
    ...HEADERS,
    'content-type': file.type,
    'content-length': file.bytes,
    'cache-control': file.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (method === 'HEAD' || file.bytes === 0) {
    response.end();
    return;
  }
  if (typeof file.path !== 'string') {
    response.end(file.path);
    return;
  }
  // A file that has become shorter or is gone ends the connection, which tells the browser that it is not whole.
  createReadStream(file.path, { end: file.bytes - 1 })
    .on('error', () => response.destroy())
    .pipe(response);
}

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

/** The name in a Host header, without its port. */
function nameOf(host = ''): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

function pathOf(url: string): string | undefined {
  try {
    return decodeURIComponent(url.split('?', 1)[0]!);
  } catch {
    return undefined;
  }
}

async function listen(server: Server, port: number, more: number): Promise<number> {
  for (let next = port; ; next++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(next, LOOPBACK, () => {
          server.off('error', reject);
          resolve();
        });
      });
      return (server.address() as AddressInfo).port;
    } catch (error) {
      if (codeOf(error) === 'EADDRINUSE' && next < port + more) continue;
      throw new CliError(`${problemOf(error, next)} Choose another one: fathom lab --port ${next + 1}`);
    }
  }
}

function problemOf(error: unknown, port: number): string {
  const code = codeOf(error);
  if (code === 'EADDRINUSE') return `port ${port} is taken by another program.`;
  if (code === 'EACCES') return `port ${port} may not be used by you.`;
  return `port ${port} cannot be used (${error instanceof Error ? error.message : error}).`;
}
