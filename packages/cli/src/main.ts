import { Command, CommanderError } from 'commander';
import { addData } from './commands/data.ts';
import { addEval } from './commands/eval.ts';
import { addInfo } from './commands/info.ts';
import { addInspect } from './commands/inspect.ts';
import { addLab } from './commands/lab.ts';
import { addPredict } from './commands/predict.ts';
import { addSummary } from './commands/summary.ts';
import { addTrain } from './commands/train.ts';
import { CliError, codeOf, EXIT, InterruptedError, UsageError } from './errors.ts';
import { isUserError } from './knownErrors.ts';
import { type Paint, paintFor } from './output/terminal.ts';
import { version } from './version.ts';

/**
 * Runs one command line, as that of `fathom`, and reports what goes wrong.
 *
 * @param argv the arguments alone, as ['train', 'digits']
 * @returns the exit status: see `EXIT`
 */
export async function main(argv: readonly string[]): Promise<number> {
  endQuietlyWithPipe();
  try {
    const program = createProgram();
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync([...argv], { from: 'user' });
    return EXIT.done;
  } catch (error) {
    return report(error, paintFor(process.stderr));
  }
}

function createProgram(): Command {
  const program = new Command('fathom')
    .description('Train neural networks that you can see into: from a terminal, on a plain CPU.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .helpCommand('help [command]', 'explain a command')
    .configureHelp({ showGlobalOptions: false })
    // What goes wrong is reported in one place, below.
    .configureOutput({ outputError: () => {} })
    .exitOverride()
    .addHelpText('after', EXAMPLES);
  addTrain(program);
  addEval(program);
  addPredict(program);
  addInspect(program);
  addSummary(program);
  addData(program);
  addLab(program);
  addInfo(program);
  return program;
}

const EXAMPLES = `
Examples:
  fathom train digits                              learn handwritten digits; nothing to download
  fathom train mnist --model cnn --epochs 3        a larger network on MNIST
  fathom predict runs/lenet5-mnist-… photo.jpg     which digit is it?
  fathom summary lenet5                            layers, shapes, parameters
  fathom help train                                all options of a command`;

function report(error: unknown, paint: Paint): number {
  const say = (text: string) => void process.stderr.write(`${paint.error('error:')} ${text}\n`);
  if (process.env.FATHOM_DEBUG && error instanceof Error && !isHelp(error)) {
    process.stderr.write(`${error.stack}\n`);
  }
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    if (!isHelp(error)) say(oneLine(error.message));
    return EXIT.usage;
  }
  if (error instanceof UsageError) {
    say(`${error.message} See --help.`);
    return EXIT.usage;
  }
  if (error instanceof InterruptedError) {
    process.stderr.write(`${error.message}\n`);
    return EXIT.interrupted;
  }
  if (error instanceof CliError || isUserError(error)) {
    say(error.message);
    return EXIT.failed;
  }
  const message = error instanceof Error ? error.message : String(error);
  say(`${message}${process.env.FATHOM_DEBUG ? '' : ' (FATHOM_DEBUG=1 shows where)'}`);
  return EXIT.failed;
}

/** Help that was asked for, or that stands in for a missing command: it has been printed. */
function isHelp(error: Error): boolean {
  return (
    error instanceof CommanderError &&
    ['commander.help', 'commander.helpDisplayed', 'commander.version'].includes(error.code)
  );
}

/** commander puts its suggestion on a line of its own. */
function oneLine(message: string): string {
  return `${message
    .replace(/^error: /, '')
    .replace(/\n\(Did you mean ([^?]*)\?\)/, ". Did you mean '$1'?")
    .replace(/\n\((Did you mean [^)]*)\)/, '. $1')
    .replace(/([^.?])$/, '$1.')} See --help.`;
}

/** `fathom … | head` is no failure. */
function endQuietlyWithPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: unknown) => {
      if (codeOf(error) !== 'EPIPE') throw error;
      process.exit(EXIT.done);
    });
  }
}
