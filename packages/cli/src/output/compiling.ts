import type { Backend } from 'fathom';
import type { Terminal } from './terminal.ts';
import { duration } from './units.ts';

/** Shows that a backend's compiler works, and lets Ctrl-C end the waiting for it. */
export type CompilingDisplay = {
  /** What `work` comes to, or nothing once Ctrl-C has come while it waits for a compiler. */
  unlessInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined>;
  stop(): void;
};

/** A compiler that takes longer than this is mentioned. */
const SAID_AFTER_MS = 500;
const REDRAWN_EVERY_MS = 200;
/** Where lines stay, as in a log, one in this many milliseconds tells that it goes on. */
const PLAIN_LINE_MS = 10_000;
const CLEAR_LINE = '\r\x1b[K';

/**
 * Says so where the compiler of a backend is waited for: nothing runs meanwhile, since another backend would round
 * differently, and a seed stands for the same bits from the first step on.
 *
 * @param clock milliseconds; tests turn it by hand
 */
export function showCompiling(
  backend: Backend,
  terminal: Terminal,
  clock: () => number = () => performance.now(),
): CompilingDisplay {
  const { stream } = terminal;
  const live = stream.isTTY === true;
  let began: number | undefined;
  let [steps, done] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  let said = false;
  /** Ends the waiting if Ctrl-C has come, be it before the compiler began. */
  let giveUp = () => {};
  const text = () =>
    `Compiling for this machine … ${Math.floor((clock() - began!) / 1000)} s, ${done} of ${steps} parts`;
  const draw = () => {
    if (live) stream.write(`${CLEAR_LINE}${text()}`);
    else terminal.say(said ? text() : 'Compiling for this machine …');
    said = true;
    timer = setTimeout(draw, live ? REDRAWN_EVERY_MS : PLAIN_LINE_MS).unref();
  };
  const stop = () => {
    clearTimeout(timer);
    if (live && said) stream.write(CLEAR_LINE);
    said = false;
    began = undefined;
  };
  backend.onCompiling = (progress) => {
    ({ steps, done } = progress);
    if (began === undefined) {
      began = clock();
      timer = setTimeout(draw, SAID_AFTER_MS).unref();
      giveUp();
    }
    if (done < steps) return;
    const took = duration(clock() - began);
    const mention = said;
    stop();
    if (mention) terminal.say(`Compiling for this machine took ${took}.`);
  };
  let told = false;
  /** A compiler that fails in the middle of work ends no run. */
  const tellWhatTookOver = () => {
    const { failure, substitute, name } = backend;
    if (told || !substitute) return;
    told = true;
    terminal.warn(`${name}: ${failure}. What is not compiled yet runs on ${substitute.name}.`);
  };
  return {
    unlessInterrupted: (work, signal) => {
      const interrupted = new Promise<undefined>((resolve) => {
        giveUp = () => {
          if (began === undefined || !signal.aborted) return;
          stop();
          resolve(undefined);
        };
      });
      const heard = () => giveUp();
      signal.addEventListener('abort', heard);
      return Promise.race([work, interrupted]).finally(() => {
        signal.removeEventListener('abort', heard);
        giveUp = () => {};
        tellWhatTookOver();
      });
    },
    stop: () => {
      stop();
      backend.onCompiling = undefined;
    },
  };
}
