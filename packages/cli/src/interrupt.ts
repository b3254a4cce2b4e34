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
  const heard = () => {
    if (controller.signal.aborted) process.exit(EXIT.interrupted);
    controller.abort();
    onFirst();
  };
  for (const name of SIGNALS) process.on(name, heard);
  return {
    signal: controller.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, heard);
    },
  };
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
