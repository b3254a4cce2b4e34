import type { inspect } from 'fathom';

/** Messages of the room Train, which `protocol.ts` lists. */

/** Where data comes from. */
export type DataChoice =
  | { readonly kind: 'digits'; readonly seed: number; readonly count: number }
  /** IDX files that `fathom lab` found on this machine, at most so many samples to train on and to validate with. */
  | { readonly kind: 'served'; readonly name: string; readonly count: number; readonly seed: number }
  | { readonly kind: 'idx'; readonly files: readonly File[]; readonly seed: number }
  | {
      readonly kind: 'pictures';
      readonly files: readonly { readonly file: File; readonly path: string }[];
      /** Pictures become side × side. */
      readonly side: number;
      readonly channels: 1 | 3;
      readonly seed: number;
    }
  | { readonly kind: 'csv'; readonly file: File; readonly seed: number };

export interface DataInfo {
  readonly name: string;
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly classes: readonly string[];
  /** Of a table, what its columns are called. */
  readonly columns: readonly string[];
  readonly training: number;
  readonly validation: number;
  /** Something to know, as how many files were left out. */
  readonly note: string;
  /** The first samples, where they are pictures. */
  readonly samples: readonly Sample[];
}

/** A picture: bytes [rows, columns, channels]. */
export interface Sample {
  readonly pixels: Uint8Array<ArrayBuffer>;
  readonly rows: number;
  readonly columns: number;
  readonly channels: number;
  /** Class number. */
  readonly label: number;
}

/** A layer as in a saved model; its name is given by the engine. */
export type LayerSetting = { readonly type: string } & Readonly<Record<string, unknown>>;

/** A saved network as the room builds it. */
export interface OpenedStack {
  /** Each with all options that the saved one has, also those for which the form has no field. */
  readonly layers: readonly LayerSetting[];
  /** Where all kernels are penalized alike, and in no other way: λ of λ Σ w², which the layers then have not. */
  readonly l2: number;
}

/** What is asked of a stack of layers while it is built. */
export type StackRequest = Pick<TrainingSettings, 'layers' | 'optimizer' | 'batchSize'>;

/** What a stack of layers comes to. */
export interface StackReport {
  readonly layers: readonly {
    readonly outputShape: readonly number[];
    readonly parameters: number;
    readonly multiplyAdds: number;
    readonly activationBytes: number;
  }[];
  /** The first layer that does not fit, and why; the number of layers when it is the whole. */
  readonly problem: { readonly layer: number; readonly message: string } | undefined;
  readonly parameters: number;
  readonly multiplyAdds: number;
  readonly memory: inspect.TrainingMemory;
}

export interface TrainingSettings {
  readonly layers: readonly LayerSetting[];
  readonly loss: string;
  readonly optimizer: string;
  readonly learningRate: number;
  readonly batchSize: number;
  /** λ of λ Σ w² over all kernels that have no penalty of their own, which joins the loss. */
  readonly l2: number;
  /** Epochs in a row without a lower validation loss after which training stops; 0 never stops. */
  readonly patience: number;
  readonly seed: number;
  /** A run of the same layers to go on with. */
  readonly from?: OpenedRun | undefined;
}

/** The files of a run as far as training needs them: without a checkpoint, only the weights are taken. */
export interface OpenedRun {
  readonly config: string;
  readonly weights: Uint8Array<ArrayBuffer>;
  readonly checkpoint: Uint8Array<ArrayBuffer> | undefined;
}

export interface TrainingBegun {
  readonly report: TrainingReport;
  /** What was not as expected. */
  readonly note: string;
}

/** How training goes, some times a second. */
export interface TrainingProgress {
  /** Which training: a reset begins another one. */
  readonly run: number;
  readonly steps: number;
  /** Epochs done, with the part of the one at work. */
  readonly epochs: number;
  readonly isPlaying: boolean;
  /** Of the steps since the last report: step number, loss, accuracy of each batch before its update. */
  readonly figures: readonly { readonly step: number; readonly loss: number; readonly accuracy: number }[];
  readonly samplesPerSecond: number;
  /** Why it stopped by itself. */
  readonly problem: string | undefined;
  /** Where it stopped since it became no better: the step that was best, and what is to be said. */
  readonly stopped?: { readonly best: number; readonly why: string } | undefined;
}

/** What a network is at some time, and how it does on validation data. */
export interface TrainingReport {
  readonly run: number;
  readonly steps: number;
  readonly epochs: number;
  readonly validation: { readonly loss: number; readonly accuracy: number };
  /** Training loss and accuracy, mean of the batches since the last report; NaN before the first step. */
  readonly training: { readonly loss: number; readonly accuracy: number };
  /** [true class][predicted class] of the validation data. */
  readonly confusion: readonly (readonly number[])[];
  readonly mistakes: readonly Mistake[];
  readonly weights: readonly WeightReport[];
  /** Layers that end in an activation, but the last. */
  readonly units: readonly UnitsReport[];
  /** Kernels as pictures. */
  readonly filters: readonly FilterSheet[];
  /** Of the compiled step; undefined before the first one. */
  readonly memory: inspect.StepMemory | undefined;
  readonly moments: KeptMoments;
}

/** The moments that can be gone back to. */
export interface KeptMoments {
  /** Of each the number of its step, in order. */
  readonly steps: readonly number[];
  readonly bytes: number;
  readonly mostBytes: number;
  /** How many there was no room for. */
  readonly leftOut: number;
}

export interface Mistake {
  /** A picture, or the values of a row as they stand in the file. */
  readonly content: Sample | readonly number[];
  readonly label: number;
  readonly predicted: number;
  /** The probability of what was said. */
  readonly confidence: number;
}

export interface WeightReport {
  readonly histogram: inspect.Histogram;
  /** Of ∂L/∂w for some validation samples; undefined for weights that are not trained. */
  readonly gradient: inspect.Histogram | undefined;
  /** ‖w after − w before‖ / ‖w before‖ of the last measured step; undefined before there is one. */
  readonly updateRatio: number | undefined;
}

/** Which units of a layer say nothing, and how often each gives 0. */
export type UnitsReport = Pick<inspect.UnitReport, 'layer' | 'activation' | 'dead' | 'zeros'>;

/** Which kernels are asked for: of a moment, of a layer, on a channel as in {@link FilterSheet}. */
export interface KernelRequest {
  readonly steps: number;
  readonly layer: string;
  readonly channel: number | undefined;
}

/** Some kernels of one layer, each [rows, columns], to be seen beside each other. */
export interface FilterSheet {
  readonly layer: string;
  /** What one picture is, in words. */
  readonly about: string;
  readonly rows: number;
  readonly columns: number;
  /** Whether each place has three numbers: for red, green and blue. */
  readonly isColour: boolean;
  /** Of the layer's input, counted from 0, on which the kernels are shown; undefined is all three as colours. */
  readonly channel: number | undefined;
  /** How many there are to choose from. */
  readonly channels: number;
  readonly values: readonly Float32Array<ArrayBuffer>[];
  /** How many there are, shown or not. */
  readonly total: number;
}

/** A file to be saved. */
export interface RunFile {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}
