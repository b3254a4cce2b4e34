import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { CompilerError } from './errors.ts';

/** Of what a compiler complains of, so much is kept. */
const MOST_COMPLAINT = 2000;
const MOST_OUTPUT = 4 * 2 ** 20;

/**
 * Runs a command without a shell: its arguments are a list, `input` is what it reads. It does not outlive this process,
 * unless that is killed.
 *
 * @throws CompilerError when it does not start, fails, or takes longer than `limitMs`, after which it is ended together
 * with all that it started
 */
export function run(
  command: string,
  args: readonly string[],
  { input, limitMs, environment }: { input: string; limitMs: number; environment: NodeJS.ProcessEnv },
): Promise<{ output: string }> {
  return new Promise((resolve, reject) => {
    // A group of its own: a compiler's driver starts others, which would live on without it.
    const child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      shell: false,
      detached: true,
      env: environment,
    });
    let output = '';
    let complaint = '';
    const end = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    };
    const ended = endWithProcess(end);
    const fail = (message: string) => finish(() => reject(new CompilerError(message)));
    const timer = setTimeout(() => {
      end();
      fail(`${command} took longer than ${limitMs / 1000} s`);
    }, limitMs);
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      ended();
      settle();
    };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (output.length < MOST_OUTPUT) output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (complaint.length < MOST_COMPLAINT) complaint += text;
    });
    // Some that fail close their input before all is written; the exit tells the story.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    child.once('error', (error) => fail(`${command} does not start: ${error.message}`));
    child.once('close', (code, signal) => {
      if (code === 0) {
        finish(() => resolve({ output }));
        return;
      }
      const lines = complaint.split('\n');
      const first = (lines.find((line) => /error/i.test(line)) ?? lines[0]!).trim();
      fail(`${command} failed (${signal ?? `exit ${code}`})${first === '' ? '' : `: ${first}`}`);
    });
  });
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** What ends each command that runs. */
const running = new Set<() => void>();

/** Calls `end` when the process ends before the returned function is called. */
function endWithProcess(end: () => void): () => void {
  if (running.size === 0) {
    process.on('exit', endAll);
    for (const name of SIGNALS) process.on(name, endBySignal);
  }
  running.add(end);
  return () => {
    running.delete(end);
    if (running.size > 0) return;
    process.off('exit', endAll);
    for (const name of SIGNALS) process.off(name, endBySignal);
  };
}

function endAll(): void {
  for (const end of running) end();
}

/** Without a listener a signal ends the process with no word to anybody; with others, what it means is theirs to say. */
function endBySignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) === 1) process.exit(128 + constants.signals[signal]);
}
