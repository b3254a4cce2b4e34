import { type Access, type Affine, type Expr, variesAlong, walk } from '../ir/expr.ts';
import type { DType } from '../ir/shape.ts';
import { liesAcross, loadsIn } from './axes.ts';
import type { NestStore } from './nest.ts';
import { type Address, ITERATION, type Stmt, type Target, type Vector } from './program.ts';
import type { Tiling } from './tile.ts';

/** Where an axis stands: offset + Σ stride · loop variable. */
export interface AxisValue {
  readonly offset: number;
  readonly terms: readonly { readonly variable: number; readonly stride: number }[];
}

/** One vector of a tile: how far it lies from the tile's origin along each tiled axis, and its lanes in use. */
export interface TilePoint {
  readonly offsets: ReadonlyMap<number, number>;
  readonly lanes: number;
}

/** Elements that `clear` sets in one iteration. */
const CLEAR_VECTORS = 4;

/** Writes vector code for points of a nest; hands out loop variables and registers. */
export class Emitter {
  readonly #target: Target;
  readonly #vectorAxis: number;
  readonly #across: number | undefined;
  /** Registers of what has been turned for a tile, one for each of its points. */
  readonly #turned = new Map<Access, readonly number[]>();
  #variables = 0;
  #registers = 0;

  constructor(target: Target, { vectorAxis, across }: Pick<Tiling, 'vectorAxis' | 'across'>) {
    this.#target = target;
    this.#vectorAxis = vectorAxis;
    this.#across = across;
  }

  variable(): number {
    return this.#variables++;
  }

  register(): number {
    return this.#registers++;
  }

  identity(combine: 'sum' | 'max', dtype: DType): Vector {
    return { kind: 'const', dtype, value: combine === 'sum' ? 0 : Number.NEGATIVE_INFINITY };
  }

