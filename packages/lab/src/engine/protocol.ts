/**
 * What page and engine say to each other. The engine is the library in a worker: the page asks (a call, answered
 * once) and listens (events). Everything here is plain data that can be cloned.
 */
export interface Calls {
  /** Starts the engine, if it is not yet, and says what it is. */
  'engine/info': { request: null; reply: EngineInfo };
}

export interface Events {
  /** The engine failed outside of any call. */
  'engine/failed': { message: string };
}

export interface EngineInfo {
  readonly backend: string;
  readonly threads: number;
  readonly crossOriginIsolated: boolean;
}

export type CallName = keyof Calls;
export type Request<K extends CallName> = Calls[K]['request'];
export type Reply<K extends CallName> = Calls[K]['reply'];
export type EventName = keyof Events;

export type ToEngine = { readonly id: number; readonly call: CallName; readonly request: unknown };
export type FromEngine =
  | { readonly id: number; readonly reply: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } }
  | { readonly event: EventName; readonly detail: unknown };

/** The engine's side: one function for each of some calls. */
export type Handlers<K extends CallName = CallName> = {
  readonly [N in K]: (request: Request<N>) => Reply<N> | Promise<Reply<N>>;
};
