import { type Address, type Stmt, type Vector, valuesOf, vectorOperands } from '../../compiler/program.ts';

/**
 * The part of an address's offset that goes into its pointer. A pointer that runs backwards, or begins before its
 * buffer, could fall below 0 and wrap if the offset were left to the instruction, which does not wrap.
 */
export function pinnedOffset({ offset, terms }: Address): number {
  return offset < 0 || terms.some(({ stride }) => stride < 0) ? offset : 0;
}

/** Addresses of one key move alike: they share a pointer and differ in a constant. */
export function pointerKey(address: Address, terms: Address['terms']): string {
  const moves = terms.map(({ variable, stride }) => `${variable}*${stride}`).join(',');
  return `${address.buffer}@${pinnedOffset(address)}:${moves}`;
}

/** All addresses in statements, those in nested loops included. */
export function addressesOf(statements: readonly Stmt[]): Address[] {
  const addresses: Address[] = [];
  const seen = new Set<Vector>();
  const visit = (value: Vector) => {
    if (seen.has(value)) return;
    seen.add(value);
    if (value.kind === 'load') addresses.push(value.address);
    for (const operand of vectorOperands(value)) visit(operand);
  };
  for (const statement of statements) {
    if (statement.kind === 'loop') addresses.push(...addressesOf(statement.body));
    else {
      for (const value of valuesOf(statement)) visit(value);
      if (statement.kind === 'store') addresses.push(statement.address);
    }
  }
  return addresses;
}
