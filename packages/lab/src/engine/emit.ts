import type { EventName, Events, FromEngine } from './protocol.ts';

/** Tells the page something it has not asked for. */
export function emit<E extends EventName>(event: E, detail: Events[E], transfer: Transferable[] = []): void {
  send({ event, detail }, transfer);
}

export function send(message: FromEngine, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}
