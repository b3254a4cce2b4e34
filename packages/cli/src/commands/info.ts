import { availableParallelism } from 'node:os';
import type { Command } from 'commander';
import { type Backend, detectFeatures, selectBackend } from 'fathom';
import { type CacheContents, cacheFolder, type NativeStatus, nativeStatus } from 'fathom/node';
import { BACKENDS, type BackendOption, parseBackend, parseThreads } from '../options.ts';
import { table } from '../output/table.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { byteSize, count } from '../output/units.ts';
import { version } from '../version.ts';
import { JSON_HELP } from './data.ts';

type InfoOptions = { readonly backend: BackendOption; readonly threads?: number; readonly json?: boolean };

/** `fathom info`. */
export function addInfo(program: Command): void {
  program
    .command('info')
    .description('what Fathom computes with on this machine')
    .option('--backend <name>', BACKENDS.join(', '), parseBackend, 'auto')
    .option('--threads <n>', 'threads to compute with (default: one for each core)', parseThreads)
    .option('--json', JSON_HELP)
    .addHelpText('after', '\nExample:\n  fathom info')
    .action(async (options: InfoOptions) => info(options, processTerminal(options)));
}

async function info({ backend: name, threads }: InfoOptions, terminal: Terminal): Promise<void> {
  const backend: Backend = await selectBackend(name, threads === undefined ? {} : { threads });
  // WebAssembly is asked what it can do, also where native code is chosen: the engine tells only once it is set up.
  await selectBackend('wasm', { threads: 1 });
  const features = detectFeatures();
  const native = await nativeStatus();
  const yes = (value: boolean) => (value ? 'yes' : 'no');
  const facts = {
    fathom: version(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cores: availableParallelism(),
    backend: backend.name,
    threads: backend.threads,
    ...features,
    native,
    dataFolder: process.env.FATHOM_DATA || null,
    cacheFolder: cacheFolder(),
  };
  const lines = table(
    [
      ['Fathom', facts.fathom],
      ['Node', `${facts.node} (${facts.platform}, ${facts.cores} cores)`],
      ['backend', `${facts.backend}: ${whyChosen(name, native)}`],
      ['threads', String(facts.threads)],
      ['native code', describeNative(native)],
      ['SIMD', yes(features.simd)],
      ['fused multiply-add (relaxed SIMD)', yes(features.relaxed)],
      ['shared memory', yes(features.sharedMemory)],
      ['data (FATHOM_DATA)', facts.dataFolder ?? 'not set'],
      ['downloads', facts.cacheFolder],
      ...(native.available ? describeCache(native.cache) : []),
    ],
    { words: true },
  );
  for (const line of lines) terminal.say(line);
  terminal.result(facts);
}

function whyChosen(asked: BackendOption, native: NativeStatus): string {
  if (asked !== 'auto') return 'as asked for';
  return native.available ? 'the fastest, as there is a C compiler' : 'the fastest without native code';
}

function describeNative(native: NativeStatus): string {
  if (!native.available) return `no: ${native.reason}`;
  return `${native.version} (${native.compiler}), vectors of ${native.lanes} floats (${native.vectors})`;
}

function describeCache({ folder, files, bytes, mostBytes, refused }: CacheContents): [string, string][] {
  if (refused !== undefined) return [['compiled programs', `kept for this process alone: ${refused}`]];
  const clear = `rm -r '${folder.replaceAll("'", "'\\''")}'`;
  return [
    ['compiled programs', `${count(files)} in ${folder}`],
    ['', `${byteSize(bytes)} of at most ${byteSize(mostBytes)}; to clear them: ${clear}`],
  ];
}
