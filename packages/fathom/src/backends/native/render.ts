import type { Launch, Loop, Program } from '../../compiler/program.ts';
import { type Kernel, renderKernel, TASKS } from './kernel.ts';
import { PRELUDE } from './prelude.ts';

/**
 * What a program is given: 64-bit words. `base` holds the address of every buffer, `scratch` that of the first thread's
 * scratch memory, of which each thread has `scratchBytes`; `meet(pool)` lets all threads wait for each other.
 */
const CONTEXT = `
struct context {
  long threads;
  float *const *base;
  char *scratch;
  long scratchBytes;
  void (*meet)(void *);
  void *pool;
  long prepared;
};
#define EXPORT __attribute__((visibility("default")))
#define KERNEL __attribute__((noinline, visibility("hidden"))) void
/* Results too small to be normal become 0 where they cost a processor a detour: moments that fade would stay so small. */
#if defined(__x86_64__)
ALU unsigned flush(void) {
  unsigned before = __builtin_ia32_stmxcsr();
  __builtin_ia32_ldmxcsr(before | 0x8000);
  return before;
}
#define RESTORE(before) __builtin_ia32_ldmxcsr(before)
#else
#define flush() 0
#define RESTORE(before) (void)(before)
#endif
ALU long most(long a, long b) { return a > b ? a : b; }
ALU long least(long a, long b) { return a < b ? a : b; }
`;

/** Characters of kernels in one file: large programs are several files, which are compiled side by side. */
const FILE_CHARACTERS = 40_000;

/**
 * Prints a program as C files: a function for each launch, which calls one that all those share that do the same, and in
 * the first file `run(context, thread)` that calls them and `kernel(context, launch, count, step, iterations)` for timing
 * one launch by itself, `step` tasks at a time.
 */
export function renderC(program: Program, lanes: number): string[] {
  const { launches, buffers } = program;
  const kernels = launches.map((launch, i) => {
    const before = launches[i - 1];
    return renderKernel(launch, before?.stage === launch.stage ? before : undefined, buffers, lanes);
  });
  const functions = sharedFunctions(kernels);
  const main = [
    'EXPORT void run(const struct context *c, long thread) {',
    '  const unsigned mode = flush();',
    '  char *const scratch = c->scratch + thread * c->scratchBytes;',
    ...renderSteps(program),
    '  RESTORE(mode);',
    '}',
    '',
    'EXPORT address entry(void) { return (address)run; }',
    '',
    'EXPORT address kernel_at(long launch) {',
    '  static void (*const all[])(float *const *, char *, long, long, long) = {',
    `    ${launches.map((_, i) => kernelName(i)).join(', ') || '0'}`,
    '  };',
    '  return (address)all[launch];',
    '}',
    '',
    'EXPORT void kernel(const struct context *c, long launch, long count, long step, long iterations) {',
    '  const unsigned mode = flush();',
    '  for (long iteration = 0; iteration < iterations; iteration++)',
    '    for (long first = 0; first < count; first += step)',
    '      switch (launch) {',
    ...launches.map(
      (_, i) =>
        `        case ${i}: ${kernelName(i)}(c->base, c->scratch, first, first + step, iteration); break;`,
    ),
    '      }',
    '  RESTORE(mode);',
    '}',
  ];
  const declared = [...functions.values()].map(({ head }) => `${head};`);
  const calls = kernels.map(({ text, places }, i) => {
    const given = [...places, 'first', 'end', 'iteration'].join(', ');
    return [
      `/* ${launches[i]!.name.replaceAll('*/', '')} */`,
      `KERNEL ${kernelName(i)}(float *const *base, char *scratch, ${TASKS}) {`,
      `  ${functions.get(text)!.name}(${given});`,
      '}',
    ].join('\n');
  });
  const head = [`#define LANES ${lanes}`, PRELUDE, CONTEXT];
  const [first = [], ...others] = filesOf([...functions].map(([text, f]) => `${f.head} {\n${text}\n}`));
  return [
    [...head, ...declared, ...calls, ...main, ...first],
    ...others.map((file) => [...head, ...file]),
  ].map((lines) => `${lines.join('\n')}\n`);
}

/** One function for all launches that do the same, with other memory: layers alike are compiled once. */
function sharedFunctions(kernels: readonly Kernel[]): Map<string, { name: string; head: string }> {
  const functions = new Map<string, { name: string; head: string }>();
  for (const { text, places } of kernels) {
    if (functions.has(text)) continue;
    const name = `f${functions.size}`;
    const memory = places.map((_, i) => `float *const b${i}, `).join('');
    functions.set(text, { name, head: `KERNEL ${name}(${memory}${TASKS})` });
  }
  return functions;
}

