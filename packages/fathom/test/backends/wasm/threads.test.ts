import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, Executable } from '../../../src/backends/backend.ts';
import type { Heap } from '../../../src/backends/wasm/heap.ts';
import { wasmBackend } from '../../../src/backends/wasm/wasm.ts';
import { WORKER_SOURCE } from '../../../src/backends/wasm/worker.ts';
import { matmul } from '../../../src/functional/index.ts';
import { Variable } from '../../../src/ir/tensor.ts';
import { add, constant, input, read, sum } from '../../../src/ops/index.ts';
import { load } from '../../../src/runtime.ts';
import { plain } from '../../support/differences.ts';

const heapOf = (backend: Backend) => (backend as Backend & { heap: Heap }).heap;

/** y = x + k: too small to share out. */
const tiny = (backend: Backend, k: number) => {
  const x = input('x', [5]);
  return load({ inputs: [x], outputs: [add(x, k)], updates: [] }, backend);
};

/** The sums of the columns of x·w for a diagonal w = k: enough work for several threads. */
const big = (backend: Backend, k: number) => {
  const x = input('x', [SIDE, SIDE]);
  const diagonal = Float32Array.from({ length: SIDE * SIDE }, (_, i) => (i % (SIDE + 1) === 0 ? k : 0));
  const y = sum(matmul(x, constant(diagonal, [SIDE, SIDE])), 0);
  return load({ inputs: [x], outputs: [y], updates: [] }, backend);
};
const SIDE = 104;
const ONES = new Float32Array(SIDE * SIDE).fill(1);

const tinyResult = async (program: Executable, first: number) => {
  program.write(0, [first, 1, 2, 3, 4]);
  await program.run();
  return Array.from(await program.read(0));
};
const bigResult = async (program: Executable) => {
  program.write(0, ONES);
  await program.run();
  return new Set(await program.read(0));
};

