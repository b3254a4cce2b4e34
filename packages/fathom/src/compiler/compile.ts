import { type Access, load } from '../ir/expr.ts';
import { verify } from '../ir/graph.ts';
import { loopKey } from '../ir/loop.ts';
import { stridesOf } from '../ir/shape.ts';
import type { NumericArray, Tensor, Variable } from '../ir/tensor.ts';
import { loadsOf, normalizeAxes, rewriteNest } from './axes.ts';
import { withBarriers } from './barriers.ts';
import { blockNest } from './block.ts';
import { bridgeSamples, type Made } from './bridge.ts';
import { type Fusion, fuse, underlying } from './fuse.ts';
import { hoistInvariants, writtenInLoops } from './hoist.ts';
import { canWriteInPlace, renameBuffers } from './inplace.ts';
import { type Layouts, spreadLayouts } from './layout.ts';
import { type LoweredLoop, lowerLoop, type View } from './loop.ts';
import { copyNest, lowerNode, type Storage, storeNest } from './lower.ts';
import { mergeNests } from './merge.ts';
import type { Nest } from './nest.ts';
import { orderLaunches, type Stage } from './order.ts';
import { packOperands } from './pack.ts';
import { partByPart, sumInParts } from './parts.ts';
import { type Draft, farBytes, placeBuffers } from './place.ts';
import { splitPrepared } from './prepare.ts';
import type { Graph, Program, Target } from './program.ts';
import { recomputeLate } from './recompute.ts';
import { alignRows } from './rows.ts';
import { type Scheduled, schedule } from './schedule.ts';
import { shareCopies } from './share.ts';
import { type Rewrite, rewriteGraph, shareEqualNodes, simplifyNest } from './simplify.ts';
import { splitReduction } from './split.ts';
import { CYCLES_A_BYTE } from './stages.ts';
import { blockTransposed } from './transposed.ts';
import { verifyNests, verifyOrder } from './verify.ts';
import { widenLanes } from './widen.ts';

/**
 * Compiles a graph for a target: equal nodes shared, elementwise work fused, nests scheduled, memory planned,
 * variables updated in place where nothing reads their old values afterwards.
 */
export function compile(graph: Graph, target: Target, rewrites: readonly Rewrite[] = []): Program {
  const driver = new Driver(prepare(graph, rewrites), target, rewrites);
  return driver.compile(graph);
}

function prepare(graph: Graph, rewrites: readonly Rewrite[]): Graph {
  const shared = shareEqualNodes(rewriteGraph(graph, rewrites));
  verify([...shared.outputs, ...shared.updates.map(({ value }) => value)], 'rewriting and sharing');
  return shared;
}

class Driver implements Storage {
  readonly #graph: Graph;
  readonly #target: Target;
  readonly #rewrites: readonly Rewrite[];
  readonly #fusion: Fusion;
  /** What is computed a second time, when it is needed. */
  readonly #late: ReadonlySet<Tensor>;
  readonly #drafts: Draft[] = [];
  /** Parts of buffers; view i has the number −1 − i until nests are resolved to use the buffer itself. */
  readonly #views: View[] = [];
  readonly #buffers = new Map<Tensor, number>();
  readonly #variables = new Map<Variable, number>();
  readonly #layouts: Layouts;

  constructor(graph: Graph, target: Target, rewrites: readonly Rewrite[]) {
    this.#target = target;
    this.#rewrites = rewrites;
    this.#fusion = fuse(graph);
    this.#layouts = spreadLayouts(graph, this.#fusion);
    const { bySample } = this.#layouts;
    const { graph: inParts, sums } = sumInParts(graph, bySample);
    const { graph: recomputed, late } = recomputeLate(inParts, sums, bySample);
    this.#graph = recomputed;
    this.#late = late;
    if (sums.size === 0) return;
    this.#fusion = fuse(recomputed);
    this.#layouts = spreadLayouts(recomputed, this.#fusion);
  }

