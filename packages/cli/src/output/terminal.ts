/** Where a command talks to. */
export type Terminal = {
  /** For a person: to standard output, or with `--json` to standard error. */
  say(text?: string): void;
  /** Something that is not as it should be; always to standard error. */
  warn(text: string): void;
  /** For a program: one line of standard output, written with `--json` only. */
  result(value: unknown): void;
  readonly json: boolean;
  /** Where `say` writes. */
  readonly stream: NodeJS.WriteStream;
  readonly paint: Paint;
};

/** Marks text where colours are wanted, and leaves it as it is elsewhere. */
export type Paint = {
  readonly enabled: boolean;
  bold(text: string): string;
  dim(text: string): string;
  error(text: string): string;
  /** A text colour and a ground from the 256 of a terminal. */
  on(ground: number, ink: number, text: string): string;
};

/**
 * The terminal of this process.
 *
 * @param json people's output then goes to standard error, so that standard output holds one JSON object
 */
export function processTerminal({ json = false }: { json?: boolean } = {}): Terminal {
  const stream = json ? process.stderr : process.stdout;
  return {
    say: (text = '') => void stream.write(`${text}\n`),
    warn: (text) => void process.stderr.write(`${text}\n`),
    result: (value) => {
      if (json) process.stdout.write(`${JSON.stringify(value)}\n`);
    },
    json,
    stream,
    paint: paintFor(stream),
  };
}

/** Colours for terminals only; NO_COLOR and FORCE_COLOR have their usual meaning. */
export function paintFor(stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv = process.env): Paint {
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0';
  const refused = (env.NO_COLOR !== undefined && env.NO_COLOR !== '') || env.TERM === 'dumb';
  const enabled = !refused && (forced || stream.isTTY === true);
  const wrap = (codes: string, text: string) => (enabled ? `\x1b[${codes}m${text}\x1b[0m` : text);
  return {
    enabled,
    bold: (text) => wrap('1', text),
    dim: (text) => wrap('2', text),
    error: (text) => wrap('1;31', text),
    on: (ground, ink, text) => wrap(`48;5;${ground};38;5;${ink}`, text),
  };
}