describe.each([1, 2, 3])('programs on %d threads', (threads) => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await wasmBackend({ threads });
  });
  afterAll(() => backend.dispose());

  it('run by turns', async () => {
    const [a, b, c] = [await tiny(backend, 10), await big(backend, 2), await big(backend, 3)];
    for (let i = 0; i < 50; i++) {
      expect(await tinyResult(a, i)).toEqual([i + 10, 11, 12, 13, 14]);
      expect(await bigResult(b)).toEqual(new Set([2 * SIDE]));
      if (i % 3 === 0) expect(await bigResult(c)).toEqual(new Set([3 * SIDE]));
    }
    for (const program of [a, b, c]) program.dispose();
  });

  it('are loaded and disposed of in any order, while others run', async () => {
    const used = heapOf(backend).used;
    const programs: Executable[] = [];
    for (let i = 0; i < 50; i++) {
      programs.push(await big(backend, i));
      if (i % 3 === 2) programs.splice(Math.floor(programs.length / 2), 1)[0]!.dispose();
      const last = programs.at(-1)!;
      if (last) await bigResult(last);
      await bigResult(programs[0]!);
    }
    expect(await bigResult(programs[0]!)).toEqual(new Set([0]));
    for (const program of programs) program.dispose();
    for (const program of programs) program.dispose();
    expect(() => programs[0]!.run()).toThrow('has been disposed of');
    expect(() => programs[0]!.read(0)).toThrow('has been disposed of');
    expect(() => programs[0]!.write(0, ONES)).toThrow('has been disposed of');
    expect(heapOf(backend).used).toBe(used);
  });

  it('are loaded at the same time', async () => {
    const programs = await Promise.all([2, 3, 4, 5].map((k) => big(backend, k)));
    for (const [i, program] of programs.entries()) {
      expect(await bigResult(program)).toEqual(new Set([(i + 2) * SIDE]));
      program.dispose();
    }
  });

  it('run while others are being loaded', async () => {
    const running = await big(backend, 7);
    running.write(0, ONES);
    for (let round = 0; round < 30; round++) {
      let loaded: Executable | undefined;
      const loading = big(backend, round).then((program) => {
        loaded = program;
      });
      // Between the microtasks of loading, right after the threads have been called back to receive it.
      for (let turn = 0; !loaded && turn < 50; turn++) {
        running.run();
        await Promise.resolve();
      }
      await loading;
      expect(await bigResult(loaded!)).toEqual(new Set([round * SIDE]));
      loaded!.dispose();
    }
    expect(await bigResult(running)).toEqual(new Set([7 * SIDE]));
    running.dispose();
  });

  it('do not hang in 10,000 runs', async () => {
    const small = await tiny(backend, 1);
    const large = await big(backend, 1);
    small.write(0, [1, 2, 3, 4, 5]);
    large.write(0, ONES);
    for (let i = 0; i < 10_000; i++) {
      small.run();
      if (i % 20 === 0) large.run();
    }
    expect(Array.from(await small.read(0))).toEqual([2, 3, 4, 5, 6]);
    expect(new Set(await large.read(0))).toEqual(new Set([SIDE]));
    small.dispose();
    large.dispose();
  });

  it('give all their memory back, 1000 times', async () => {
    const x = input('x', [9, 7]);
    const graph = { inputs: [x], outputs: [matmul(x, constant(new Float32Array(21), [7, 3]))], updates: [] };
    const used = heapOf(backend).used;
    for (let i = 0; i < 1000; i++) (await load(graph, backend)).dispose();
    expect(heapOf(backend).used).toBe(used);
  });

  it('leave nothing behind when memory does not suffice', async () => {
    const heap = heapOf(backend);
    const used = heap.used;
    const x = input('x', [2 ** 30]);
    await expect(load({ inputs: [x], outputs: [add(x, 1)], updates: [] }, backend)).rejects.toThrow(
      'out of memory',
    );
    expect(heap.used).toBe(used);
    const { allocate } = heap;
    let calls = 0;
    heap.allocate = (bytes) => {
      if (calls++ > 0) throw new RangeError('out of memory, as far as this test is concerned');
      return allocate.call(heap, bytes);
    };
    await expect(big(backend, 2)).rejects.toThrow('this test');
    heap.allocate = allocate;
    expect(heap.used).toBe(used);
    const program = await big(backend, 2);
    expect(await bigResult(program)).toEqual(new Set([2 * SIDE]));
    program.dispose();
  });
});

describe('the program of a worker', () => {
  /** Runs it without a thread, against a caller who is as fast as `atLoad` makes him: it is called at each look. */
  function worker(atLoad: (control: Int32Array, place: number) => void) {
    const control = new Int32Array(3);
    const ran: number[] = [];
    const port: { onmessage?: (event: { data: unknown }) => void; postMessage(message: unknown): void } = {
      postMessage: () => {},
    };
    const atomics = {
      load: (words: Int32Array, place: number) => {
        const value = words[place];
        atLoad(words, place);
        return value;
      },
      // Nothing is left to do: back to whoever sent the message.
      wait: () => {
        throw new Error('asleep');
      },
    };
    class Instance {
      readonly exports: { run(): void };
      constructor(module: number) {
        this.exports = { run: () => ran.push(module) };
      }
    }
    new Function('process', 'self', 'Atomics', 'WebAssembly', WORKER_SOURCE)(undefined, port, atomics, {
      Instance,
    });
    const send = (data: unknown) => {
      try {
        port.onmessage!({ data });
      } catch (error) {
        if ((error as Error).message !== 'asleep') throw error;
      }
    };
    send({ control: control.buffer, thread: 1 });
    return { control, ran, send };
  }

  const program = (number: number) => {
    const memory = { env: { scratch: 0 }, scratchBytes: 0 };
    return { program: number, module: 10 + number, ...memory };
  };

  it('runs a job once that follows a message at once, however slowly it looks', () => {
    // The caller learns that the message has come, and starts the program, after any of the looks of the thread.
    for (let at = 1; at <= 8; at++) {
      let looks = Number.NEGATIVE_INFINITY;
      const { control, ran, send } = worker((words) => {
        if (++looks !== at) return;
        words[1] = 0;
        words[0]!++;
      });
      control[2]!++;
      control[0]!++;
      looks = 0;
      send({ job: control[0], ...program(0) });
      expect(looks).toBeGreaterThan(at);
      expect(ran, `started after look ${at}`).toEqual([10]);
    }
  });

  it('goes back for a message before it takes up a job that needs what it brings', () => {
    const { control, ran, send } = worker(() => {});
    for (let number = 0; number < 3; number++) {
      control[2]!++;
      const job = ++control[0]!;
      // Started before the thread has read the message.
      control[1] = number;
      control[0]!++;
      send({ job, ...program(number) });
    }
    expect(ran).toEqual([10, 11, 12]);
  });
});

