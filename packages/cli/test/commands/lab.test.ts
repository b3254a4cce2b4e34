import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fathom, newFolder, startFathom } from '../command.ts';

let folder: string;
beforeAll(async () => {
  folder = await newFolder();
});
afterAll(() => rm(folder, { recursive: true }));

/** Starts the lab and waits until it says where it is. */
async function startLab(...args: string[]) {
  const running = startFathom(['lab', '--port', '0', '--json', ...args]);
  const [text] = (await once(running.process.stdout!, 'data')) as [string];
  const { url, port } = JSON.parse(text) as { url: string; port: number };
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  return { ...running, url, get };
}

describe('fathom lab', () => {
  it('serves the page on loopback until Ctrl-C, and then ends well', async () => {
    const { process, finished, url, get } = await startLab();
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(await (await get('/')).text()).toContain('<title>Fathom lab</title>');
    expect(await (await get('/offer.json')).json()).toEqual({ data: [], run: false });
    expect((await get('/run/model.json')).status).toBe(404);
    process.kill('SIGINT');
    const { code, err } = await finished;
    expect(code).toBe(0);
    expect(err).toContain('It answers this machine alone. Ctrl-C ends it.');
  });

  it('offers a run of yours', async () => {
    const out = join(folder, 'run');
    await fathom([
      'train',
      'digits',
      '--model',
      'perceptron',
      '--limit',
      '100',
      '--epochs',
      '1',
      '--out',
      out,
    ]);
    const { process, finished, url, get } = await startLab(out);
    expect(url).toMatch(/#\/draw\?network=run$/);
    expect(await (await get('/offer.json')).json()).toEqual({ data: [], run: true });
    expect(await (await get('/run/model.json')).json()).toMatchObject({ name: 'perceptron' });
    expect((await (await get('/run/weights.safetensors')).arrayBuffer()).byteLength).toBeGreaterThan(
      4 * 7850,
    );
    process.kill('SIGINT');
    expect((await finished).code).toBe(0);
  });

  it('says where there is no run', async () => {
    const { code, err } = await fathom(['lab', folder]);
    expect(err).toMatch(/^error: there is no run at .*model\.json is missing.*fathom train digits\n$/);
    expect(code).toBe(1);
  });

  it('refuses a port that is none', async () => {
    const { code, err } = await fathom(['lab', '--port', '70000']);
    expect(err).toMatch(/--port: expected a whole number from 0 to 65535; received '70000'/);
    expect(code).toBe(2);
  });
});
