import { type Access, load, mapLeaves } from '../ir/expr.ts';
import { type Load, loadsIn, remapAxes } from './axes.ts';
import { type Blocked, splitAxes } from './block.ts';
import type { Nest } from './nest.ts';
import type { Target } from './program.ts';
import { chooseTiling, outputAxes } from './tile.ts';

/** Times that an element must be read to pay for the copy. */
const REUSE = 4;
/** Rows that are copied into panels together. */
const ROWS = 8;

/**
 * Gives a contraction its operands in the order in which vectors read them: an operand whose neighbours along the
 * vector axis are not neighbours in memory is copied, with that axis innermost; so is the operand of a blocked nest,
 * whose panels then lie in one piece, and on some targets the operand that is the same in all lanes, block by block.
 * `allocate` makes the buffer.
 */
export function packOperands(
  { nest, blocked, inBlocks }: Blocked,
  target: Target,
  allocate: (size: number) => number,
): { packs: Nest[]; nest: Nest } {
  if (!nest.reduce) return { packs: [], nest };
  const { vectorAxis } = chooseTiling(nest, target);
  if (vectorAxis < 0) return { packs: [], nest };
  const points = nest.axes.reduce((product, size) => product * size, 1);
  const packs: Nest[] = [];
  const replaced = new Map<Access, Access>();
  const inBody = new Set(loadsIn(nest.reduce!.body));
  for (const operand of inBody) {
    const stride = operand.access.strides[vectorAxis]!;
    const alongRows = inBlocks && operand.access.strides[inBlocks.steps + 1] === 1;
    const inRows = stride === 0 && alongRows && target.block.copiesRows;
    if ((stride < 2 && !blocked) || (stride === 0 && !inRows) || replaced.has(operand.access)) continue;
    const axes = inRows ? blockOrder(operand, nest, inBlocks) : movingAxes(operand, nest, vectorAxis);
    const size = axes.reduce((product, axis) => product * nest.axes[axis]!, 1);
    if (!isInjective(operand, nest, axes) || points / size < REUSE) continue;
    const packed = packedAccess(nest, axes, allocate(size));
    replaced.set(operand.access, packed);
    const order = readingOrder(operand, axes);
    const pick = (access: Access) => ({ ...access, strides: order.map((axis) => access.strides[axis]!) });
    const copy: Nest = {
      name: `${nest.name}.pack`,
      axes: order.map((axis) => nest.axes[axis]!),
      stores: [{ access: pick(packed), value: load(pick(operand.access), operand.dtype), accumulate: false }],
      entangled: [],
      ...(nest.origin ? { origin: nest.origin } : {}),
      ...(nest.loop ? { loop: nest.loop } : {}),
    };
    packs.push(order === axes ? copy : severalRows(copy));
  }
  if (packs.length === 0) return { packs, nest };
  const body = mapLeaves(nest.reduce.body, (leaf) =>
    leaf.kind === 'load' ? { ...leaf, access: replaced.get(leaf.access) ?? leaf.access } : leaf,
  );
  return { packs, nest: { ...nest, reduce: { ...nest.reduce, body } } };
}

/** The axes along which an operand moves: those of the result, those of the reduction, and the vector axis last. */
function movingAxes({ access }: Load, nest: Nest, vectorAxis: number): number[] {
  const outputs = outputAxes(nest);
  const moving = nest.axes.flatMap((_, axis) =>
    access.strides[axis] !== 0 && axis !== vectorAxis ? [axis] : [],
  );
  return [
    ...moving.filter((axis) => outputs.includes(axis)),
    ...moving.filter((axis) => !outputs.includes(axis)),
    vectorAxis,
  ];
}

/**
 * The axes of a copy in the order in which memory is read: panels of one row after each other, since a panel read by
 * itself is a line here and a line there. The last axis stays: lanes run along it.
 */
function readingOrder({ access }: Load, axes: readonly number[]): readonly number[] {
  const lanes = axes[axes.length - 1]!;
  if (access.strides[lanes] !== 1) return axes;
  const stride = (axis: number) => Math.abs(access.strides[axis]!);
  return [...axes.slice(0, -1).sort((a, b) => stride(b) - stride(a)), lanes];
}

/** Reads a panel's piece of some rows, then the next panel's: pieces that lie together in the copy are written together. */
function severalRows(copy: Nest): Nest {
  const rows = copy.axes.length - 3;
  const size = copy.axes[rows];
  if (size === undefined || size <= ROWS || size % ROWS !== 0) return copy;
  const cut = splitAxes(copy, new Map([[rows, ROWS]]));
  const order = cut.axes.map((_, axis) => axis);
  [order[rows + 1], order[rows + 2]] = [rows + 2, rows + 1];
  return remapAxes(
    cut,
    order.map((axis) => ({ axis, size: cut.axes[axis]! })),
  );
}

/** The axes along which an operand moves that is the same in all lanes: rows of a block, then steps, stay together. */
function blockOrder(operand: Load, nest: Nest, { rows, steps }: NonNullable<Blocked['inBlocks']>): number[] {
  const moving = movingAxes(operand, nest, -1).slice(0, -1);
  const blocks = [rows, steps];
  if (blocks.some((axis) => !moving.includes(axis))) return moving;
  const at = moving.indexOf(rows);
  return [...moving.slice(0, at), steps, ...moving.slice(at).filter((axis) => axis !== steps)];
}

/** Whether different points read different elements, so that a copy is no larger than what is read. */
function isInjective({ access }: Load, nest: Nest, axes: readonly number[]): boolean {
  if (access.indirect) return false;
  const ordered = [...axes].sort((a, b) => Math.abs(access.strides[a]!) - Math.abs(access.strides[b]!));
  let reach = 0;
  for (const axis of ordered) {
    const stride = Math.abs(access.strides[axis]!);
    if (stride <= reach) return false;
    reach += stride * (nest.axes[axis]! - 1);
  }
  return true;
}

function packedAccess(nest: Nest, axes: readonly number[], buffer: number): Access {
  const strides = nest.axes.map(() => 0);
  let stride = 1;
  for (const axis of [...axes].reverse()) {
    strides[axis] = stride;
    stride *= nest.axes[axis]!;
  }
  return { buffer, offset: 0, strides };
}
