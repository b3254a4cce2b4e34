import type {
  CallName,
  EventName,
  Events,
  FromEngine,
  Reply,
  Request,
  ToEngine,
} from '../engine/protocol.ts';

interface Waiting {
  resolve(reply: never): void;
  reject(error: Error): void;
}

/**
 * The engine as the page sees it: the library in a worker, so that the page never waits for a computation.
 *
 * @example
 * const { threads } = await engine.call('engine/info', null);
 */
class Engine {
  #worker: Worker | undefined;
  #next = 0;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<EventName, Set<(detail: never) => void>>();

  /** Asks the engine; rejects with the message of what went wrong there. */
  call<K extends CallName>(call: K, request: Request<K>, transfer: Transferable[] = []): Promise<Reply<K>> {
    const id = this.#next++;
    const message: ToEngine = { id, call, request };
    return new Promise<Reply<K>>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#start().postMessage(message, transfer);
    });
  }

  /** Calls `listener` with each event; returns what ends that. */
  on<E extends EventName>(event: E, listener: (detail: Events[E]) => void): () => void {
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener as (detail: never) => void));
    return () => void listeners.delete(listener as (detail: never) => void);
  }

  #start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(new URL('../engine/worker.ts', import.meta.url), {
      type: 'module',
      name: 'engine',
    });
    worker.onmessage = ({ data }: MessageEvent<FromEngine>) => this.#receive(data);
    worker.onerror = (event) => this.#fail(event.message || 'the engine could not be started.');
    this.#worker = worker;
    return worker;
  }

  #receive(message: FromEngine): void {
    if ('event' in message) {
      for (const listener of this.#listeners.get(message.event) ?? []) listener(message.detail as never);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ('error' in message) waiting?.reject(Object.assign(new Error(message.error.message), message.error));
    else waiting?.resolve(message.reply as never);
  }

  /** A worker that broke answers no more; the next call starts another one. */
  #fail(message: string): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    for (const { reject } of this.#waiting.values()) reject(new Error(message));
    this.#waiting.clear();
    for (const listener of this.#listeners.get('engine/failed') ?? []) listener({ message } as never);
  }
}

export const engine = new Engine();
