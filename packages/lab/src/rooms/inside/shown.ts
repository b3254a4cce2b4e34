/** A layer as it is drawn: what it gave, or its gradient. */
export interface Shown {
  readonly id: string;
  readonly shape: readonly number[];
  /** Undefined where there is no gradient. */
  readonly values: Float32Array | undefined;
  /** Parts of a whole of 1. */
  readonly isShare: boolean;
  readonly from: readonly string[];
  /** What each number of a short vector is called; those of others are drawn as pictures. */
  readonly names: readonly string[] | undefined;
  /** Whole numbers, which are no amounts. */
  readonly isTokens: boolean;
}