/** Kernels in files of about the same length; how many depends on nothing but the program. */
function filesOf(kernels: readonly string[]): string[][] {
  const total = kernels.reduce((sum, { length }) => sum + length, 0);
  const share = total / Math.max(1, Math.round(total / FILE_CHARACTERS));
  const files: string[][] = [];
  let before = 0;
  for (const kernel of kernels) {
    const at = Math.floor(before / share);
    while (files.length <= at) files.push([]);
    files[at]!.push(kernel);
    before += kernel.length;
  }
  return files.filter((file) => file.length > 0);
}

const kernelName = (index: number) => `k${index}`;

/** Everything that `run` does; what is prepared is left out where the caller says that it still holds. */
function renderSteps(program: Program): string[] {
  const { launches, prepared } = program;
  const regions = stages(program);
  const isFirst = ({ stages: [stage] }: Region) => stage![0]! < prepared;
  const lines = (list: readonly Region[]) => list.flatMap((region) => renderRegion(region, launches));
  const first = lines(regions.filter(isFirst));
  const guarded = prepared === 0 ? [] : ['  if (!c->prepared) {', ...first, '  }'];
  return [...guarded, ...lines(regions.filter((region) => !isFirst(region)))];
}

/** Stages (numbers of their launches) that are run once, or repeated together. */
interface Region {
  readonly loop: Loop | undefined;
  readonly stages: readonly (readonly number[])[];
}

function stages({ launches, loops, prepared }: Program): Region[] {
  const regions: { loop: Loop | undefined; stages: number[][] }[] = [];
  launches.forEach((launch, i) => {
    const loop = loops.find(({ first, end }) => first <= i && i < end);
    let region = regions[regions.length - 1];
    if (!region || region.loop !== loop || i === prepared) {
      region = { loop, stages: [] };
      regions.push(region);
    }
    const stage = region.stages[region.stages.length - 1];
    if (stage && launches[stage[0]!]!.stage === launch.stage) stage.push(i);
    else region.stages.push([i]);
  });
  return regions;
}

function renderRegion({ loop, stages }: Region, launches: readonly Launch[]): string[] {
  const barrier = (stage: readonly number[]) =>
    launches[stage[0]!]!.barrier ? ['  if (c->threads > 1) c->meet(c->pool);'] : [];
  if (!loop) return stages.flatMap((stage) => [...barrier(stage), ...renderStage(stage, launches)]);
  const head = `  for (long iteration = 0; iteration < ${loop.count}; iteration++) {`;
  const [only] = stages;
  if (stages.length > 1) {
    const body = stages.flatMap((stage) => [...barrier(stage), ...renderStage(stage, launches, 'iteration')]);
    return [head, ...body, '  }'];
  }
  // A thread goes through all iterations of its range of tasks without waiting for anybody.
  const { solo, chunks } = launches[only![0]!]!;
  const calls = only!.map((i) => {
    const tasks = launches[i]!.count / chunks;
    return `      ${kernelName(i)}(c->base, scratch, chunk * ${tasks}, last * ${tasks}, iteration);`;
  });
  const share = solo
    ? [`  if (thread == 0) {`, `    const long chunk = 0, last = ${chunks};`]
    : ['  {', `    const long chunk = ${bound(chunks, '')}, last = ${bound(chunks, ' + 1')};`];
  return [...barrier(only!), ...share, `  ${head}`, ...calls, '    }', '  }'];
}

/** The chunk at which a thread's share of them begins: thread · chunks / threads. */
const bound = (chunks: number, plus: string) => `(thread${plus}) * ${chunks} / c->threads`;

/** Calls the kernels of a stage for this thread's share of its chunks, one chunk after the other. */
function renderStage(members: readonly number[], launches: readonly Launch[], iteration = '0'): string[] {
  const { solo, chunks } = launches[members[0]!]!;
  const call = (i: number, first: string, end: string) =>
    `${kernelName(i)}(c->base, scratch, ${first}, ${end}, ${iteration});`;
  if (solo) {
    const calls = members.map((i) => `    ${call(i, '0', String(launches[i]!.count))}`);
    return ['  if (thread == 0) {', ...calls, '  }'];
  }
  if (members.length === 1) return [`  ${call(members[0]!, bound(chunks, ''), bound(chunks, ' + 1'))}`];
  const calls = members.map((i) => {
    const tasks = launches[i]!.count / chunks;
    return `    ${call(i, `chunk * ${tasks}`, `(chunk + 1) * ${tasks}`)}`;
  });
  return [
    `  for (long chunk = ${bound(chunks, '')}, last = ${bound(chunks, ' + 1')}; chunk < last; chunk++) {`,
    ...calls,
    '  }',
  ];
}
