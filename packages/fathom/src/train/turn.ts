/**
 * Lets other work of the process have its turn now and then, so that a page stays alive and Ctrl-C is heard while
 * steps follow each other without a pause.
 */
export class Turn {
  #last = performance.now();

  /** A promise when it is time to wait for, nothing otherwise. */
  give(): Promise<void> | undefined {
    const now = performance.now();
    if (now - this.#last < TURN_MS) return undefined;
    this.#last = now;
    return nextTask();
  }
}

/** Short enough for a page to feel alive, long enough to cost nothing. */
const TURN_MS = 25;

/** Unlike a timer, a message is not held back for 4 ms by browsers. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
