/**
 * Something shown that follows what may change often: while it need not hurry, it takes the newest in an animation frame
 * in which nothing else is drawn anew. Several parts of a page that follow the same so never make one frame late.
 *
 * Made while a component is set up, and ends with it.
 *
 * @example
 * const follower = new Follower(() => run.figures, () => !run.isPlaying);
 * follower.value; // in a template
 */
export class Follower<T> {
  readonly #read: () => T;
  readonly #hurries: () => boolean;
  #taken: T | undefined = $state.raw();

  constructor(read: () => T, hurries: () => boolean) {
    this.#read = read;
    this.#hurries = hurries;
    this.#taken = read();
    $effect(() => {
      const newest = read();
      if (hurries()) {
        this.#taken = newest;
        return;
      }
      takeTurn(this, () => {
        this.#taken = newest;
      });
    });
    $effect(() => () => waiting.delete(this));
  }

  get value(): T {
    return this.#hurries() ? this.#read() : (this.#taken as T);
  }
}

/** By who does it, in the order in which they came. */
const waiting = new Map<object, () => void>();
let isPlanned = false;

/** Work for a frame of its own; what the same one still has waiting is dropped. */
function takeTurn(who: object, work: () => void): void {
  waiting.set(who, work);
  if (isPlanned) return;
  isPlanned = true;
  requestAnimationFrame(next);
}

function next(): void {
  const [first] = waiting;
  isPlanned = false;
  if (!first) return;
  const [who, work] = first;
  waiting.delete(who);
  if (waiting.size > 0) {
    isPlanned = true;
    requestAnimationFrame(next);
  }
  work();
}
