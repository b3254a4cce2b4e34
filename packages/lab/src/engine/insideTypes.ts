import type { inspect } from 'fathom';

/** A sample in a network that is looked into: 28 × 28 numbers from 0 (paper) to 1 (ink). */
export interface InsideSample {
  readonly network: string;
  readonly pixels: Float32Array<ArrayBuffer>;
}

/** One layer, what it gave, and what it is. */
export interface InsideLayer {
  readonly id: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
  readonly preActivation: Float32Array | undefined;
  readonly activation: string | undefined;
  /** Window, stride and padding in words; empty where the layer has none. */
  readonly geometry: string;
  readonly parameters: number;
  readonly multiplyAdds: number;
  /** The layers that it takes from. */
  readonly from: readonly string[];
}

export interface InsideView {
  readonly pixels: Float32Array<ArrayBuffer>;
  readonly layers: readonly InsideLayer[];
  readonly classes: readonly string[];
  readonly probabilities: readonly number[];
}

export interface InsideCell {
  readonly cell: inspect.CellExplanation;
  readonly field: inspect.ReceptiveField;
}

/** One weight of a map or unit. */
export interface InsideWeight {
  readonly name: string;
  readonly place: readonly number[];
  readonly value: number;
  /** ∂L/∂w; undefined forward. */
  readonly gradient: number | undefined;
  /** Of the input that it is multiplied by; 0 where the input has none. */
  readonly channel: number;
}

/** What a map is made of, and with which weights. */
export interface InsideMap {
  readonly contributions: inspect.MapContributions | undefined;
  readonly weights: readonly InsideWeight[];
  readonly bias: InsideWeight | undefined;
}

export interface InsideGradients {
  readonly loss: number;
  readonly lossName: string;
  /** ∂L/∂y and ∂L/∂z of each layer, in the order of the layers. */
  readonly layers: readonly {
    readonly id: string;
    readonly gradient: Float32Array | undefined;
    readonly preActivationGradient: Float32Array | undefined;
  }[];
}
