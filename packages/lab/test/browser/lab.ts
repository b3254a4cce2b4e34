import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

const FATHOM = fileURLToPath(new URL('../../../cli/bin/fathom.mjs', import.meta.url));
/** Where systems put Chromium. */
const CHROMIUM_PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser of this system; undefined when it has none, and then CI fails. */
export const chromiumPath = CHROMIUM_PATHS.find((path) => existsSync(path));
if (chromiumPath === undefined && process.env.CI) {
  throw new Error('no Chromium was found, and CI must not go without the browser tests: install chromium');
}
if (chromiumPath === undefined) {
  console.warn(
    'The tests of the lab are left out: no Chromium was found. On Debian: apt-get install chromium',
  );
}

export interface Lab {
  /** Opens a room in a page of its own. */
  open(address: string, options?: { width?: number; height?: number; dark?: boolean }): Promise<LabPage>;
  close(): Promise<void>;
}

export interface LabPage {
  readonly page: Page;
  /** What went wrong so far: errors on the console, exceptions, requests to anywhere else. */
  readonly troubles: string[];
}

/** Starts the built lab as a user does, and a browser. */
export async function startLab({ run, data = '' }: { run?: string; data?: string } = {}): Promise<Lab> {
  const env = { ...process.env, FATHOM_DATA: data, XDG_CACHE_HOME: join(tmpdir(), 'fathom-no-cache') };
  const args = run === undefined ? [] : [run];
  const server = spawn(process.execPath, [FATHOM, 'lab', ...args, '--port', '0', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  });
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  const { port } = JSON.parse(line.toString()) as { port: number };
  const browser = await launch();
  return {
    open: (address, options) => open(browser, `http://127.0.0.1:${port}`, address, options),
    close: async () => {
      await browser.close();
      server.kill('SIGINT');
      await once(server, 'close');
    },
  };
}

function launch(): Promise<Browser> {
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ];
  return chromium.launch({ executablePath: chromiumPath!, headless: true, args });
}

async function open(
  browser: Browser,
  origin: string,
  address: string,
  { width = 1280, height = 900, dark = false } = {},
): Promise<LabPage> {
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: dark ? 'dark' : 'light',
    hasTouch: true,
  });
  const troubles: string[] = [];
  page.on('pageerror', (error) => troubles.push(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning')
      troubles.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith('blob:') && !url.startsWith('data:')) {
      troubles.push(`request to ${url}`);
    }
  });
  await page.goto(`${origin}/${address}`);
  await page.locator('main h1').waitFor();
  return { page, troubles };
}

/** What axe finds against the rules of WCAG 2.2 AA and its best practices, and whether one must scroll sideways, in words. */
export async function violations(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{
          violations: { id: string; help: string; nodes: { html: string; failureSummary: string }[] }[];
        }>;
      };
    };
    const found = await axe.run();
    const words = found.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
    );
    const beyond = document.documentElement.scrollWidth - innerWidth;
    return beyond > 0 ? [...words, `reflow: ${beyond} px wider than the window`] : words;
  });
}

/** The violations in light and in dark colours, and on a narrow screen. */
export async function violationsInEveryLook(page: Page): Promise<string[]> {
  const { width, height } = page.viewportSize()!;
  const all: string[] = [];
  for (const look of [{}, { dark: true }, { width: NARROW }]) {
    await page.setViewportSize({ width: look.width ?? width, height });
    await page.emulateMedia({ colorScheme: look.dark ? 'dark' : 'light' });
    await page.waitForTimeout(SETTLED_MS);
    all.push(...(await violations(page)).map((words) => `${JSON.stringify(look)}: ${words}`));
  }
  return all;
}

/** A tablet's width. */
const NARROW = 768;
/** Pictures are drawn anew in the colours and sizes of the next frames. */
const SETTLED_MS = 400;
