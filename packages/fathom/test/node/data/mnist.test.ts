import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeIdx } from '../../../src/data/idx.ts';
import type { DownloadProgress } from '../../../src/node/data/download.ts';
import { type LoadMnistOptions, loadIdxDataset, MissingDataError } from '../../../src/node/data/mnist.ts';
import {
  cacheFolder,
  MNIST_SOURCES,
  type MnistPart,
  type MnistSource,
} from '../../../src/node/data/sources.ts';

const TRAIN = 6;
const TEST = 3;
const images = (count: number) => Uint8Array.from({ length: count * 784 }, (_, i) => (i * 7) % 256);
const labels = (count: number) => Uint8Array.from({ length: count }, (_, i) => (i * 3) % 10);

/** The four files of a small MNIST. */
const RAW: Record<MnistPart, Uint8Array> = {
  trainImages: encodeIdx('uint8', [TRAIN, 28, 28], images(TRAIN)),
  trainLabels: encodeIdx('uint8', [TRAIN], labels(TRAIN)),
  testImages: encodeIdx('uint8', [TEST, 28, 28], images(TEST)),
  testLabels: encodeIdx('uint8', [TEST], labels(TEST)),
};
const packed = new Map<string, Buffer>();
const SOURCE: MnistSource = {
  ...MNIST_SOURCES.mnist,
  files: MNIST_SOURCES.mnist.files.map((file) => {
    const bytes = gzipSync(RAW[file.part]);
    packed.set(`${file.name}.gz`, bytes);
    return {
      ...file,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      unpackedBytes: RAW[file.part].length,
    };
  }),
};
const NAMES = [...packed.keys()];

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
const serveFiles: Answer = (request, response) => {
  const bytes = packed.get(request.url!.slice(1));
  response.writeHead(bytes ? 200 : 404, bytes && { 'content-length': bytes.length }).end(bytes);
};

let root: string;
let server: Server;
let mirror: string;
let answer: Answer;
let requests: string[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'fathom-mnist-'));
  requests = [];
  answer = serveFiles;
  server = createServer((request, response) => {
    requests.push(request.url!);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(root, { recursive: true });
});

const dataDir = () => join(root, 'data');
const cacheDir = () => join(root, 'cache');
const load = (options: LoadMnistOptions = {}) =>
  loadIdxDataset('mnist', SOURCE, {
    dataDir: dataDir(),
    cacheDir: cacheDir(),
    mirrors: [mirror],
    ...options,
  });

async function put(folder: string, files: Iterable<readonly [string, Uint8Array]>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) await writeFile(join(folder, name), bytes);
}

async function cached(): Promise<string[]> {
  return (await readdir(join(cacheDir(), 'mnist')).catch(() => [])).sort();
}

