// One peer: a child process that answers JSON lines. Start, ask, look at it from outside, stop.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Stands for the number of threads among the arguments of a peer that must know it when it starts. */
const THREADS = '{threads}';
/** Where export_onnx.py writes. */
export const ONNX_FOLDER = join(tmpdir(), 'fathom-bench-onnx');

const TIMEOUT_MS = 300_000;
const CLOCK_TICK_MS = 10; // Linux counts processor time in hundredths of a second

const script = (name) => fileURLToPath(new URL(`../peers/${name}`, import.meta.url));
const interpreter = process.env.FATHOM_PYTHON || 'python3';
const python = (name, ...args) => ({ command: interpreter, args: [script(name), ...args] });
const OTHER = '(another interpreter: FATHOM_PYTHON=/path/to/python)';
const node = (name, ...args) => ({ command: process.execPath, args: [script(name), ...args] });

/**
 * Every peer: how to start it, on how many threads it can be asked to run, how to install it. `kinds` are what it is
 * asked for, by default everything; `predicts` are the networks that it predicts with, by default all; `compiles` says
 * that its first step of a large network may take seconds in a compiler, and says nothing about those that follow.
 */
export const PEERS = {
  fathom: {
    label: 'Fathom',
    compiles: true,
    threads: [2, 1],
    install: 'npm run build',
    ...node('fathom.mjs'),
  },
  'fathom-native': {
    label: 'Fathom native',
    compiles: true,
    threads: [2, 1],
    install: 'a C compiler (gcc or clang), then npm run build',
    ...node('fathom.mjs', 'native'),
  },
  pytorch: {
    label: 'PyTorch',
    threads: [2, 1],
    install: `pip install torch  ${OTHER}`,
    ...python('pytorch.py'),
  },
  'torch-compile': {
    label: 'torch.compile',
    compiles: true,
    threads: [2],
    kinds: ['train'],
    install: `pip install torch, and a C++ compiler  ${OTHER}`,
    ...python('pytorch.py', 'compile'),
  },
  jax: {
    label: 'JAX',
    compiles: true,
    threads: [2],
    kinds: ['train', 'matmul'],
    install: `pip install jax optax  ${OTHER}`,
    ...python('jax_peer.py', THREADS),
  },
  keras: {
    label: 'Keras',
    compiles: true,
    threads: [2],
    kinds: ['train'],
    install: `pip install keras tensorflow-cpu  ${OTHER}`,
    ...python('keras_peer.py', THREADS),
  },
  openblas: {
    label: 'OpenBLAS',
    threads: [2, 1],
    kinds: ['matmul'],
    install: `pip install numpy  ${OTHER}`,
    env: (threads) => ({ OPENBLAS_NUM_THREADS: String(threads) }),
    ...python('openblas.py'),
  },
  onnxruntime: {
    label: 'onnxruntime-node',
    threads: [2, 1],
    kinds: ['predict'],
    install: 'npm install --prefix bench --workspaces=false; pip install torch onnx onnxscript for the files',
    ...node('onnxruntime.mjs', ONNX_FOLDER),
  },
  'tfjs-wasm': {
    label: 'tfjs wasm',
    threads: [1],
    install: 'npm install --prefix bench',
    predicts: ['lenet5'],
    ...node('tfjs.mjs', 'wasm'),
  },
  'tfjs-cpu': {
    label: 'tfjs cpu',
    threads: [1],
    install: 'npm install --prefix bench',
    kinds: ['train'],
    ...node('tfjs.mjs', 'cpu'),
  },
  'jax-js': {
    label: 'jax-js wasm',
    threads: [1],
    install: 'npm install --prefix bench',
    predicts: ['lenet5'],
    ...node('jaxjs.mjs'),
  },
  microkernel: {
    label: 'micro-kernel',
    threads: [2, 1],
    kinds: ['matmul'],
    install: '',
    ...node('microkernel.mjs'),
  },
};

/** Starts a peer and waits for its first answer; `missing` holds the reason when it is not installed. */
export async function startPeer(key, threads) {
  const peer = new Peer(key, threads);
  const info = await peer.ask({ cmd: 'info' }, 120_000).catch((error) => ({ missing: error.message }));
  peer.missing = info.missing ?? info.error;
  peer.version = info.version ?? '';
  peer.variants = info.variants ?? {};
  if (peer.missing) await peer.stop();
  return peer;
}

/** Processor time that a process has used so far in milliseconds, all threads together. */
export function processorTime(pid) {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return undefined;
  const fields = readFileSync(file, 'utf8').split(') ').pop().split(' ');
  return (Number(fields[11]) + Number(fields[12])) * CLOCK_TICK_MS;
}

/** Whether a peer is asked for a kind of work; for predictions, of which network. */
export function takes(peer, { kind, work }) {
  const { kinds, predicts } = PEERS[peer.key];
  if (kind === 'train') return (kinds?.includes(kind) ?? true) && peer.variants[work] !== undefined;
  if (kind === 'predict' && predicts && !predicts.includes(work)) return false;
  return kinds?.includes(kind) ?? true;
}

class Peer {
  constructor(key, threads) {
    const { label, command, args, env } = PEERS[key];
    this.key = key;
    this.label = label;
    this.threads = threads;
    this.stderr = '';
    this.process = spawn(
      command,
      args.map((arg) => (arg === THREADS ? String(threads) : arg)),
      { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...env?.(threads) } },
    );
    this.process.stderr.on('data', (chunk) => {
      this.stderr = (this.stderr + chunk).slice(-2000);
    });
    this.process.stdin.on('error', () => {}); // the exit below tells the story
    this.exited = new Promise((resolve) => {
      this.process.once('error', (error) => resolve(error.message));
      this.process.once('exit', (code, signal) => resolve(`exited with ${signal ?? code}`));
    });
    this.lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  /** Sends one request and waits for its answer. */
  async ask(message, timeout = TIMEOUT_MS) {
    if (this.process.pid) this.process.stdin.write(`${JSON.stringify(message)}\n`);
    let timer;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${timeout / 1000} s`)), timeout);
    });
    const dead = this.exited.then((how) => {
      const last = this.stderr.trim().split('\n').pop();
      throw new Error(last ? `${how}: ${last}` : how);
    });
    try {
      const { value, done } = await Promise.race([this.nextLine(dead), late]);
      if (done) return await dead;
      return JSON.parse(value);
    } finally {
      clearTimeout(timer);
    }
  }

  nextLine(dead) {
    return Promise.race([this.lines.next(), dead]);
  }

  /** Peak resident memory so far in bytes (VmHWM), where the system has /proc. */
  peakMemory() {
    const file = `/proc/${this.process.pid}/status`;
    if (!existsSync(file)) return undefined;
    const match = /VmHWM:\s+(\d+) kB/.exec(readFileSync(file, 'utf8'));
    return match ? Number(match[1]) * 1024 : undefined;
  }

  /** Processor time used so far in milliseconds, all threads together. */
  processorTime() {
    return processorTime(this.process.pid);
  }

  async stop() {
    this.process.stdin.end();
    const timer = setTimeout(() => this.process.kill('SIGKILL'), 2000);
    await this.exited;
    clearTimeout(timer);
  }
}
