import type { ColumnStatistics, inspect } from 'fathom';
import type { Picture } from './protocol.ts';

/** One sample as a network that is looked into takes it: the numbers of each input. */
export interface InsideSample {
  readonly network: string;
  readonly values: readonly Float32Array<ArrayBuffer>[];
}

/** What one output should have said: a class, or the number that each of its numbers should have been. */
export interface InsideTarget {
  readonly output: number;
  readonly label: number;
}

/** Where a sample comes from: a picture, numbers that somebody wrote, or an example that belongs to the network. */
export type SampleSource =
  | { readonly image: Picture }
  | { readonly values: readonly number[] }
  | { readonly example: number };

/** What an input of a network takes, and so what there is to show and to change. */
export interface InsideInput {
  readonly id: string;
  /** Digits are pictures of 28 × 28 grey pixels that are cut out as MNIST's are. */
  readonly kind: 'digit' | 'picture' | 'numbers' | 'tokens';
  readonly shape: readonly number[];
  /** Of a row of a table whose columns were standardized in training: by what. */
  readonly columns: readonly ColumnStatistics[] | undefined;
  /** Samples of the data that it is trained on; 0 where the engine makes up examples. */
  readonly samples: number;
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
  readonly inputs: readonly InsideInput[];
  /** The numbers of each input, as the network takes them. */
  readonly values: readonly Float32Array<ArrayBuffer>[];
  /** Of inputs that are no pictures, the numbers as one writes them: of standardized columns, before that. */
  readonly written: readonly (readonly number[])[];
  /** Inputs first. */
  readonly layers: readonly InsideLayer[];
  readonly outputs: readonly inspect.Answer[];
  /** Of the data, what the sample is, where that is known. */
  readonly label: string | undefined;
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

/** Where in what goes into an input a convolution speaks for an answer. */
export interface InsideCam {
  readonly input: string;
  /** Why that cannot be said. */
  readonly problem: string | undefined;
  readonly shown:
    | {
        readonly layer: string;
        /** Rows and columns of its maps. */
        readonly maps: readonly number[];
        /** Of the input. */
        readonly rows: number;
        readonly columns: number;
        /** 0 to 1 at each place. */
        readonly heat: Float32Array;
        /** What goes in; undefined where it is drawn neither in grey nor in colours. */
        readonly picture: inspect.Picture | undefined;
      }
    | undefined;
}

export interface InsideGradients {
  readonly loss: number;
  /** What the loss is, and where it is known from. */
  readonly objective: inspect.GradientLoss;
  /** ∂L/∂y and ∂L/∂z of each layer, in the order of the layers. */
  readonly layers: readonly {
    readonly id: string;
    readonly gradient: Float32Array | undefined;
    readonly preActivationGradient: Float32Array | undefined;
  }[];
}