describe('files at hand', () => {
  it.each([
    ['packed', (name: string) => `${name}.gz`, (part: MnistPart) => gzipSync(RAW[part])],
    ['unpacked', (name: string) => name, (part: MnistPart) => RAW[part]],
    [
      'with a dot in the name',
      (name: string) => name.replace('-idx', '.idx'),
      (part: MnistPart) => RAW[part],
    ],
  ])('are read %s, without asking the network', async (_, nameOf, bytesOf) => {
    await put(
      join(dataDir(), 'mnist'),
      SOURCE.files.map((file) => [nameOf(file.name), bytesOf(file.part)]),
    );
    const { train, test, source } = await load();
    expect([train.count, test.count, train.shape]).toEqual([TRAIN, TEST, [28, 28, 1]]);
    expect(Uint8Array.from(train.images)).toEqual(images(TRAIN));
    expect([...test.labels]).toEqual([...labels(TEST)]);
    expect(source).toBe(`MNIST from ${join(dataDir(), 'mnist')}`);
    expect(requests).toEqual([]);
  });

  it('are found through FATHOM_DATA', async () => {
    await put(join(dataDir(), 'mnist'), packed);
    const before = process.env.FATHOM_DATA;
    process.env.FATHOM_DATA = dataDir();
    try {
      const { source } = await loadIdxDataset('mnist', SOURCE, { cacheDir: cacheDir(), download: false });
      expect(source).toBe(`MNIST from ${join(dataDir(), 'mnist')}`);
    } finally {
      if (before === undefined) delete process.env.FATHOM_DATA;
      else process.env.FATHOM_DATA = before;
    }
  });

  it('are not replaced silently when one is missing', async () => {
    await put(join(dataDir(), 'mnist'), [...packed].slice(1));
    await expect(load()).rejects.toThrow(/MNIST is incomplete .*a folder without train-labels-idx1-ubyte/);
    expect(requests).toEqual([]);
  });

  const trainImages = 'train-images-idx3-ubyte';
  const trainLabels = 'train-labels-idx1-ubyte';
  it.each<[string, string, Uint8Array, RegExp]>([
    ['truncated gzip', trainImages, packed.get(`${trainImages}.gz`)!.subarray(0, 60), /gzip data is damaged/],
    ['a gzip bomb', trainImages, gzipSync(new Uint8Array(1 << 22)), /unpacks to more than it may/],
    ['truncated IDX', trainImages, gzipSync(RAW.trainImages.subarray(0, 900)), /IDX data is truncated/],
    ['a lying header', trainImages, encodeLie(2 ** 32 - 1), /IDX data is truncated/],
    ['a large plain file', trainImages, new Uint8Array(RAW.trainImages.length + 1), /at most 4720 bytes/],
    ['labels for images', trainImages, RAW.trainLabels, /expected uint8 \[N,28,28\], received uint8 \[6\]/],
    [
      'images for labels',
      trainLabels,
      encodeIdx('uint8', [1, 2], [1, 2]),
      /expected uint8 \[N\], received uint8 \[1,2\]/,
    ],
    [
      'one label too few',
      trainLabels,
      encodeIdx('uint8', [5], labels(5)),
      /do not fit together \(data set mnist train\)/,
    ],
    [
      'label 10',
      trainLabels,
      encodeIdx('uint8', [6], [0, 1, 2, 10, 4, 5]),
      /label 3\).*\[0, 10\), received 10/,
    ],
    ['an empty file', trainLabels, new Uint8Array(), /header is truncated/],
  ])('with %s give one clear error', async (_, name, bytes, message) => {
    await put(
      join(dataDir(), 'mnist'),
      [...packed].filter(([other]) => other !== `${name}.gz`),
    );
    await put(join(dataDir(), 'mnist'), [[name, bytes]]);
    await expect(load()).rejects.toThrow(message);
  });

  it('of no sample are refused', async () => {
    await put(join(dataDir(), 'mnist'), packed);
    await put(join(dataDir(), 'mnist'), [
      ['t10k-images-idx3-ubyte.gz', gzipSync(encodeIdx('uint8', [0, 28, 28], []))],
      ['t10k-labels-idx1-ubyte.gz', gzipSync(encodeIdx('uint8', [0], []))],
    ]);
    await expect(load()).rejects.toThrow('the data set is empty (data set mnist test)');
  });
});

