import { suggest } from './suggest.ts';

/** What the process ends with. */
export const EXIT = {
  done: 0,
  /** Bad data, a missing file, a full disk. */
  failed: 1,
  /** A wrong command, option or name. */
  usage: 2,
  /** As shells report a process that Ctrl-C ended. */
  interrupted: 130,
} as const;

/** The command line itself is wrong. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** Something that the user can put right; its message is all there is to say. */
export class CliError extends Error {
  override name = 'CliError';
}

/** Ended by Ctrl-C before there was anything to keep. */
export class InterruptedError extends Error {
  override name = 'InterruptedError';
}

/**
 * The error for a name that is not known, with the name that was probably meant.
 *
 * @example
 * unknownName('data set', 'minst', ['mnist', 'digits']).message;
 * // "unknown data set 'minst'. Did you mean 'mnist'? Known: mnist, digits."
 */
export function unknownName(kind: string, name: string, known: readonly string[], hint = ''): UsageError {
  const meant = suggest(name, known);
  const guess = meant === undefined ? '' : ` Did you mean '${meant}'?`;
  return new UsageError(`unknown ${kind} '${name}'.${guess} Known: ${known.join(', ')}${hint}.`);
}

/** The system's name for the cause of an error, as ENOENT. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