describe('variables', () => {
  const counter = () => new Variable('count', [3], 'float32', Float32Array.of(1, 2, 3));
  const step = (variable: Variable, by: number, backend: Backend) => {
    const value = add(read(variable), by);
    return load({ inputs: [], outputs: [value], updates: [{ variable, value }] }, backend);
  };

  it('are shared by programs of one backend', async () => {
    const backend = await wasmBackend({ threads: 1 });
    const count = counter();
    const [one, ten] = [await step(count, 1, backend), await step(count, 10, backend)];
    await one.run();
    await ten.run();
    await one.run();
    expect(Array.from(await count.read())).toEqual([13, 14, 15]);
    count.write([0, 0, 0]);
    await ten.run();
    expect(Array.from(await ten.read(0))).toEqual([10, 10, 10]);
    one.dispose();
    ten.dispose();
    await backend.dispose();
  });

  it('follow the program that runs, from backend to backend', async () => {
    const [first, second] = [await wasmBackend({ threads: 1 }), await wasmBackend({ threads: 1 })];
    const count = counter();
    const programs = [
      await step(count, 1, first),
      await step(count, 10, second),
      await step(count, 100, plain),
      await step(count, 1000, first),
    ];
    let total = 0;
    for (let round = 0; round < 3; round++) {
      for (const [i, program] of programs.entries()) {
        await program.run();
        total += 10 ** i;
        expect(Array.from(await count.read())).toEqual([total + 1, total + 2, total + 3]);
      }
    }
    const used = heapOf(first).used;
    count.write([5, 5, 5]);
    await programs[1]!.run();
    await programs[0]!.run();
    expect(Array.from(await count.read())).toEqual([16, 16, 16]);
    expect(heapOf(first).used, 'a variable has one place in each backend').toBe(used);
    for (const program of programs) program.dispose();
    await first.dispose();
    expect(Array.from(await count.read())).toEqual([16, 16, 16]);
    await second.dispose();
    expect(Array.from(await count.read())).toEqual([16, 16, 16]);
  });

  it('are given back to the host by dispose, and to the next backend by load', async () => {
    const count = counter();
    const flags = new Variable('flags', [2], 'int32', Int32Array.of(-7, 1 << 30));
    for (let i = 1; i <= 3; i++) {
      const backend = await wasmBackend({ threads: 2 });
      const program = await step(count, 1, backend);
      const shifted = add(read(flags), 1);
      const other = await load(
        { inputs: [], outputs: [], updates: [{ variable: flags, value: shifted }] },
        backend,
      );
      await program.run();
      await other.run();
      await backend.dispose();
      expect(count.home).toBeUndefined();
      expect(Array.from(await count.read())).toEqual([1 + i, 2 + i, 3 + i]);
      expect(Array.from(await flags.read())).toEqual([-7 + i, (1 << 30) + i]);
      expect(() => program.run()).toThrow('has been disposed of');
      await expect(tiny(backend, 1)).rejects.toThrow('has been disposed of');
    }
  });
});