describe('download', () => {
  it('fetches the four files once, keeps them, and reports how far it is', async () => {
    const progress: DownloadProgress[] = [];
    const { train, source } = await load({ onProgress: (step) => progress.push(step) });
    expect(Uint8Array.from(train.images)).toEqual(images(TRAIN));
    expect(source).toBe(`MNIST downloaded from ${mirror} to ${join(cacheDir(), 'mnist')}`);
    expect(await cached()).toEqual([...NAMES].sort());
    for (const name of NAMES) {
      const last = progress.filter((step) => step.file === name).at(-1)!;
      expect([last.received, last.total]).toEqual([packed.get(name)!.length, packed.get(name)!.length]);
    }
    const again = await load({ download: false });
    expect(again.source).toBe(`MNIST from the cache ${join(cacheDir(), 'mnist')}`);
    expect(requests).toHaveLength(4);
  });

  it('replaces a damaged file of the cache and only that', async () => {
    await load();
    await put(join(cacheDir(), 'mnist'), [[NAMES[1]!, new Uint8Array(packed.get(NAMES[1]!)!.length)]]);
    await load();
    expect(requests.slice(4)).toEqual([`/${NAMES[1]}`]);
  });

  it.each<[string, Answer, RegExp]>([
    ['errors', (_, response) => response.writeHead(503).end(), /the server answers 503/],
    ['other content of the same length', tamper((bytes) => bytes.fill(1)), /the checksum is wrong/],
    ['a shorter file', tamper((bytes) => bytes.subarray(1)), /the server announces \d+/],
    [
      'a shorter file, unannounced',
      tamper((bytes) => bytes.subarray(1), false),
      /expected (\d+) bytes, received \d+/,
    ],
    ['endless bytes', endless, /the server sends more/],
    ['half a file and closes', breakOff, /terminated|closed|aborted/],
    ['no answer', () => {}, /no answer for 0\.2 s/],
    ['half a file and falls silent', fallSilent, /no more bytes for 0\.2 s/],
  ])('from a mirror that sends %s leaves nothing behind and goes on to the next', async (_, bad, message) => {
    answer = (request, response) => {
      if (!request.url!.startsWith('/bad/')) return serveFiles(request, response);
      request.url = request.url!.slice('/bad'.length);
      bad(request, response);
    };
    const badMirror = `${mirror}bad/`;
    const failure = load({ mirrors: [badMirror], idleTimeoutMs: 200 });
    await expect(failure).rejects.toThrow(MissingDataError);
    await expect(failure).rejects.toThrow(message);
    expect(await cached()).toEqual([]);
    // The good one may be slow to answer where the machine has other work.
    const { source } = await load({ mirrors: [badMirror, mirror], idleTimeoutMs: 2000 });
    expect(source).toContain(`downloaded from ${mirror} `);
  });

  it('gives up on a mirror that drips', async () => {
    answer = (_, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('x'), 20);
      response.on('close', () => clearInterval(drip));
    };
    await expect(load({ idleTimeoutMs: 5000, totalTimeoutMs: 150 })).rejects.toThrow(
      /not finished for 0\.15 s/,
    );
  });

  it('stops when asked to and leaves nothing behind', async () => {
    answer = fallSilent;
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const work = load({ signal: controller.signal, onProgress: () => controller.abort(reason) });
    await expect(work).rejects.toBe(reason);
    expect(await cached()).toEqual([]);
  });

  it('says without a network what was tried, and what to do', async () => {
    await new Promise((resolve) => server.close(resolve));
    const error = await load({ mirrors: [mirror, 'http://name.invalid/'] }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(MissingDataError);
    const { message } = error as MissingDataError;
    expect(message).toContain('MNIST is not on this machine and could not be downloaded');
    expect(message).toContain(`- ${join(dataDir(), 'mnist')} (no such files)`);
    expect(message).toContain(`- ${join(cacheDir(), 'mnist', NAMES[0]!)} (no such file)`);
    expect(message).toMatch(/- http:\/\/127\.0\.0\.1:\d+\/\S+: .*ECONNREFUSED/);
    expect(message).toMatch(/- http:\/\/name\.invalid\/\S+: .*(ENOTFOUND|EAI_AGAIN)/);
    expect(message).toContain("or use the built-in data set 'digits'");
    expect(await readdir(root)).toEqual([]);
  });

  it('is not tried when forbidden', async () => {
    await expect(load({ download: false })).rejects.toThrow(/the network \(not asked\)/);
    expect(requests).toEqual([]);
  });
});

describe('cacheFolder', () => {
  it('follows XDG_CACHE_HOME when it is an absolute path', () => {
    expect(cacheFolder({ XDG_CACHE_HOME: '/x/y' })).toBe(join('/x/y', 'fathom'));
    expect(cacheFolder({ XDG_CACHE_HOME: 'x' })).toBe(cacheFolder({}));
    expect(cacheFolder({})).toMatch(/\.cache.fathom$/);
  });
});

/** A valid IDX header that claims `count` images, and the bytes of one. */
function encodeLie(count: number): Uint8Array {
  const bytes = encodeIdx('uint8', [1, 28, 28], images(1));
  new DataView(bytes.buffer).setUint32(4, count);
  return bytes;
}

function tamper(change: (bytes: Uint8Array) => Uint8Array, announce = true): Answer {
  return (request, response) => {
    const bytes = change(Uint8Array.from(packed.get(request.url!.slice(1))!));
    response.writeHead(200, announce ? { 'content-length': bytes.length } : {});
    response.write(bytes);
    response.end();
  };
}

function endless(_: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200);
  const more = () => {
    while (response.write(new Uint8Array(1 << 16)));
  };
  response.on('drain', more);
  more();
}

function fallSilent(request: IncomingMessage, response: ServerResponse): void {
  const bytes = packed.get(request.url!.slice(1))!;
  response.writeHead(200, { 'content-length': bytes.length });
  response.write(bytes.subarray(0, 10));
}

function breakOff(request: IncomingMessage, response: ServerResponse): void {
  fallSilent(request, response);
  setTimeout(() => response.destroy(), 20);
}