  compile(original: Graph): Program {
    const inputs = this.#graph.inputs.map((input) => this.#external(this.bufferOf(input)));
    const nests = this.#lower();
    const before: Nest[] = [];
    const after = this.#updates(before);
    const outputs = this.#graph.outputs.map((output) => this.#output(output, before, after));
    const temporaries = new Set<number>();
    const temporary = (size: number) => {
      const buffer = this.#add({ size, dtype: 'float32', external: false });
      temporaries.add(buffer);
      return buffer;
    };
    const all = [...before, ...nests, ...after].map((nest) => this.#resolve(nest));
    const lowered = this.#verified('lowering', all);
    const aligned = this.#verified(
      'aligning rows',
      this.#alignLoops(hoistInvariants(lowered.map(simplifyNest))),
    );
    const simple = this.#verified('simplifying', aligned.map(normalizeAxes));
    const merged = this.#verified('merging', mergeNests(simple));
    const wide = this.#verified(
      'widening',
      merged.flatMap((nest) => widenLanes(nest, this.#target, temporary)).map(normalizeAxes),
    );
    const split = this.#verified(
      'splitting',
      wide.flatMap((nest) => splitReduction(nest, temporary)).map(normalizeAxes),
    );
    const written = writtenInLoops(split);
    const { isPrepared } = splitPrepared(split, (buffer) => this.#sourceOf(buffer));
    const packed = this.#verified(
      'packing',
      split.flatMap((nest) => {
        const cut = blockNest(nest, this.#target, (buffer) => !written.has(buffer), isPrepared);
        const { packs, nest: result } = packOperands(cut, this.#target, temporary);
        return [...packs.map(normalizeAxes), result];
      }),
    );
    const hoisted = this.#verified(
      'sharing copies',
      shareCopies(hoistInvariants(packed), (buffer) => temporaries.has(buffer)),
    );
    const { prepared, others } = splitPrepared(hoisted, (buffer) => this.#sourceOf(buffer));
    const scheduled = (nest: Nest) => schedule(blockTransposed(nest, this.#target), this.#target);
    const first = prepared.flatMap(scheduled);
    const made = others.map((nest) => ({ nest, launches: scheduled(nest) }));
    const stages = this.#stages(first, made, scheduled);
    const { buffers, arenaBytes, scratchBytes } = placeBuffers(this.#drafts, stages);
    return {
      graph: original,
      buffers,
      inputs,
      outputs,
      ...withBarriers(stages, buffers),
      prepared: first.length,
      arenaBytes,
      scratchBytes,
    };
  }

  /** The stages of all launches, `first` before the others, which go sample by sample where that keeps more in cache. */
  #stages(
    first: readonly Scheduled[],
    made: readonly Made[],
    schedule: (nest: Nest) => readonly Scheduled[],
  ): Stage[] {
    const then = made.flatMap(({ launches }) => launches);
    for (const buffer of keptOf(first, then)) this.#external(buffer);
    const before = orderLaunches(first);
    const ordered = (launches: readonly Scheduled[]) => {
      const stages = [...before, ...orderLaunches(launches)];
      verifyOrder(
        [...first, ...launches],
        stages.flatMap((stage) => stage.launches),
      );
      return stages;
    };
    let stages = ordered(then);
    const isSource = (buffer: number) => this.#sourceOf(buffer) !== undefined;
    for (const samples of new Set(this.#layouts.bySample.values())) {
      const bridged = bridgeSamples(made, { samples, isSource, schedule });
      if (!bridged) continue;
      const others = ordered(bridged.launches);
      const saved = farBytes(this.#drafts, stages) - farBytes(this.#drafts, others);
      if (CYCLES_A_BYTE * saved > bridged.cycles) stages = others;
    }
    return stages;
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

  /** Whether a variable or a constant stays as it is; `undefined` for everything else. */
  #sourceOf(buffer: number): 'fixed' | 'changing' | undefined {
    const { variable, constant } = this.#drafts[buffer]!;
    if (constant) return 'fixed';
    if (!variable) return undefined;
    return this.#graph.updates.some((update) => update.variable === variable) ? 'changing' : 'fixed';
  }

  stridesOf(node: Tensor): readonly number[] {
    return this.#layouts.strides.get(node) ?? stridesOf(node.shape);
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
      const ends = this.#layouts.strides.get(node)?.map((stride, axis) => stride * node.shape[axis]!) ?? [];
      buffer = this.#add({
        size: Math.max(node.size, ...ends),
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
    const loops = this.#loops();
    const nests = this.#fusion.order
      .filter((node) => this.#fusion.stored.has(node) && node.op.lower.kind !== 'leaf')
      .flatMap((node) => {
        if (node.op.lower.kind !== 'loop') {
          const nests = lowerNode(node, this.#fusion, this);
          if (this.#layouts.byPart.has(node)) return nests.map(partByPart);
          return this.#late.has(node) ? nests.map((nest) => ({ ...nest, late: true })) : nests;
        }
        const members = loops.get(loopKey(node))!;
        if (members[0] !== node) return [];
        const { before, nests: repeated } = this.#lowerLoop(members);
        return [...before, ...repeated];
      })
      .map((nest) => this.#resolve(nest));
    const loads = nests.map(loadsOf);
    const renamed = new Map<number, number>();
    for (const { variable, value } of this.#graph.updates) {
      const { kind } = value.op.lower;
      const own = this.#fusion.stored.has(value) && kind !== 'leaf' && kind !== 'loop';
      if (!own || renamed.has(this.bufferOf(value)) || this.#layouts.strides.has(value)) continue;
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
    if (buffer >= 0 && !this.#drafts[buffer]!.variable) return this.#external(buffer);
    const copy = this.#add({ size: output.size, dtype: output.dtype, external: true });
    const source = load({ buffer, offset: 0, strides: [1] }, output.dtype);
    // Before the updates if it is the old value, after them if it is the new one.
    const nest = copyNest('copy', source, output.size, copy);
    if (storage.op.lower.kind === 'leaf') before.push(nest);
    else after.push(nest);
    return copy;
  }

  /** The values of each loop, in order. */
  #loops(): Map<string, Tensor[]> {
    const loops = new Map<string, Tensor[]>();
    for (const node of this.#fusion.order) {
      if (node.op.lower.kind !== 'loop') continue;
      const members = loops.get(loopKey(node)) ?? [];
      members.push(node);
      loops.set(loopKey(node), members);
    }
    return loops;
  }

  #lowerLoop(members: readonly Tensor[]): LoweredLoop {
    const lowered = lowerLoop(members, {
      prepare: (graph) => prepare(graph, this.#rewrites),
      allocate: (size, dtype) => this.#add({ size, dtype, external: false }),
      view: (view) => -this.#views.push(this.#flat(view)),
      bufferOf: (node) => this.bufferOf(underlying(node, 'alias')),
      store: (name, node, target) => storeNest(name, node, this.#fusion, this, target),
    });
    for (const [node, buffer] of lowered.results) this.#buffers.set(node, buffer);
    return lowered;
  }

  /** A part of a part, as a part of the buffer itself. */
  #flat(view: View): View {
    const outer = this.#views[-1 - view.buffer];
    if (!outer) return view;
    return { ...view, buffer: outer.buffer, offset: outer.offset + view.offset };
  }

  /** The nest with accesses to buffers themselves in place of those to parts of them. */
  #resolve(nest: Nest): Nest {
    const access = (given: Access): Access => {
      const view = this.#views[-1 - given.buffer];
      if (!view) return given;
      const { buffer, offset, advance } = view;
      return { ...given, buffer, offset: offset + given.offset, ...(advance === 0 ? {} : { advance }) };
    };
    return rewriteNest(
      nest,
      nest.axes,
      access,
      (strides) => [...strides],
      (axis) => axis,
    );
  }

  #alignLoops(nests: readonly Nest[]): Nest[] {
    const sizeOf = (buffer: number) => this.#drafts[buffer]!.size;
    const loops = new Set(nests.flatMap(({ loop }) => loop ?? []));
    let aligned = [...nests];
    for (const loop of loops) {
      const rows = alignRows(
        aligned.filter((nest) => nest.loop === loop),
        sizeOf,
      );
      aligned = aligned.map((nest) => (nest.loop === loop ? rows.shift()! : nest));
    }
    return aligned;
  }
}

/** Buffers that `first` writes and `then` reads. */
function keptOf(first: readonly Scheduled[], then: readonly Scheduled[]): number[] {
  const read = new Set(then.flatMap(({ reads }) => reads));
  return first.flatMap(({ writes }) => writes.filter((buffer) => read.has(buffer)));
}
