import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { MissingDataError } from 'fathom/node';
import { loadWithProgress } from './datasets.ts';
import { EXIT } from './errors.ts';
import { main } from './main.ts';
import { processTerminal } from './output/terminal.ts';

/**
 * `npm start`: trains LeNet-5 on MNIST where it is at hand or can be downloaded, otherwise on the built-in digits; then
 * shows the run in the lab, when a person is at the terminal.
 *
 * @param argv goes to `fathom train`; a data set may stand in front
 * @returns the exit status
 */
export async function start(argv: readonly string[]): Promise<number> {
  const [first] = argv;
  const asked = first !== undefined && !first.startsWith('-');
  const isHelp = argv.includes('--help') || argv.includes('-h');
  const data = asked ? [] : [isHelp ? 'digits' : await chooseData(argv.includes('--json'))];
  const begun = Date.now();
  const code = await main(['train', ...data, ...argv]);
  if (code !== EXIT.done || isHelp || argv.includes('--json') || !isPersonThere()) return code;
  return showInLab(await savedRun(argv, begun));
}

/** Someone who can look at a page, and end the server that shows it. */
function isPersonThere(): boolean {
  return process.stdin.isTTY === true && process.stdout.isTTY === true && !process.env.CI;
}

/** Serves the lab with the run loaded, until Ctrl-C. */
function showInLab(run: string | undefined): Promise<number> {
  processTerminal().say();
  return main(['lab', ...(run === undefined ? [] : [run])]);
}

/** Where the training has saved: the folder it was told, or the newest one made since. */
async function savedRun(argv: readonly string[], since: number): Promise<string | undefined> {
  const told = argv.findIndex((argument) => argument === '--out' || argument.startsWith('--out='));
  if (told >= 0) return argv[told]!.split('=')[1] ?? argv[told + 1];
  const names = await readdir(RUNS).catch(() => []);
  const runs = await Promise.all(
    names.map(async (name) => {
      const folder = join(RUNS, name);
      const found = await stat(join(folder, 'model.json')).catch(() => undefined);
      return { folder, time: found?.mtimeMs ?? 0 };
    }),
  );
  return runs.filter(({ time }) => time >= since).sort((a, b) => b.time - a.time)[0]?.folder;
}

/** Where `fathom train` saves when it is not told another place. */
const RUNS = 'runs';

async function chooseData(json: boolean): Promise<string> {
  const terminal = processTerminal({ json });
  try {
    await loadWithProgress('mnist', {}, terminal);
    return 'mnist';
  } catch (error) {
    // Damaged files, as any other trouble, are reported where they are used.
    if (!(error instanceof MissingDataError)) return 'mnist';
    terminal.say(
      'MNIST is neither on this machine nor could it be downloaded: training on the built-in digits.',
    );
    return 'digits';
  }
}
