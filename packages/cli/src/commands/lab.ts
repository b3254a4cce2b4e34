import { spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { CliError } from '../errors.ts';
import { catchInterrupt } from '../interrupt.ts';
import { wholeNumber } from '../options.ts';
import { processTerminal, type Terminal } from '../output/terminal.ts';
import { findDataFiles } from '../server/dataFiles.ts';
import { type LabServer, serveLab } from '../server/labServer.ts';
import { describeFile, jsonFile, listFiles, type OwnFile } from '../server/ownFiles.ts';

export type LabOptions = {
  readonly port?: number;
  readonly open?: boolean;
  readonly json?: boolean;
};

/** `fathom lab`. */
export function addLab(program: Command): void {
  program
    .command('lab')
    .description('the lab: draw, train and look inside, in the browser, on this machine alone')
    .argument('[run]', 'a folder that `fathom train` has saved, to look at')
    .option(
      '--port <n>',
      `port to listen on (default: ${PORT}, or one of the next that is free)`,
      wholeNumber('--port', 0, 65_535),
    )
    .option('--open', 'open the page in the browser')
    .option('--json', 'say where the lab is as one JSON object')
    .addHelpText('after', EXAMPLES)
    .action(async (run: string | undefined, options: LabOptions) => {
      await lab(run, options, processTerminal(options));
    });
}

const EXAMPLES = `
Examples:
  fathom lab                    says the address; Ctrl-C ends it
  fathom lab --open             and opens it in the browser
  fathom lab runs/my-run        with a run of yours loaded`;

/**
 * Serves the lab until Ctrl-C.
 *
 * @throws CliError when it is not built, the port is taken, or there is no run in the folder
 */
export async function lab(run: string | undefined, options: LabOptions, terminal: Terminal): Promise<void> {
  const files = await filesOf(run);
  const server = await serveLab(
    files,
    options.port === undefined ? { port: PORT, more: 20 } : { port: options.port },
  );
  const url = run === undefined ? server.url : `${server.url}#/draw?network=run`;
  terminal.say(`The lab is at ${terminal.paint.bold(url)}`);
  terminal.say(terminal.paint.dim('It answers this machine alone. Ctrl-C ends it.'));
  terminal.result({ url, port: server.port });
  if (options.open) openInBrowser(url, terminal);
  await untilInterrupted(server);
}

/** Away from the ports of other tools. */
const PORT = 4545;
/** The built lab, in its package: in the repository, or beside this one where it is installed. */
const LAB = fileURLToPath(new URL('dist/', import.meta.resolve('fathom-lab/package.json')));
const RUN_FILES = ['model.json', 'weights.safetensors', 'run.json'];

async function filesOf(run: string | undefined): Promise<Map<string, OwnFile>> {
  const files = await listFiles(LAB).catch(() => new Map<string, OwnFile>());
  if (!files.has('/'))
    throw new CliError('the lab is not built yet. Run `npm run setup` in its repository first.');
  const data = await findDataFiles();
  for (const [url, file] of data.files) files.set(url, file);
  // What the page can ask for beyond its own files.
  files.set('/offer.json', jsonFile({ data: data.names, run: run !== undefined }));
  if (run === undefined) return files;
  for (const name of RUN_FILES) {
    const path = join(run, name);
    if (await isFile(path)) files.set(`/run/${name}`, await describeFile(path));
    else if (name !== 'run.json') {
      throw new CliError(
        `there is no run at ${run}: expected a folder with model.json and weights.safetensors, as \`fathom train\` ` +
          `saves; ${name} is missing. Check the path, or train first: fathom train digits`,
      );
    }
  }
  return files;
}

function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}

function untilInterrupted(server: LabServer): Promise<void> {
  return new Promise((resolve) => {
    const interrupt = catchInterrupt(() => {});
    interrupt.signal.addEventListener('abort', async () => {
      await server.close();
      interrupt.release();
      resolve();
    });
  });
}

/** With the opener of the system; where there is none, the address has been said. */
function openInBrowser(url: string, terminal: Terminal): void {
  const [command, args] =
    process.platform === 'darwin'
      ? ['open', [url]]
      : process.platform === 'win32'
        ? ['explorer.exe', [url]]
        : ['xdg-open', [url]];
  const child = spawn(command, args, { stdio: 'ignore', detached: true });
  child.on('error', () => terminal.warn('No browser could be opened; open the address yourself.'));
  child.unref();
}
