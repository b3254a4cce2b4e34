import { type Access, load } from '../ir/expr.ts';
import { verify } from '../ir/graph.ts';
import { type DType, stridesOf } from '../ir/shape.ts';
import type { NumericArray, Tensor, Variable } from '../ir/tensor.ts';
import { type Load, loadsIn, loadsOf, normalizeAxes, rewriteNest } from './axes.ts';
import { blockNest } from './block.ts';
import { type Fusion, fuse, underlying } from './fuse.ts';
import { spreadLayouts } from './layout.ts';
import { copyNest, lowerNode, type Storage } from './lower.ts';
import { type Lifetime, planMemory } from './memory.ts';
import { mergeNests } from './merge.ts';
import type { Nest, NestStore } from './nest.ts';
import { orderLaunches, type Stage } from './order.ts';
import { packOperands } from './pack.ts';
import type { Buffer, Graph, Launch, Program, Target } from './program.ts';
import { schedule } from './schedule.ts';
import { type Rewrite, rewriteGraph, shareEqualNodes, simplifyNest } from './simplify.ts';
import { splitReduction } from './split.ts';
import { verifyMemory, verifyNests, verifyOrder } from './verify.ts';

/** What becomes of a buffer, before its place is known. */
interface Draft {
  readonly size: number;
  readonly dtype: DType;
  readonly variable?: Variable;
  readonly constant?: NumericArray;
  /** Written or read from outside of the run: alive from before the first to after the last launch. */
  external: boolean;
}

/**
 * Compiles a graph for a target: equal nodes shared, elementwise work fused, nests scheduled, memory planned,
 * variables updated in place where nothing reads their old values afterwards.
 */
export function compile(graph: Graph, target: Target, rewrites: readonly Rewrite[] = []): Program {
  const shared = shareEqualNodes(rewriteGraph(graph, rewrites));
  verify([...shared.outputs, ...shared.updates.map(({ value }) => value)], 'rewriting and sharing');
  const driver = new Driver(shared, target);
  return driver.compile(graph);
}

class Driver implements Storage {
  readonly #graph: Graph;
  readonly #target: Target;
  readonly #fusion: Fusion;
  readonly #drafts: Draft[] = [];
  readonly #buffers = new Map<Tensor, number>();
  readonly #variables = new Map<Variable, number>();
  readonly #layouts: ReadonlyMap<Tensor, readonly number[]>;

  constructor(graph: Graph, target: Target) {
    this.#graph = graph;
    this.#target = target;
    this.#fusion = fuse(graph);
    this.#layouts = spreadLayouts(graph, this.#fusion);
  }

  compile(original: Graph): Program {
    const inputs = this.#graph.inputs.map((input) => this.#external(this.bufferOf(input)));
    const nests = this.#lower();
    const before: Nest[] = [];
    const after = this.#updates(before);
    const outputs = this.#graph.outputs.map((output) => this.#output(output, before, after));
    const temporary = (size: number) => this.#add({ size, dtype: 'float32', external: false });
    const lowered = this.#verified('lowering', [...before, ...nests, ...after]);
    const simple = this.#verified('simplifying', lowered.map(simplifyNest).map(normalizeAxes));
    const merged = this.#verified('merging', mergeNests(simple));
    const split = this.#verified(
      'splitting',
      merged.flatMap((nest) => splitReduction(nest, temporary)).map(normalizeAxes),
    );
    const packed = this.#verified(
      'packing',
      split.flatMap((nest) => {
        const { nest: cut, blocked } = blockNest(nest, this.#target);
        const { packs, nest: result } = packOperands(cut, blocked, this.#target, temporary);
        return [...packs.map(normalizeAxes), result];
      }),
    );
    const launches = packed.flatMap((nest) => schedule(nest, this.#target));
    const stages = orderLaunches(launches);
    verifyOrder(
      launches,
      stages.flatMap((stage) => stage.launches),
    );
    const { buffers, arenaBytes, scratchBytes } = this.#place(stages);
    return {
      graph: original,
      buffers,
      inputs,
      outputs,
      launches: withBarriers(stages, buffers),
      loops: [],
      arenaBytes,
      scratchBytes,
    };
  }

  /** The nests, after a check that `pass` has left every access inside its buffer. */
  #verified(pass: string, nests: Nest[]): Nest[] {
    verifyNests(nests, (buffer) => this.#drafts[buffer]!.size, pass);
    return nests;
  }

  #add(draft: Draft): number {
    this.#drafts.push(draft);
    return this.#drafts.length - 1;
  }

  #external(buffer: number): number {
    this.#drafts[buffer]!.external = true;
    return buffer;
  }

  stridesOf(node: Tensor): readonly number[] {
    return this.#layouts.get(node) ?? stridesOf(node.shape);
  }

