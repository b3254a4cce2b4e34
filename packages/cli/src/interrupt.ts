import { EXIT } from './errors.ts';

/** Ctrl-C, heard while something runs that can be ended in good order. */
export type Interrupt = {
  /** Aborted by the first Ctrl-C (SIGINT) or SIGTERM. */
  readonly signal: AbortSignal;
  /** Back to the ordinary: Ctrl-C ends the process. */
  release(): void;
};

/**
 * Takes the first Ctrl-C as the wish to end in good order; the second one ends the process at once.
 *
 * @param onFirst says so to the user
 */
export function catchInterrupt(onFirst: () => void): Interrupt {
  const controller = new AbortController();
  let first = 0;
  const heard = () => {
    if (!controller.signal.aborted) {
      first = performance.now();
      controller.abort();
      onFirst();
    } else if (performance.now() - first > ONE_PRESS_MS) process.exit(EXIT.interrupted);
  };
  for (const name of SIGNALS) process.on(name, heard);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, heard);
    },
  };
}

/** The terminal and npm may both pass on the same Ctrl-C. */
const ONE_PRESS_MS = 300;
const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
