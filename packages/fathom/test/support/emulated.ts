import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend, Executable } from '../../src/backends/backend.ts';
import { findMachine, type Machine } from '../../src/backends/native/machine.ts';
import { renderC } from '../../src/backends/native/render.ts';
import type { Program, Buffer as ProgramBuffer } from '../../src/compiler/program.ts';
import type { NumericArray } from '../../src/ir/tensor.ts';

/**
 * A backend for a machine that is not this one: the C of the native backend, compiled by a cross compiler into a program
 * of its own that an emulator runs. Buffers go in and out by a file, each in memory of its own, on one thread.
 *
 * @param compiler as in CC, with the machine: 'aarch64-linux-gnu-gcc -mcpu=cortex-a72'
 * @param emulator what runs its programs: 'qemu-aarch64-static'
 */
export async function emulatedBackend(compiler: string, emulator: string): Promise<Backend> {
  const machine = await findMachine({ ...process.env, CC: compiler });
  const folder = mkdtempSync(join(tmpdir(), 'fathom-emulated-'));
  let made = 0;
  return {
    name: 'emulated',
    target: machine.target,
    threads: 1,
    disposed: false,
    load: async (program) =>
      new Emulated(program, build(program, machine, join(folder, `${made++}`)), emulator),
    dispose: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Compiles C of the native backend without running it: for what is no program, as the pool of threads. */
export function compileOnly(source: string, { compiler, wrapped, flags }: Machine): void {
  checked(
    compiler,
    [...wrapped, ...flags, '-Wall', '-Werror', '-c', '-o', '/dev/null', '-x', 'c', '-'],
    source,
  );
}

/** @returns the path of an executable */
function build(program: Program, { compiler, wrapped, flags, target }: Machine, path: string): string {
  const files = [...renderC(program, target.lanes), mainOf(program)].map((source, i) => {
    writeFileSync(`${path}.${i}.c`, source);
    return `${path}.${i}.c`;
  });
  checked(compiler, [...wrapped, ...flags, '-static', '-o', path, ...files, '-lm']);
  return path;
}

/** Reads all buffers from the file that is its argument, runs the program once, and writes them back. */
function mainOf({ buffers, scratchBytes }: Program): string {
  return `
#include <stdio.h>
#include <stdlib.h>
struct context { long threads; float *const *base; char *scratch; long scratchBytes; void (*meet)(void *); void *pool; long prepared; };
void run(const struct context *, long);
static const long sizes[] = { ${[...buffers.map(({ size }) => size), 0].join(', ')} };
#define COUNT ${buffers.length}
int main(int count, char **arguments) {
  float *base[COUNT + 1];
  FILE *file = fopen(arguments[1], "r+b");
  if (count != 2 || !file) return 2;
  for (int i = 0; i < COUNT; i++) {
    base[i] = aligned_alloc(64, (4 * sizes[i] + 191) / 64 * 64);
    if (fread(base[i], 4, sizes[i], file) != (size_t)sizes[i]) return 3;
  }
  struct context context = { 1, base, aligned_alloc(64, ${64 * Math.ceil(scratchBytes / 64) + 128}), ${scratchBytes} };
  run(&context, 0);
  rewind(file);
  for (int i = 0; i < COUNT; i++) if (fwrite(base[i], 4, sizes[i], file) != (size_t)sizes[i]) return 4;
  return fclose(file);
}
`;
}

class Emulated implements Executable {
  readonly program: Program;
  readonly #path: string;
  readonly #emulator: string;
  readonly #values: NumericArray[];

  constructor(program: Program, path: string, emulator: string) {
    this.program = program;
    this.#path = path;
    this.#emulator = emulator;
    this.#values = program.buffers.map((buffer) => {
      const values = arrayOf(buffer);
      if (buffer.kind === 'constant') values.set(buffer.values);
      return values;
    });
  }

  write(input: number, values: ArrayLike<number>): void {
    this.#values[this.program.inputs[input]!]!.set(values);
  }

  async run(): Promise<void> {
    const { buffers } = this.program;
    for (const [i, buffer] of buffers.entries()) {
      if (buffer.kind === 'variable') this.#values[i]!.set(await buffer.variable.read());
    }
    const data = `${this.#path}.data`;
    writeFileSync(data, Buffer.concat(this.#values.map((values) => new Uint8Array(values.buffer))));
    checked(this.#emulator, [this.#path, data]);
    const results = readFileSync(data);
    let at = 0;
    for (const [i, buffer] of buffers.entries()) {
      const values = this.#values[i]!;
      new Uint8Array(values.buffer).set(results.subarray(at, at + values.byteLength));
      at += values.byteLength;
      if (buffer.kind === 'variable') buffer.variable.write(values);
    }
  }

  read(output: number): NumericArray {
    return this.#values[this.program.outputs[output]!]!.slice();
  }

  dispose(): void {}
}

function arrayOf({ dtype, size }: ProgramBuffer): Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> {
  return dtype === 'float32' ? new Float32Array(size) : new Int32Array(size);
}

function checked(command: string, args: readonly string[], input = ''): void {
  const { status, signal, stderr, error } = spawnSync(command, args, { encoding: 'utf8', input });
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? signal ?? status}\n${stderr}`);
}