  bufferOf(node: Tensor): number {
    const known = this.#buffers.get(node);
    if (known !== undefined) return known;
    const attrs = node.attrs as { variable?: Variable; values?: NumericArray } | undefined;
    const isLeaf = node.op.lower.kind === 'leaf';
    let buffer: number;
    if (isLeaf && attrs?.variable) buffer = this.#variableBuffer(attrs.variable);
    else {
      const values = isLeaf ? attrs?.values : undefined;
      buffer = this.#add({
        size: node.rank === 0 ? 1 : Math.max(node.size, node.shape[0]! * this.stridesOf(node)[0]!),
        dtype: node.dtype,
        external: false,
        ...(values ? { constant: values } : {}),
      });
    }
    this.#buffers.set(node, buffer);
    return buffer;
  }

  #variableBuffer(variable: Variable): number {
    let buffer = this.#variables.get(variable);
    if (buffer === undefined) {
      buffer = this.#add({ size: variable.size, dtype: variable.dtype, variable, external: true });
      this.#variables.set(variable, buffer);
    }
    return buffer;
  }

  /** Nests of all stored values, in order; updates that may be made in place write their variable's memory. */
  #lower(): Nest[] {
    const nests = this.#fusion.order
      .filter((node) => this.#fusion.stored.has(node) && node.op.lower.kind !== 'leaf')
      .flatMap((node) => lowerNode(node, this.#fusion, this));
    const loads = nests.map(loadsOf);
    const renamed = new Map<number, number>();
    for (const { variable, value } of this.#graph.updates) {
      const own = this.#fusion.stored.has(value) && value.op.lower.kind !== 'leaf';
      if (!own || renamed.has(this.bufferOf(value)) || this.#layouts.has(value)) continue;
      const target = this.#variableBuffer(variable);
      if (!canWriteInPlace(nests, loads, this.bufferOf(value), target)) continue;
      renamed.set(this.bufferOf(value), target);
      this.#buffers.set(value, target);
    }
    return nests.map((nest) => renameBuffers(nest, renamed));
  }

  /**
   * Copies for the updates that are not made in place. They come last; old values of variables that are to go into
   * other variables are put aside first.
   */
  #updates(before: Nest[]): Nest[] {
    const after: Nest[] = [];
    for (const { variable, value } of this.#graph.updates) {
      const target = this.#variableBuffer(variable);
      const storage = underlying(value, 'alias');
      const place = { offset: 0, strides: [1] };
      let source = this.bufferOf(storage);
      if (source === target) continue;
      if (storage.op.lower.kind === 'leaf' && this.#drafts[source]!.variable) {
        const aside = this.#add({ size: value.size, dtype: value.dtype, external: false });
        before.push(copyNest('copy', load({ buffer: source, ...place }, value.dtype), value.size, aside));
        source = aside;
      }
      after.push(copyNest('update', load({ buffer: source, ...place }, value.dtype), value.size, target));
    }
    return after;
  }

  /** The buffer to read an output from; values that live in variables are copied, since variables change. */
  #output(output: Tensor, before: Nest[], after: Nest[]): number {
    const storage = underlying(output, 'alias');
    const buffer = this.bufferOf(storage);
    const draft = this.#drafts[buffer]!;
    if (!draft.variable) return this.#external(buffer);
    const copy = this.#add({ size: output.size, dtype: output.dtype, external: true });
    const source = load({ buffer, offset: 0, strides: [1] }, output.dtype);
    // Before the updates if it is the old value, after them if it is the new one.
    const nest = copyNest('copy', source, output.size, copy);
    if (storage.op.lower.kind === 'leaf') before.push(nest);
    else after.push(nest);
    return copy;
  }

  #place(stages: readonly Stage[]): { buffers: Buffer[]; arenaBytes: number; scratchBytes: number } {
    const first = new Array<number>(this.#drafts.length).fill(Number.POSITIVE_INFINITY);
    const last = new Array<number>(this.#drafts.length).fill(-1);
    // Launches of a stage interleave, so a buffer lives through all stages that touch it.
    stages.forEach(({ launches }, i) => {
      for (const buffer of launches.flatMap(({ reads, writes }) => [...reads, ...writes])) {
        first[buffer] = Math.min(first[buffer]!, i);
        last[buffer] = Math.max(last[buffer]!, i);
      }
    });
    const plan = (list: readonly number[], bytesOf: (buffer: number) => number) => {
      const lifetimes = list.map((i): Lifetime => {
        const always = this.#drafts[i]!.external;
        return {
          bytes: bytesOf(i),
          first: always ? -1 : first[i]!,
          last: always ? stages.length : last[i]!,
        };
      });
      const { offsets, bytes } = planMemory(lifetimes);
      verifyMemory(lifetimes, offsets);
      return { offsets: new Map(list.map((i, n) => [i, offsets[n]!])), bytes };
    };
    const own = this.#drafts.flatMap((draft, i) => (draft.variable || draft.constant ? [] : [i]));
    const isScratch = (i: number) =>
      !this.#drafts[i]!.external && first[i] === last[i] && isLocal(stages[first[i]!]!, i);
    const scratch = own.filter(isScratch);
    const chunkBytes = (i: number) => (4 * this.#drafts[i]!.size) / stages[first[i]!]!.chunks;
    const onThread = plan(scratch, chunkBytes);
    const inArena = plan(
      own.filter((i) => !isScratch(i)),
      (i) => 4 * this.#drafts[i]!.size,
    );
    const buffers = this.#drafts.map(({ size, dtype, variable, constant }, i): Buffer => {
      if (variable) return { kind: 'variable', size, dtype, variable };
      if (constant) return { kind: 'constant', size, dtype, values: constant };
      const place = onThread.offsets.get(i);
      if (place !== undefined) return { kind: 'scratch', size: chunkBytes(i) / 4, dtype, offset: place };
      return { kind: 'arena', size, dtype, offset: inArena.offsets.get(i)! };
    });
    return { buffers, arenaBytes: inArena.bytes, scratchBytes: onThread.bytes };
  }
}

