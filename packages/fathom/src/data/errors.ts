/** The parts of a message about bad data: every one is said in the same order. */
export type DataErrorParts = {
  /** What is wrong, in a few words. */
  readonly what: string;
  /** Which file, offset, sample or argument. */
  readonly where: string;
  readonly expected: string;
  readonly received: string;
  /** What the reader can do about it. */
  readonly fix: string;
};

/**
 * Bad input data: a file, an array or an argument that cannot be what it claims to be.
 *
 * Its message reads `what (where): expected …, received …. fix`; the parts stay available as fields, so that a
 * program can tell bad input from a bug of its own.
 */
export class DataError extends Error {
  readonly parts: DataErrorParts;

  constructor(parts: DataErrorParts, options?: ErrorOptions) {
    super(
      `${parts.what} (${parts.where}): expected ${parts.expected}, received ${parts.received}. ${parts.fix}`,
      options,
    );
    this.name = 'DataError';
    this.parts = parts;
  }
}
