/**
 * Keeps a function from piling up: while one call runs, only the newest of those that follow is kept, and runs
 * after it.
 *
 * @returns resolves when there is nothing left to do
 */
export function latest<T>(run: (argument: T) => Promise<void>): (argument: T) => Promise<void> {
  let running: Promise<void> | undefined;
  let pending: { argument: T } | undefined;
  const drain = async () => {
    try {
      while (pending) {
        const { argument } = pending;
        pending = undefined;
        await run(argument);
      }
    } finally {
      running = undefined;
    }
  };
  return (argument) => {
    pending = { argument };
    running ??= drain();
    return running;
  };
}
