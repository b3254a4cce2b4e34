import type { inspect } from 'fathom';

/** By how many places the picture moves: down and to the right. */
export interface Shift {
  readonly down: number;
  readonly right: number;
}

/** What a picture is moved in front of: a small network of the room, or one that the engine holds. */
export const CHAINS = ['lecture', 'deep', 'average', 'dense'] as const;
export type Chain = (typeof CHAINS)[number];

/** What one layer makes of the picture x and of the moved picture T x. */
export interface MovedLayer {
  readonly name: string;
  /** Of f(x). */
  readonly shape: readonly number[];
  /** Some maps of both; a vector is folded into a rectangle. */
  readonly before: readonly inspect.Grid[];
  readonly after: readonly inspect.Grid[];
  /** ‖f(x)‖, to compare the following with. */
  readonly size: number;
  /** ‖f(T x) − f(x)‖: 0 where the layer is invariant. */
  readonly change: number;
  /** ‖f(T x) − T f(x)‖ over the places that T f(x) brings along, and over all; undefined where places are gone. */
  readonly difference: number | undefined;
  readonly withEdge: number | undefined;
  /** Whether the shift is a whole number of places of this map. */
  readonly isWhole: boolean;
}

export interface ConvolveCalls {
  'convolve/maps': {
    request: { readonly step: inspect.WindowStep; readonly geometry: inspect.WindowGeometry };
    reply: inspect.WindowMaps;
  };
  'convolve/move': {
    request: {
      readonly picture: inspect.Grid;
      readonly shift: Shift;
      readonly network: Chain | { readonly held: string };
    };
    reply: { readonly moved: inspect.Grid; readonly layers: readonly MovedLayer[] };
  };
}
