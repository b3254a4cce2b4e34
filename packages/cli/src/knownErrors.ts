import { DataError } from 'fathom';
import { CompilerError, FileWriteError } from 'fathom/node';

const KNOWN = [DataError, FileWriteError, CompilerError, RangeError];

/** Whether an error's message alone says what the user can do: bad data, a full disk, a shape that does not fit. */
export function isUserError(error: unknown): error is Error {
  return KNOWN.some((kind) => error instanceof kind);
}
