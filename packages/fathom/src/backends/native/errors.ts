/** Programs cannot be compiled natively here, or one could not: the message says why. */
export class CompilerError extends Error {
  override readonly name = 'CompilerError';
}
