import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type Browser, chromium } from 'playwright-core';

/** Where systems put Chromium. */
const CHROMIUM_PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this system, undefined when it has none. */
export function findChromium(): string | undefined {
  return CHROMIUM_PATHS.find((path) => existsSync(path));
}

/** Starts the browser so that it talks to nobody but the page's server. */
export function launchChromium(executablePath: string): Promise<Browser> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath, headless: true, args });
}

/** The library as one file for browsers, made from its sources as users' bundlers make it. */
export async function bundleLibrary(): Promise<string> {
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL('../../src/index.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
  const foreign = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules'));
  if (foreign.length > 0) throw new Error(`the core entry has dependencies: ${foreign.join(', ')}`);
  return outputFiles[0]!.text;
}

export type PageServer = { readonly url: string; close(): Promise<void> };

/**
 * Serves a page that makes the library available as `window.fathom`.
 *
 * @param isolated sends the headers that give a page shared memory
 */
export async function servePage(bundle: string, { isolated }: { isolated: boolean }): Promise<PageServer> {
  const headers: Record<string, string> = isolated
    ? { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' }
    : {};
  const server = createServer((request, response) => {
    const [type, body] = request.url === '/fathom.js' ? ['text/javascript', bundle] : ['text/html', PAGE];
    response.writeHead(200, { ...headers, 'content-type': `${type}; charset=utf-8` }).end(body);
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const PAGE = `<!doctype html><title>Fathom</title><link rel="icon" href="data:,"><script type="module">
  window.fathom = await import('/fathom.js');
</script>`;

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
