import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LabServer, serveLab } from '../../src/server/labServer.ts';
import { jsonFile, listFiles } from '../../src/server/ownFiles.ts';
import { newFolder } from '../command.ts';

type Answer = {
  readonly status: number;
  readonly headers: Record<string, unknown>;
  readonly body: string;
};

let folder: string;
let server: LabServer;

beforeAll(async () => {
  folder = await newFolder();
  const site = join(folder, 'site');
  await mkdir(join(site, 'assets'), { recursive: true });
  await writeFile(join(site, 'index.html'), '<!doctype html>');
  await writeFile(join(site, 'assets/app.js'), 'void 0;');
  await writeFile(join(site, 'empty.bin'), '');
  await writeFile(join(folder, 'secret.txt'), 'secret');
  await symlink(join(folder, 'secret.txt'), join(site, 'link.txt'));
  const files = await listFiles(site);
  server = await serveLab(files.set('/offer.json', jsonFile({ run: false })), { port: 0 });
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

/** Asks as it stands: fetch would tidy the path. */
function ask(path: string, { method = 'GET', host = '' } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = host ? { host } : {};
    request({ host: '127.0.0.1', port: server.port, path, method, headers }, (response) => {
      let body = '';
      response
        .setEncoding('utf8')
        .on('data', (text: string) => {
          body += text;
        })
        .on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body }));
    })
      .on('error', reject)
      .end();
  });
}

describe('the server of the lab', () => {
  it('serves its files with their types, and keeps those whose names change', async () => {
    const page = await ask('/');
    expect(page).toMatchObject({ status: 200, body: '<!doctype html>' });
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    expect(page.headers['cache-control']).toBe('no-cache');
    const script = await ask('/assets/app.js?v=1');
    expect(script).toMatchObject({ status: 200, body: 'void 0;' });
    expect(script.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(script.headers['cache-control']).toContain('immutable');
    expect(await ask('/empty.bin')).toMatchObject({ status: 200, body: '' });
    expect(JSON.parse((await ask('/offer.json')).body)).toEqual({ run: false });
  });

  it('isolates the page and lets it ask nobody else', async () => {
    const { headers } = await ask('/');
    expect(headers['cross-origin-opener-policy']).toBe('same-origin');
    expect(headers['cross-origin-embedder-policy']).toBe('require-corp');
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    expect(headers['content-security-policy']).toContain("connect-src 'self'");
    expect(headers['content-security-policy']).not.toMatch(/https?:|'unsafe-eval'|\*/);
    expect(headers['x-content-type-options']).toBe('nosniff');
  });

  it.each([
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/..%2fsecret.txt',
    '/assets/..%5c..%5csecret.txt',
    '//etc/passwd',
    '/link.txt',
    '/assets',
    '/assets/',
    '/%ff',
    '/%00',
    '/__proto__',
    '/nothing',
  ])('knows no %s', async (path) => {
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    expect(body).not.toContain('secret\n');
  });

  it('is only read', async () => {
    expect(await ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      expect((await ask('/', { method })).status).toBe(405);
    }
  });

  it.each(['evil.example', 'evil.example:4545', '127.0.0.1.evil.example', 'localhost.evil.example'])(
    'does not answer to the name %s',
    async (host) => {
      expect((await ask('/', { host })).status).toBe(403);
    },
  );

  it.each(['localhost:4545', '127.0.0.1', '[::1]:80'])('answers to the name %s', async (host) => {
    expect((await ask('/', { host })).status).toBe(200);
  });

  it('takes the next port when one is taken, or says so', async () => {
    const next = await serveLab(new Map(), { port: server.port, more: 20 });
    expect(next.port).toBeGreaterThan(server.port);
    await next.close();
    await expect(serveLab(new Map(), { port: server.port })).rejects.toThrow(
      `port ${server.port} is taken by another program. Choose another one: fathom lab --port`,
    );
  });
});
