/**
 * What the page's own thread has to do while a LeNet-5 trains in the room Train, and how many frames it draws: prints,
 * before and during training, the milliseconds of processor time that the thread takes a second, the share of frames that
 * came within 20 ms of the one before, and the longest wait. It asserts nothing, since the machine may be busy.
 *
 *   node packages/lab/test/browser/frames.mjs [seconds]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const FATHOM = fileURLToPath(new URL('../../../cli/bin/fathom.mjs', import.meta.url));
const CHROMIUM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) =>
  existsSync(path),
);
const LENET =
  'conv2d_6_5_1_same_relu,maxPooling2d_2,conv2d_16_5_1_valid_relu,maxPooling2d_2,flatten,dense_120_relu,dense_84_relu,dense_10_softmax';
const SECONDS = Number(process.argv[2] ?? 10);

const server = spawn(process.execPath, [FATHOM, 'lab', '--port', '0', '--json'], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const { port } = JSON.parse(String((await once(server.stdout, 'data'))[0]));
const browser = await chromium.launch({
  executablePath: CHROMIUM,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(`http://127.0.0.1:${port}/#/train?samples=30000&layers=${LENET}`);
  await page.locator('button:has-text("▶ Train"):enabled').waitFor({ timeout: 120_000 });
  await page.waitForTimeout(1000);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  tellWork('at rest', await work(page, session, SECONDS));
  tell('at rest', await frames(page, SECONDS));
  await page.getByRole('button', { name: '▶ Train' }).click();
  await page.waitForTimeout(1000);
  tellWork('while training', await work(page, session, SECONDS));
  tell('while training', await frames(page, SECONDS));
  console.log(await page.locator('.counts').innerText());
} finally {
  await browser.close();
  server.kill('SIGINT');
}

/** Processor time of the page's thread, in milliseconds a second, by what it is for. */
async function work(page, session, seconds) {
  const read = async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return new Map(metrics.map(({ name, value }) => [name, value]));
  };
  const before = await read();
  await page.waitForTimeout(1000 * seconds);
  const after = await read();
  const kinds = ['TaskDuration', 'ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration'];
  return kinds.map((kind) => (1000 * (after.get(kind) - before.get(kind))) / seconds);
}

function tellWork(when, [all, script, style, layout]) {
  const text = (ms) => ms.toFixed(1);
  console.log(
    `${when}: the page's thread works ${text(all)} ms a second: script ${text(script)}, style ${text(style)}, layout ${text(layout)}`,
  );
}

/** Milliseconds between frames. */
function frames(page, seconds) {
  return page.evaluate(
    (duration) =>
      new Promise((resolve) => {
        const waits = [];
        const start = performance.now();
        let last = start;
        const frame = (now) => {
          waits.push(now - last);
          last = now;
          if (now - start < duration) requestAnimationFrame(frame);
          else resolve(waits.slice(1));
        };
        requestAnimationFrame(frame);
      }),
    1000 * seconds,
  );
}

function tell(when, waits) {
  const share = waits.filter((wait) => wait < 20).length / waits.length;
  const sum = waits.reduce((a, b) => a + b, 0);
  const sorted = waits.toSorted((a, b) => a - b);
  const at = (part) => sorted[Math.floor(part * (sorted.length - 1))].toFixed(1);
  console.log(
    `${when}: ${((1000 * waits.length) / sum).toFixed(1)} frames/s; ${(100 * share).toFixed(1)} % within 20 ms; ` +
      `median ${at(0.5)} ms, 95 % within ${at(0.95)} ms, 99 % within ${at(0.99)} ms, longest ${at(1)} ms`,
  );
}
