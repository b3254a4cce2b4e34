import { formatAddress, parseAddress } from './address.ts';

/** What holds in every room, and so goes along from room to room. */
const SHARED = ['theme', 'hide'];
/** Browsers allow some hundred changes of the address in half a minute. */
const WRITE_EVERY_MS = 250;

/**
 * The settings of a room, which stand in its URL: a link brings them back. Reading one in a component or an effect
 * makes that follow its changes. A setting that has its default value is left out of the URL.
 *
 * @example
 * const seed = $derived(params.number('seed', 0));
 * params.set('seed', 7);
 */
export class Settings {
  readonly room: string;
  #query: URLSearchParams = $state.raw(new URLSearchParams());

  constructor(room: string, query = new URLSearchParams()) {
    this.room = room;
    this.#query = query;
  }

  /** All settings as they stand in the URL; not to be changed. */
  get query(): URLSearchParams {
    return this.#query;
  }

  get(name: string): string | null {
    return this.#query.get(name);
  }

  /** Writes a setting, or removes it with `null`. */
  set(name: string, value: string | number | boolean | null): void {
    const next = new URLSearchParams(this.#query);
    if (value === null) next.delete(name);
    else next.set(name, String(value));
    this.replace(next);
  }

  replace(query: URLSearchParams): void {
    if (query.toString() === this.#query.toString()) return;
    this.#query = query;
    writeSoon();
  }

  text(name: string, fallback: string): string {
    return this.#query.get(name) ?? fallback;
  }

  /** A number within bounds; the fallback where the URL holds none. */
  number(name: string, fallback: number, { min = -Infinity, max = Infinity, integer = false } = {}): number {
    const text = this.#query.get(name);
    const value = text === null || text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(value)) return fallback;
    return Math.min(max, Math.max(min, integer ? Math.round(value) : value));
  }

  flag(name: string, fallback = false): boolean {
    const text = this.#query.get(name);
    return text === null ? fallback : text === 'true' || text === '1' || text === '';
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    const text = this.#query.get(name);
    return choices.find((choice) => choice === text) ?? fallback;
  }

  /** Whether the URL hides a control, as `hide=nav,load` does: for teachers. */
  hidden(control: string): boolean {
    return (this.#query.get('hide') ?? '').split(',').includes(control);
  }
}

/** The room that is open, with its settings; rooms left keep theirs for as long as the page lives. */
class Router {
  #current: Settings = $state.raw(new Settings(''));
  /** The part of the URL behind #, as it was read or written last. */
  #hash = '';
  #known = new Map<string, Settings>();

  constructor() {
    this.#read();
    addEventListener('hashchange', () => this.#read());
  }

  get current(): Settings {
    return this.#current;
  }

  /** The link to a room, as it was left. */
  linkTo(room: string): string {
    const query = new URLSearchParams(this.#known.get(room)?.query);
    for (const name of SHARED) {
      const value = this.#current.get(name);
      if (value === null) query.delete(name);
      else query.set(name, value);
    }
    return formatAddress({ room, query });
  }

  write(): void {
    // On the way to another address, of which the browser has not told yet: that is to be read, not written over.
    if (location.hash !== this.#hash) return;
    const { room, query } = this.#current;
    const hash = formatAddress({ room, query });
    if (hash === this.#hash) return;
    history.replaceState(history.state, '', hash);
    this.#hash = location.hash;
  }

  #read(): void {
    this.#hash = location.hash;
    const { room, query } = parseAddress(this.#hash);
    const known = this.#known.get(room);
    if (known) known.replace(query);
    const settings = known ?? new Settings(room, query);
    this.#known.set(room, settings);
    this.#current = settings;
  }
}

export const router = new Router();

let isWriting = false;

function writeSoon(): void {
  if (isWriting) return;
  isWriting = true;
  setTimeout(() => {
    isWriting = false;
    router.write();
  }, WRITE_EVERY_MS);
}
