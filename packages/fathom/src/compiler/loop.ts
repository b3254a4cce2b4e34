import { load } from '../ir/expr.ts';
import { topologicalOrder } from '../ir/graph.ts';
import type { LoopAttrs, LoopBody } from '../ir/loop.ts';
import { type DType, stridesOf } from '../ir/shape.ts';
import type { Tensor } from '../ir/tensor.ts';
import { loadsOf } from './axes.ts';
import { fuse, underlying } from './fuse.ts';
import { canWriteInPlace, renameBuffers } from './inplace.ts';
import { copyNest, lowerNode, type Storage } from './lower.ts';
import type { Nest, Repetition } from './nest.ts';
import type { Graph } from './program.ts';

/** A part of a buffer, which may move on with every iteration of a loop. */
export interface View {
  readonly buffer: number;
  readonly offset: number;
  readonly advance: number;
}

/** What lowering a loop needs of the compiler's driver. */
export interface LoopScope {
  /** Shares equal nodes of a body graph and puts faster equals in. */
  prepare(graph: Graph): Graph;
  allocate(size: number, dtype: DType): number;
  /** The number under which nests may name a part of a buffer (or of another part). */
  view(view: View): number;
  /** Where a value from outside of the loop lies, in row-major order. */
  bufferOf(node: Tensor): number;
  /** A nest that puts a value from outside of the loop into a buffer. */
  store(name: string, node: Tensor, target: number): Nest;
}

export interface LoweredLoop {
  /** Run once before the loop. */
  readonly before: readonly Nest[];
  /** Run in every iteration. */
  readonly nests: readonly Nest[];
  /** The buffer (or view) of each value of the loop that the graph has a node for. */
  readonly results: ReadonlyMap<Tensor, number>;
}

/** The loop nests of a loop, of which `members` are the values that are needed. */
export function lowerLoop(members: readonly Tensor[], scope: LoopScope): LoweredLoop {
  return new LoopLowering(members, scope).lower();
}

/** A carry that something needs: its value in the body, its next value, and the operand it starts from. */
interface Carry {
  readonly parameter: Tensor;
  readonly next: Tensor;
  readonly init: Tensor;
  readonly number: number;
}

class LoopLowering implements Storage {
  readonly #scope: LoopScope;
  readonly #members: readonly Tensor[];
  readonly #body: LoopBody;
  readonly #operands: readonly Tensor[];
  readonly #repetition: Repetition;
  /** Next values of all carries and the values that are stacked, as the nodes that are stored for them. */
  readonly #next: readonly Tensor[];
  readonly #stacked: ReadonlyMap<Tensor, Tensor>;
  readonly #carries: readonly Carry[];
  readonly #places = new Map<Tensor, number>();
  readonly #stacks = new Map<Tensor, number>();
  readonly #finals = new Map<number, number>();
  /** Views that move through stacks. */
  readonly #parts = new Set<number>();
  readonly #before: Nest[] = [];

  constructor(members: readonly Tensor[], scope: LoopScope) {
    this.#scope = scope;
    this.#members = members;
    this.#body = attrsOf(members[0]!).body;
    this.#operands = members[0]!.inputs;
    this.#repetition = { count: this.#body.length };
    const { next } = this.#body;
    const values = members.flatMap((member) => {
      const { result } = attrsOf(member);
      return result.kind === 'stack' ? [result.value] : [];
    });
    const prepared = scope.prepare({ inputs: [], outputs: [...next, ...values], updates: [] });
    const stored = prepared.outputs.map((node) => underlying(node, 'alias'));
    this.#next = stored.slice(0, next.length);
    this.#stacked = new Map(values.map((value, i) => [value, stored[next.length + i]!]));
    this.#carries = this.#neededCarries();
  }

