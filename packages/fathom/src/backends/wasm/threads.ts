import { WORKER_SOURCE } from './worker.ts';

/** The part of a worker that browsers and Node have in common. */
interface Port {
  postMessage(message: unknown): void;
  terminate(): unknown;
  next(): Promise<void>;
}

/** What a thread needs to take part in a program. */
export interface SharedProgram {
  readonly module: WebAssembly.Module;
  readonly env: Readonly<Record<string, number>>;
  readonly memory: WebAssembly.Memory;
  /** Bytes of scratch memory a thread; thread t's begins at env.scratch + t · scratchBytes. */
  readonly scratchBytes: number;
}

/** Threads 1 … n−1 of a backend; the calling thread is thread 0. */
export class ThreadPool {
  readonly #control = new Int32Array(new SharedArrayBuffer(12));
  #ports: Port[] = [];
  #programs = 0;
  #forgotten: number[] = [];
  #last: Promise<void> = Promise.resolve();

  /** Starts the threads; resolves when all of them listen. */
  static async start(threads: number): Promise<ThreadPool> {
    const pool = new ThreadPool();
    pool.#ports = await Promise.all(Array.from({ length: threads - 1 }, () => createPort()));
    const ready = pool.#ports.map((port) => port.next());
    pool.#ports.forEach((port, i) => {
      port.postMessage({ control: pool.#control.buffer, thread: i + 1 });
    });
    await Promise.all(ready);
    return pool;
  }

  /** Makes a program known to all threads and returns its number. */
  async add(program: SharedProgram): Promise<number> {
    const number = this.#programs++;
    // One at a time: a thread that has gone back to its event loop waits for exactly one message.
    this.#last = this.#last.then(async () => {
      const ready = this.#ports.map((port) => port.next());
      Atomics.add(this.#control, 2, 1);
      // A job that is none: it only wakes threads, which then see that there is a message.
      const job = this.#count();
      const message = { job, program: number, ...program, forget: this.#forgotten };
      this.#forgotten = [];
      for (const port of this.#ports) port.postMessage(message);
      await Promise.all(ready);
    });
    await this.#last;
    return number;
  }

  /** Lets all threads run a program; the caller takes part and so learns of its end. */
  run(program: number): void {
    Atomics.store(this.#control, 1, program);
    this.#count();
  }

  /** The program will not run again; threads drop it with the next message. */
  remove(program: number): void {
    this.#forgotten.push(program);
  }

  async stop(): Promise<void> {
    await this.#last;
    await Promise.all(this.#ports.map((port) => port.terminate()));
    this.#ports = [];
  }

  /** Counts one job more, and wakes those that sleep; the new count. */
  #count(): number {
    const jobs = Atomics.add(this.#control, 0, 1) + 1;
    Atomics.notify(this.#control, 0);
    return jobs;
  }
}

async function createPort(): Promise<Port> {
  const waiting: (() => void)[] = [];
  const next = () => new Promise<void>((resolve) => waiting.push(resolve));
  const received = () => waiting.shift()?.();
  const node = nodeModule<typeof import('node:worker_threads')>('node:worker_threads');
  if (node) {
    const worker = new node.Worker(WORKER_SOURCE, { eval: true });
    worker.on('message', received);
    // An idle pool does not keep the process alive.
    worker.unref();
    return {
      postMessage: (message) => worker.postMessage(message),
      terminate: () => worker.terminate(),
      next: () => {
        worker.ref();
        return next().then(() => worker.unref());
      },
    };
  }
  const url = URL.createObjectURL(new Blob([WORKER_SOURCE], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.onmessage = received;
  return {
    postMessage: (message) => worker.postMessage(message),
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
    next,
  };
}

/** A built-in module of Node, or `undefined` elsewhere; no import that a bundler would follow. */
export function nodeModule<T>(name: string): T | undefined {
  const runtime = (globalThis as { process?: { getBuiltinModule?: (name: string) => unknown } }).process;
  return runtime?.getBuiltinModule?.(name) as T | undefined;
}
