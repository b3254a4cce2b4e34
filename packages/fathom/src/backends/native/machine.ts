import type { Target } from '../../compiler/program.ts';
import { CompilerError } from './errors.ts';
import { run } from './process.ts';

/** A C compiler, and the machine that it compiles for. */
export interface Machine {
  /** Path or name of the compiler, and arguments that it is always given, as in `CC='ccache gcc'`. */
  readonly compiler: string;
  readonly wrapped: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  readonly version: string;
  /** Everything that the compiler says of itself and of the machine: part of the key of what it makes. */
  readonly fingerprint: string;
  readonly flags: readonly string[];
  readonly target: Target;
}

const PROBE_MS = 10_000;
/** What compilers are called, in the order in which they are tried. */
const NAMES = ['gcc', 'clang', 'cc'];

/**
 * The same numbers from any optimization: nothing reordered, nothing fused unasked. Programs come with their loops
 * tiled and their vectors written out; GCC's -O2 takes half as long again and makes them no faster, at times slower.
 */
const FLAGS = ['-std=gnu11', '-fPIC', '-ffp-contract=off', '-fno-math-errno', '-fno-strict-aliasing'];

/**
 * Asks the first compiler that answers, `CC` or else gcc, clang or cc on the path, what machine this is.
 *
 * @throws CompilerError when none answers, or the machine is none that programs are printed for
 */
export async function findMachine(environment: NodeJS.ProcessEnv = process.env): Promise<Machine> {
  if (process.platform === 'win32') {
    throw new CompilerError('programs are compiled natively on Linux and macOS only');
  }
  const named = environment.CC?.trim();
  const failures: string[] = [];
  for (const [compiler, ...wrapped] of named ? readings(named) : NAMES.map((name) => [name])) {
    try {
      return await probe(compiler!, wrapped, environment);
    } catch (error) {
      if (!(error instanceof CompilerError)) throw error;
      failures.push(error.message);
    }
  }
  throw new CompilerError(
    named ? `the compiler that CC names: ${failures[0]}` : `no C compiler on the path (${NAMES.join(', ')})`,
  );
}

/** `CC` is a path, spaces and all, or else a command and its first arguments. */
function readings(named: string): string[][] {
  const words = named.split(/\s+/);
  return words.length > 1 ? [[named], words] : [[named]];
}

async function probe(
  compiler: string,
  wrapped: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<Machine> {
  // Unless CC says for which machine, as in CC='gcc -march=x86-64-v2', it is this one.
  const named = wrapped.some((argument) => /^-m(arch|cpu)=/.test(argument));
  const machine = named ? [] : [process.arch === 'arm64' ? '-mcpu=native' : '-march=native'];
  const { output } = await run(compiler, [...wrapped, ...machine, '-dM', '-E', '-x', 'c', '-'], {
    input: '',
    limitMs: PROBE_MS,
    environment,
  });
  const macros = new Map(
    output.split('\n').flatMap((line) => {
      const match = /^#define (\w+) ?(.*)$/.exec(line);
      return match ? [[match[1]!, match[2]!] as const] : [];
    }),
  );
  const version = (macros.get('__VERSION__') ?? '').replaceAll('"', '');
  if (version === '' || macros.get('__SIZEOF_POINTER__') !== '8') {
    throw new CompilerError(`${compiler} is no C compiler for 64-bit machines that Fathom knows`);
  }
  return {
    compiler,
    wrapped,
    environment,
    version: macros.has('__clang__') ? version : `GCC ${version}`,
    fingerprint: output,
    flags: [...FLAGS, macros.has('__clang__') ? '-O2' : '-O1', ...machine],
    target: targetOf(macros),
  };
}

const CACHE_BYTES = 512 * 1024;
/** Longer sums than for wasm: wide vectors are done with a step sooner, and results are to be read and written less often. */
const BLOCK = { rows: 128, steps: 512, copiesRows: true };
/** Tiles have six rows: of 512 they leave two over, of 128 two times four; and a panel is read from afar less often. */
const AVX2_BLOCK = { ...BLOCK, rows: 512 };

/** Vectors as wide as the machine's, and as many registers as it has, less a few for what a kernel does besides. */
function targetOf(macros: ReadonlyMap<string, string>): Target {
  const common = {
    fmaPerCycle: 2,
    fmaLatency: 4,
    loadsPerCycle: 2,
    hoistsLoads: false,
    cacheBytes: CACHE_BYTES,
    block: BLOCK,
  };
  const has = (...names: string[]) => names.every((name) => macros.has(name));
  if (has('__AVX512F__', '__AVX512DQ__', '__AVX512VL__')) {
    return { ...common, name: 'native-avx512', lanes: 16, registers: 31 };
  }
  // A tile of 8 sums reaches two thirds of the peak, one of 12 all of it: as if a result took 6 cycles.
  if (has('__AVX2__', '__FMA__')) {
    return { ...common, name: 'native-avx2', lanes: 8, registers: 16, fmaLatency: 6, block: AVX2_BLOCK };
  }
  if (has('__aarch64__')) return { ...common, name: 'native-neon', lanes: 4, registers: 31 };
  if (has('__SSE2__')) return { ...common, name: 'native-sse2', lanes: 4, registers: 15 };
  throw new CompilerError('this processor is neither x86-64 nor arm64');
}
