import { spawn } from 'node:child_process';
import { CompilerError } from './errors.ts';

/** Of what a compiler complains of, so much is kept. */
const MOST_COMPLAINT = 2000;
const MOST_OUTPUT = 4 * 2 ** 20;

/** Ends each command that runs: none may outlive this process. */
const running = new Set<() => void>();
const endAll = () => {
  for (const end of running) end();
};

/**
 * Runs a command without a shell: its arguments are a list, `input` is what it reads.
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
    if (running.size === 0) process.once('exit', endAll);
    running.add(end);
    const fail = (message: string) => finish(() => reject(new CompilerError(message)));
    const timer = setTimeout(() => {
      end();
      fail(`${command} took longer than ${limitMs / 1000} s`);
    }, limitMs);
    const finish = (settle: () => void) => {
      clearTimeout(timer);
      running.delete(end);
      if (running.size === 0) process.off('exit', endAll);
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
      const first = lines.find((line) => /error/i.test(line)) ?? lines[0]!;
      fail(`${command} failed (${signal ?? `exit ${code}`}): ${first.trim()}`);
    });
  });
}