/** Whether every chunk of a stage has its own part of a buffer: then one chunk's worth of memory serves all. */
function isLocal({ launches, chunks, solo }: Stage, buffer: number): boolean {
  if (solo || chunks < 2 || launches.length < 2) return false;
  const [writer] = launches.filter(({ writes }) => writes.includes(buffer));
  const users = launches.filter(({ reads, writes }) => reads.includes(buffer) || writes.includes(buffer));
  return writer !== undefined && users[0] === writer && users.every(({ slices }) => slices.has(buffer));
}

/**
 * Whether the nest that computes buffer `source` may write it over `target`, whose old values must not be needed
 * afterwards: no later nest reads them, and the writing nest only at the place that it writes.
 */
function canWriteInPlace(
  nests: readonly Nest[],
  loads: readonly (readonly Load[])[],
  source: number,
  target: number,
): boolean {
  const writers = nests.flatMap((nest, i) =>
    nest.stores.some((s) => s.access.buffer === source) ? [i] : [],
  );
  const [writer] = writers;
  if (writers.length !== 1 || nests[writer!]!.fill) return false;
  const reads = (i: number) => loads[i]!.some(({ access }) => access.buffer === target);
  if (nests.some((_, i) => i > writer! && reads(i))) return false;
  const { reduce, stores } = nests[writer!]!;
  if (!reads(writer!)) return true;
  if (stores.length !== 1) return false;
  const [{ access: place, value }] = stores as [NestStore];
  if (reduce && loadsIn(reduce.body).some(({ access }) => access.buffer === target)) return false;
  return loadsIn(value).every(
    ({ access }) =>
      access.buffer !== target ||
      (!access.indirect &&
        access.offset === place.offset &&
        access.strides.every((stride, axis) => stride === place.strides[axis])),
  );
}

function renameBuffers(nest: Nest, renamed: ReadonlyMap<number, number>): Nest {
  if (renamed.size === 0) return nest;
  const rename = (access: Access): Access => ({
    ...access,
    buffer: renamed.get(access.buffer) ?? access.buffer,
  });
  return rewriteNest(
    nest,
    nest.axes,
    rename,
    (strides) => [...strides],
    (axis) => axis,
  );
}

/** Puts a barrier before each stage that touches memory which a stage since the last barrier touches in conflict. */
function withBarriers(stages: readonly Stage[], buffers: readonly Buffer[]): Launch[] {
  let pending: { reads: Range[]; writes: Range[]; solo: boolean }[] = [];
  const ranges = (list: readonly number[]) => list.map((buffer) => rangeOf(buffer, buffers[buffer]!));
  return stages.flatMap(({ launches, chunks, solo }, stage) => {
    const reads = ranges(launches.flatMap((launch) => launch.reads));
    const writes = ranges(launches.flatMap((launch) => launch.writes));
    const conflict = pending.some(
      (other) =>
        !(other.solo && solo) &&
        (overlap(other.writes, reads) || overlap(other.writes, writes) || overlap(other.reads, writes)),
    );
    if (conflict) pending = [];
    pending.push({ reads, writes, solo });
    return launches.map((launch, i) => ({
      ...launch,
      stage,
      chunks,
      barrier: conflict && i === 0,
    }));
  });
}

interface Range {
  readonly space: string;
  readonly from: number;
  readonly to: number;
}

function rangeOf(index: number, buffer: Buffer): Range {
  if (buffer.kind === 'arena') {
    return { space: 'arena', from: buffer.offset, to: buffer.offset + 4 * buffer.size };
  }
  return { space: `${index}`, from: 0, to: 1 };
}

function overlap(a: readonly Range[], b: readonly Range[]): boolean {
  return a.some((x) => b.some((y) => x.space === y.space && x.from < y.to && y.from < x.to));
}