  lower(): LoweredLoop {
    const { items, constants, carries, length } = this.#body;
    items.forEach((item, i) => {
      const buffer = this.#scope.bufferOf(this.#operands[carries.length + i]!);
      this.#places.set(item, this.#slots(buffer, item, 0));
    });
    constants.forEach((constant, i) => {
      this.#places.set(constant, this.#scope.bufferOf(this.#operands[carries.length + items.length + i]!));
    });
    const stacked = [...this.#stacked.values()];
    const single: { carry: Carry; buffer: number }[] = [];
    const histories: { carry: Carry; history: number }[] = [];
    for (const carry of this.#carries) {
      const { parameter, next } = carry;
      if (stacked.includes(parameter) || (!isLeaf(next) && stacked.includes(next))) {
        histories.push({ carry, history: this.#startHistory(carry) });
      } else single.push({ carry, buffer: this.#startSingle(carry) });
    }
    const copies: Nest[] = [];
    for (const { carry, history } of histories) {
      const { next } = carry;
      const target = this.#slots(history, carry.parameter, this.#young);
      if (isLeaf(next) || this.#places.has(next)) copies.push(this.#copy(next, target));
      else {
        this.#places.set(next, target);
        this.#stacks.set(next, this.#part(history, this.#young * next.size));
      }
    }
    for (const node of stacked) {
      if (this.#stacks.has(node)) continue;
      const stack = this.#scope.allocate(length * node.size, node.dtype);
      this.#stacks.set(node, stack);
      const target = this.#slots(stack, node, 0);
      if (isLeaf(node) || this.#places.has(node)) copies.push(this.#copy(node, target));
      else this.#places.set(node, target);
    }
    const nests = this.#carry([...this.#lowerBody(), ...copies], single);
    return {
      before: this.#before,
      nests: nests.map((nest) => ({ ...nest, loop: this.#repetition })),
      results: new Map(
        this.#members.map((member) => {
          const { result } = attrsOf(member);
          const buffer =
            result.kind === 'stack'
              ? this.#stacks.get(this.#stacked.get(result.value)!)
              : this.#finals.get(result.carry);
          return [member, buffer!];
        }),
      ),
    };
  }

  bufferOf(node: Tensor): number {
    let buffer = this.#places.get(node);
    if (buffer === undefined) {
      buffer = this.#scope.allocate(node.size, node.dtype);
      this.#places.set(node, buffer);
    }
    return buffer;
  }

  stridesOf(node: Tensor): readonly number[] {
    return stridesOf(node.shape);
  }

  /** A carry of which only the newest value is kept. */
  #startSingle({ parameter, init, number }: Carry): number {
    const buffer = this.#scope.allocate(parameter.size, parameter.dtype);
    this.#places.set(parameter, buffer);
    this.#finals.set(number, buffer);
    this.#before.push(this.#scope.store('carry', init, buffer));
    return buffer;
  }

  /**
   * A carry of which all values are kept, in the order of the items: each iteration reads one and writes its neighbour.
   */
  #startHistory({ parameter, init, number }: Carry): number {
    const { length, reverse } = this.#body;
    const { size, dtype } = parameter;
    const history = this.#scope.allocate((length + 1) * size, dtype);
    const [first, last] = reverse ? [length, 0] : [0, length];
    this.#before.push(this.#scope.store('carry', init, this.#part(history, first * size)));
    this.#finals.set(number, this.#part(history, last * size));
    const old = 1 - this.#young;
    this.#places.set(parameter, this.#slots(history, parameter, old));
    this.#stacks.set(parameter, this.#part(history, old * size));
    return history;
  }

  /** Slots by which an iteration's new value in a history lies after that of its item; the old value has the other. */
  get #young(): number {
    return this.#body.reverse ? 0 : 1;
  }

  #part(buffer: number, offset: number): number {
    return this.#scope.view({ buffer, offset, advance: 0 });
  }

  /** The carries that the wanted values depend on. */
  #neededCarries(): Carry[] {
    const { carries } = this.#body;
    const needed = new Set<number>();
    const visit = (roots: readonly Tensor[]) => {
      const reached = new Set(topologicalOrder(roots));
      carries.forEach((carry, i) => {
        if (reached.has(carry)) need(i);
      });
    };
    const need = (i: number) => {
      if (needed.has(i)) return;
      needed.add(i);
      visit([this.#next[i]!]);
    };
    visit([...this.#stacked.values()]);
    for (const member of this.#members) {
      const { result } = attrsOf(member);
      if (result.kind === 'final') need(result.carry);
    }
    return carries.flatMap((parameter, number) =>
      needed.has(number)
        ? [{ parameter, number, next: this.#next[number]!, init: this.#operands[number]! }]
        : [],
    );
  }

  /** The part of a stack that an iteration uses for a value of the body; `shift` slots after that of its item. */
  #slots(buffer: number, { size }: Tensor, shift: number): number {
    const { length, reverse } = this.#body;
    const view = reverse
      ? { buffer, offset: (length - 1 + shift) * size, advance: -size }
      : { buffer, offset: shift * size, advance: size };
    const part = this.#scope.view(view);
    this.#parts.add(part);
    return part;
  }

  /** The nests of all values of the body that are stored, in order. */
  #lowerBody(): Nest[] {
    const roots = [...this.#carries.map(({ next }) => next), ...this.#stacked.values()];
    const outputs = [...new Set(roots)].filter((node) => !isLeaf(node));
    const fusion = fuse({ inputs: [], outputs, updates: [] });
    return fusion.order
      .filter((node) => fusion.stored.has(node) && !isLeaf(node))
      .flatMap((node) => {
        const nests = lowerNode(node, fusion, this);
        const target = this.#places.get(node)!;
        if (!nests.some(({ fill }) => fill) || !this.#parts.has(target)) return nests;
        // What is set to zero first is a buffer of its own.
        this.#places.delete(node);
        return [...lowerNode(node, fusion, this), this.#copy(node, target)];
      });
  }

  #copy(node: Tensor, target: number): Nest {
    const source = load({ buffer: this.bufferOf(node), offset: 0, strides: [1] }, node.dtype);
    return copyNest('copy', source, node.size, target);
  }

  /**
   * Completes the nests by what brings the new values of carries to where the next iteration finds them: they are
   * written over the old ones where nothing reads those later, and copied at the end of the iteration elsewhere.
   */
  #carry(nests: readonly Nest[], single: readonly { carry: Carry; buffer: number }[]): Nest[] {
    let all = [...nests];
    let last: Nest[] = [];
    const renamed = new Set<number>();
    for (const { carry, buffer } of single) {
      const { next } = carry;
      if (!isLeaf(next)) continue;
      // Old values, of this carry or of another one: put aside before any is overwritten.
      const aside = this.#scope.allocate(next.size, next.dtype);
      all.push(this.#copy(next, aside));
      const source = load({ buffer: aside, offset: 0, strides: [1] }, next.dtype);
      last.push(copyNest('carry', source, next.size, buffer));
    }
    for (const { carry, buffer } of single) {
      const { next } = carry;
      if (isLeaf(next)) continue;
      const source = this.bufferOf(next);
      const own = !renamed.has(source) && !this.#parts.has(source);
      if (own && canWriteInPlace(all, all.map(loadsOf), source, buffer)) {
        const rename = (nest: Nest) => renameBuffers(nest, new Map([[source, buffer]]));
        all = all.map(rename);
        last = last.map(rename);
        this.#places.set(next, buffer);
        renamed.add(buffer);
      } else last.push(this.#copy(next, buffer));
    }
    return [...all, ...last];
  }
}

const attrsOf = (node: Tensor) => node.attrs as LoopAttrs;
const isLeaf = (node: Tensor) => node.op.lower.kind === 'leaf';
