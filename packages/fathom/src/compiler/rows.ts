import type { Access } from '../ir/expr.ts';
import { accessesOf, reach } from './axes.ts';
import { splitAxes } from './block.ts';
import type { Nest } from './nest.ts';

/** Rows of one task: as many as a register tile may hold. */
const MOST_ROWS = 8;
/** Fewer tasks than this would leave threads without work. */
const FEWEST_TASKS = 4;

/**
 * Makes the nests of a loop work on the same rows in the same tasks, if there is an axis of rows, such as a batch,
 * along which no row needs another: what is written in the loop is then shared out alike by all of its nests, so that
 * every task can go through all iterations by itself.
 */
export function alignRows(nests: readonly Nest[], sizeOf: (buffer: number) => number): Nest[] {
  const written = new Set(nests.flatMap(({ stores }) => stores.map(({ access }) => access.buffer)));
  // Elements of a buffer that one iteration sees.
  const slots = new Map<number, number>();
  for (const { buffer, advance } of nests.flatMap(accessesOf)) {
    if (written.has(buffer))
      slots.set(buffer, advance ? Math.abs(advance) : (slots.get(buffer) ?? sizeOf(buffer)));
  }
  for (const rows of new Set(nests[0]?.axes ?? [])) {
    const tasks = taskCount(rows);
    const axes = nests.map((nest) => rowAxis(nest, rows, slots));
    if (tasks < 2 || axes.includes(-1)) continue;
    // Rows of one element are the lanes of vectors, too.
    const narrow = [...slots.values()].some((slot) => slot === rows);
    if (narrow && rows / tasks < MOST_ROWS) continue;
    return nests.map((nest, i) => {
      const axis = axes[i]!;
      if (tasks === rows) return { ...nest, tasks: axis };
      return { ...splitAxes(nest, new Map([[axis, rows / tasks]])), tasks: axis };
    });
  }
  return [...nests];
}

/** Tasks of equal numbers of rows. */
function taskCount(rows: number): number {
  for (let each = MOST_ROWS; each > 1; each--) {
    if (rows % each === 0 && rows / each >= FEWEST_TASKS) return rows / each;
  }
  return rows <= MOST_ROWS * FEWEST_TASKS ? rows : 1;
}

/** The axis of a nest, of extent `rows`, that leads from row to row of every buffer in `slots`; −1 if there is none. */
function rowAxis(nest: Nest, rows: number, slots: ReadonlyMap<number, number>): number {
  const shared = accessesOf(nest).filter(({ buffer }) => slots.has(buffer));
  if (nest.fill && nest.stores.some(({ access }) => access.buffer !== nest.fill!.buffer)) return -1;
  return nest.axes.findIndex(
    (size, axis) =>
      size === rows &&
      !nest.entangled.includes(axis) &&
      shared.every((access) => leadsAlongRows(access, nest, axis, slots.get(access.buffer)! / rows)),
  );
}

function leadsAlongRows(access: Access, nest: Nest, axis: number, row: number): boolean {
  if (access.strides[axis] !== row) return false;
  const { low, high } = reach(
    { ...access, offset: access.offset % (row * nest.axes[axis]!) },
    nest.axes.with(axis, 1),
  );
  return low >= 0 && high < row;
}
