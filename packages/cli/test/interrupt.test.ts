import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EXIT } from '../src/errors.ts';
import { catchInterrupt } from '../src/interrupt.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('catchInterrupt', () => {
  it('aborts at the first Ctrl-C, takes its echo for the same one, and quits at the second', () => {
    const exit = vi.spyOn(process, 'exit').mockImplementation((() => {}) as never);
    const onFirst = vi.fn();
    const { signal, release } = catchInterrupt(onFirst);
    try {
      expect(signal.aborted).toBe(false);
      process.emit('SIGINT');
      expect(signal.aborted).toBe(true);
      vi.advanceTimersByTime(50);
      // npm passes on what the terminal has sent already.
      process.emit('SIGINT');
      expect(exit).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1000);
      process.emit('SIGINT');
      expect(exit).toHaveBeenCalledWith(EXIT.interrupted);
      expect(onFirst).toHaveBeenCalledTimes(1);
    } finally {
      release();
    }
  });

  it('leaves nothing behind when it is released', () => {
    const before = [process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')];
    catchInterrupt(() => {}).release();
    expect([process.listenerCount('SIGINT'), process.listenerCount('SIGTERM')]).toEqual(before);
  });
});
