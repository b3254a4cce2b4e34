import { DataError } from 'fathom';
import { FileWriteError } from 'fathom/node';

/** Whether an error's message alone says what the user can do: bad data, a full disk, a shape that does not fit. */
export function isUserError(error: unknown): error is Error {
  return error instanceof DataError || error instanceof FileWriteError || error instanceof RangeError;
}
