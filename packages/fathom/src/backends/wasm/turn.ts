import { type FunctionBody, op, V128 } from './assembler.ts';

/** Lanes of two vectors, 0 to 3 and 4 to 7: the first and the last two of each, one by one, and pair by pair. */
const ONES = { first: [0, 4, 1, 5], last: [2, 6, 3, 7] };
const PAIRS = { first: [0, 1, 4, 5], last: [2, 3, 6, 7] };

/** Makes columns of the four rows that four locals hold: lane i of each of them, in their order, goes to local i. */
export function turn(body: FunctionBody, rows: readonly number[]): void {
  const [a, b, c, d] = rows as [number, number, number, number];
  const [ab, abLast, cd, cdLast] = rows.map(() => body.local(V128)) as [number, number, number, number];
  const join = (first: number, second: number, lanes: readonly number[], to: number) =>
    body.emit(op.localGet, first).emit(op.localGet, second).shuffle(lanes).emit(op.localSet, to);
  join(a, b, ONES.first, ab);
  join(a, b, ONES.last, abLast);
  join(c, d, ONES.first, cd);
  join(c, d, ONES.last, cdLast);
  join(ab, cd, PAIRS.first, a);
  join(ab, cd, PAIRS.last, b);
  join(abLast, cdLast, PAIRS.first, c);
  join(abLast, cdLast, PAIRS.last, d);
}