  /** The element (or vector) that `access` names at a point. */
  load(
    access: Access,
    dtype: DType,
    point: TilePoint,
    values: readonly AxisValue[],
    vector?: (expr: Expr) => Vector,
  ): Vector {
    const stride = access.strides[this.#vectorAxis] ?? 0;
    const address = this.#address(access, point, values, vector);
    const together = (stride === 0 || stride === 1) && address.indirect?.uniform !== false;
    return {
      kind: 'load',
      dtype,
      address,
      stride,
      // Whole vectors may be read past their end; only gathered lanes are counted.
      lanes: together ? this.#target.lanes : point.lanes,
    };
  }

  /** acc ← acc ⊕ body for every point of a tile. */
  accumulate(
    body: Expr,
    combine: 'sum' | 'max',
    points: readonly TilePoint[],
    values: readonly AxisValue[],
    registers: readonly number[],
  ): Stmt[] {
    const shared = new Map<string, Vector>();
    return points.map((point, i): Stmt => {
      const accumulated: Vector = { kind: 'register', dtype: body.dtype, register: registers[i]! };
      const at = new Map<Expr, Vector>();
      const vector = (expr: Expr) => this.#vector(expr, point, values, undefined, at, shared);
      let value: Vector;
      if (combine === 'max') {
        value = { kind: 'binary', op: 'max', dtype: body.dtype, a: accumulated, b: vector(body) };
      } else if (body.kind === 'binary' && body.op === 'mul' && body.dtype === 'float32') {
        value = { kind: 'fma', dtype: 'float32', a: vector(body.a), b: vector(body.b), c: accumulated };
      } else {
        value = { kind: 'binary', op: 'add', dtype: body.dtype, a: accumulated, b: vector(body) };
      }
      return { kind: 'assign', register: registers[i]!, value };
    });
  }

  /** All stores at all points of a tile; where a store may change what another reads, all values come first. */
  stores(
    stores: readonly NestStore[],
    points: readonly TilePoint[],
    values: readonly AxisValue[],
    accumulators: readonly Vector[],
  ): Stmt[] {
    const shared = new Map<string, Vector>();
    const statements = this.#turns(stores, points, values);
    const inPlace =
      stores.length > 1 && readsOf(stores).some((b) => stores.some((s) => s.access.buffer === b));
    points.forEach((point, i) => {
      const at = new Map<Expr, Vector>();
      const writes: Stmt[] = [];
      for (const { access, value, accumulate } of stores) {
        const visit = (expr: Expr) => this.#vector(expr, point, values, accumulators[i], at, shared);
        let vector = visit(value);
        if (accumulate) {
          const old = this.load(access, value.dtype, point, values, visit);
          vector = { kind: 'binary', op: 'add', dtype: value.dtype, a: old, b: vector };
        }
        if (inPlace && !accumulate) {
          const register = this.register();
          statements.push({ kind: 'assign', register, value: vector });
          vector = { kind: 'register', dtype: value.dtype, register };
        }
        writes.push({
          kind: 'store',
          address: this.#address(access, point, values, visit),
          stride: access.strides[this.#vectorAxis] ?? 1,
          lanes: point.lanes,
          value: vector,
        });
      }
      statements.push(...writes);
    });
    return statements;
  }

  /** Loads in rows what lies across the lanes of a whole tile, and transposes it; of smaller tiles, lanes are gathered. */
  #turns(stores: readonly NestStore[], points: readonly TilePoint[], values: readonly AxisValue[]): Stmt[] {
    const { lanes } = this.#target;
    const [vectorAxis, across] = [this.#vectorAxis, this.#across];
    this.#turned.clear();
    if (across === undefined || points.length !== lanes || points[0]!.lanes !== lanes) return [];
    const statements: Stmt[] = [];
    for (const load of loadsIn(...stores.map(({ value }) => value))) {
      const { access, dtype } = load;
      if (!liesAcross(load, stores, across, vectorAxis) || this.#turned.has(access)) continue;
      const registers = points.map(() => this.register());
      const rows = registers.map((_, i): Vector => {
        const address = this.#address(access, { offsets: new Map([[vectorAxis, i]]), lanes }, values);
        return { kind: 'load', dtype, address, stride: 1, lanes };
      });
      statements.push({ kind: 'turn', registers, rows });
      this.#turned.set(access, registers);
    }
    return statements;
  }

  /** Sets `count` elements from `at`·`stride` on to zero. */
  clear(buffer: number, count: number, at: AxisValue | undefined, stride: number): Stmt[] {
    const { lanes } = this.#target;
    const origin: AxisValue = at ?? { offset: 0, terms: [] };
    const base = {
      offset: origin.offset * stride,
      terms: origin.terms.map((term) => ({ variable: term.variable, stride: term.stride * stride })),
    };
    const store = (offset: number, used: number, extra: Address['terms'] = []): Stmt => ({
      kind: 'store',
      address: { buffer, offset: base.offset + offset, terms: [...base.terms, ...extra] },
      stride: 1,
      lanes: used,
      value: { kind: 'const', dtype: 'float32', value: 0 },
    });
    const block = CLEAR_VECTORS * lanes;
    const blocks = Math.floor(count / block);
    const statements: Stmt[] = [];
    if (blocks > 0) {
      const variable = this.variable();
      const terms = [{ variable, stride: block }];
      const body = Array.from({ length: CLEAR_VECTORS }, (_, i) => store(i * lanes, lanes, terms));
      statements.push({ kind: 'loop', variable, count: blocks, body });
    }
    for (let rest = blocks * block; rest < count; rest += lanes) {
      statements.push(store(rest, Math.min(lanes, count - rest)));
    }
    return statements;
  }

  #vector(
    expr: Expr,
    point: TilePoint,
    values: readonly AxisValue[],
    accumulated: Vector | undefined,
    known: Map<Expr, Vector>,
    shared: Map<string, Vector>,
  ): Vector {
    const found = known.get(expr);
    if (found) return found;
    const visit = (e: Expr) => this.#vector(e, point, values, accumulated, known, shared);
    let vector: Vector;
    switch (expr.kind) {
      case 'const':
        vector = { kind: 'const', dtype: expr.dtype, value: expr.value };
        break;
      case 'acc':
        if (!accumulated) throw new Error('emit: an accumulator is used where nothing is accumulated.');
        vector = accumulated;
        break;
      case 'load': {
        const registers = this.#turned.get(expr.access);
        if (registers) {
          const register = registers[point.offsets.get(this.#across!)!]!;
          vector = { kind: 'register', dtype: expr.dtype, register };
          break;
        }
        vector = this.load(expr.access, expr.dtype, point, values, visit);
        if (expr.access.indirect) break;
        const key = loadKey(vector);
        vector = shared.get(key) ?? vector;
        shared.set(key, vector);
        break;
      }
      case 'index':
        vector = {
          kind: 'index',
          dtype: 'int32',
          ...this.#place(expr.affine, point, values),
          stride: expr.affine.coefficients[this.#vectorAxis] ?? 0,
        };
        break;
      case 'unary':
        vector = { kind: 'unary', dtype: expr.dtype, op: expr.op, a: visit(expr.a) };
        break;
      case 'binary':
        vector = { kind: 'binary', dtype: expr.dtype, op: expr.op, a: visit(expr.a), b: visit(expr.b) };
        break;
      case 'fma':
        vector = { kind: 'fma', dtype: expr.dtype, a: visit(expr.a), b: visit(expr.b), c: visit(expr.c) };
        break;
      case 'select':
        vector = {
          kind: 'select',
          dtype: expr.dtype,
          condition: visit(expr.condition),
          a: visit(expr.a),
          b: visit(expr.b),
        };
        break;
      default:
        return expr satisfies never;
    }
    known.set(expr, vector);
    return vector;
  }

  #address(
    access: Access,
    point: TilePoint,
    values: readonly AxisValue[],
    vector?: (expr: Expr) => Vector,
  ): Address {
    const { buffer, indirect } = access;
    const within = this.#place({ offset: access.offset, coefficients: access.strides }, point, values);
    const { advance } = access;
    const place = advance
      ? { ...within, terms: [{ variable: ITERATION, stride: advance }, ...within.terms] }
      : within;
    if (!indirect) return { buffer, ...place };
    if (!vector) throw new Error('emit: a computed place is used where none can be computed.');
    const { index, stride } = indirect;
    const uniform = !variesAlong(index, this.#vectorAxis);
    return { buffer, ...place, indirect: { index: vector(index), stride, uniform } };
  }

  #place(
    affine: Affine,
    point: TilePoint,
    values: readonly AxisValue[],
  ): { offset: number; terms: Address['terms'] } {
    let { offset } = affine;
    const terms = new Map<number, number>();
    affine.coefficients.forEach((coefficient, axis) => {
      if (coefficient === 0) return;
      const value = values[axis]!;
      offset += coefficient * (value.offset + (point.offsets.get(axis) ?? 0));
      for (const { variable, stride } of value.terms) {
        terms.set(variable, (terms.get(variable) ?? 0) + stride * coefficient);
      }
    });
    return {
      offset,
      terms: [...terms]
        .map(([variable, stride]) => ({ variable, stride }))
        .sort((a, b) => a.variable - b.variable),
    };
  }
}

/** Buffers that the values of stores are computed from. */
function readsOf(stores: readonly NestStore[]): number[] {
  const buffers = new Set<number>();
  const seen = new Set<Expr>();
  for (const { value } of stores) {
    walk(
      value,
      (node) => {
        if (node.kind === 'load') buffers.add(node.access.buffer);
      },
      seen,
    );
  }
  return [...buffers];
}

function loadKey(load: Vector): string {
  if (load.kind !== 'load') return '';
  const { buffer, offset, terms } = load.address;
  return `${buffer}+${offset}:${terms.map(({ variable, stride }) => `${variable}*${stride}`).join(',')}/${load.stride}/${load.lanes}`;
}
