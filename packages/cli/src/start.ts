import { MissingDataError } from 'fathom/node';
import { loadWithProgress } from './datasets.ts';
import { main } from './main.ts';
import { processTerminal } from './output/terminal.ts';

/**
 * `npm start`: trains LeNet-5 on MNIST where it is at hand or can be downloaded, otherwise on the built-in digits.
 *
 * @param argv goes to `fathom train`; a data set may stand in front
 * @returns the exit status
 */
export async function start(argv: readonly string[]): Promise<number> {
  const [first] = argv;
  const asked = first !== undefined && !first.startsWith('-');
  if (asked || argv.includes('--help') || argv.includes('-h')) {
    return main(['train', ...(asked ? [] : ['digits']), ...argv]);
  }
  return main(['train', await chooseData(argv.includes('--json')), ...argv]);
}

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
