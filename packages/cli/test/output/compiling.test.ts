import type { Backend } from 'fathom';
import { describe, expect, it, vi } from 'vitest';
import { showCompiling } from '../../src/output/compiling.ts';
import { paintFor, type Terminal } from '../../src/output/terminal.ts';

describe('showCompiling', () => {
  function setUp({ live }: { live: boolean }) {
    vi.useFakeTimers();
    let text = '';
    const write = (more: string) => {
      text += more;
      return true;
    };
    const stream = { isTTY: live, write } as unknown as NodeJS.WriteStream;
    const say = (line = '') => void write(`${line}\n`);
    const terminal: Terminal = { say, warn: say, result: () => {}, json: false, stream, paint: paintFor({}) };
    const backend: { -readonly [K in keyof Backend]?: Backend[K] } = { name: 'native' };
    const display = showCompiling(backend as Backend, terminal, () => Date.now());
    const tell = (done: number, steps: number) => backend.onCompiling!({ done, steps });
    return { backend, display, tell, seen: () => text };
  }

  it('says nothing of what takes no time', () => {
    const { tell, seen } = setUp({ live: true });
    tell(0, 3);
    vi.advanceTimersByTime(400);
    tell(3, 3);
    vi.advanceTimersByTime(60_000);
    expect(seen()).toBe('');
    vi.useRealTimers();
  });

  it('redraws one line at a terminal, and leaves how long it took', () => {
    const { tell, seen } = setUp({ live: true });
    tell(0, 8);
    vi.advanceTimersByTime(2600);
    tell(3, 8);
    vi.advanceTimersByTime(400);
    const lines = seen().split('\r\x1b[K');
    expect(lines[1]).toBe('Compiling for this machine … 0 s, 0 of 8 parts');
    expect(lines.at(-1)).toBe('Compiling for this machine … 2 s, 3 of 8 parts');
    expect(seen()).not.toContain('\n');
    tell(8, 8);
    expect(seen().split('\r\x1b[K').at(-1)).toBe('Compiling for this machine took 3.0 s.\n');
    vi.useRealTimers();
  });

  it('writes a line now and then where lines stay', () => {
    const { tell, seen } = setUp({ live: false });
    tell(0, 8);
    vi.advanceTimersByTime(12_000);
    tell(8, 8);
    expect(seen()).toBe(
      'Compiling for this machine …\nCompiling for this machine … 10 s, 0 of 8 parts\nCompiling for this machine took 12.0 s.\n',
    );
    vi.useRealTimers();
  });

  it('ends the waiting at Ctrl-C, and what does not wait ends itself', async () => {
    const { display, tell } = setUp({ live: true });
    const control = new AbortController();
    const never = new Promise<number>(() => {});
    tell(0, 8);
    const waiting = display.unlessInterrupted(never, control.signal);
    control.abort();
    expect(await waiting).toBeUndefined();
    const before = new AbortController();
    const begun = display.unlessInterrupted(never, before.signal);
    before.abort();
    tell(0, 8);
    expect(await begun, 'Ctrl-C came before the compiler began').toBeUndefined();
    const other = new AbortController();
    const working = display.unlessInterrupted(Promise.resolve(7), other.signal);
    other.abort();
    expect(await working).toBe(7);
    vi.useRealTimers();
  });

  it('says once what took over', async () => {
    const { backend, display, seen } = setUp({ live: false });
    const { signal } = new AbortController();
    backend.failure = 'gcc failed (exit 1)';
    backend.substitute = { name: 'wasm' } as Backend;
    await display.unlessInterrupted(Promise.resolve(), signal);
    await display.unlessInterrupted(Promise.resolve(), signal);
    expect(seen()).toBe('native: gcc failed (exit 1). What is not compiled yet runs on wasm.\n');
    vi.useRealTimers();
  });
});
