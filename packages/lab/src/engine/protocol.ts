import type { CsvSample, inspect } from 'fathom';
import type { ConvolveCalls } from './convolveTypes.ts';
import type {
  InsideCam,
  InsideCell,
  InsideGradients,
  InsideInput,
  InsideMap,
  InsideSample,
  InsideTarget,
  InsideView,
  SampleSource,
} from './insideTypes.ts';
import type { NeuronCalls } from './neuronTypes.ts';
import type {
  DataChoice,
  DataInfo,
  FilterSheet,
  KernelRequest,
  LayerSetting,
  OpenedStack,
  RunFile,
  StackReport,
  StackRequest,
  TrainingBegun,
  TrainingProgress,
  TrainingReport,
  TrainingSettings,
} from './trainingTypes.ts';

/**
 * What page and engine say to each other. The engine is the library in a worker: the page asks (a call, answered
 * once) and listens (events). Everything here is plain data that can be cloned.
 */
export interface Calls {
  /** Starts the engine, if it is not yet, and says what it is. */
  'engine/info': { request: null; reply: EngineInfo };
  /** Loads the network that ships with the lab, once. */
  'network/shipped': { request: null; reply: NetworkInfo };
  /** Takes a saved model in, under a name by which it is called from then on. */
  'network/load': { request: SavedNetwork; reply: NetworkInfo };
  /** Which digit a picture shows; null while there is nothing to be seen. */
  'digit/recognize': { request: RecognizeRequest; reply: Recognition | null };
  /** Prepares some drawings so that the first one of the person is as fast as others; ends when that one comes. */
  'digit/warmUp': { request: null; reply: null };
  /** A digit as the built-in generator writes it. */
  'digit/example': { request: { digit: number; seed: number }; reply: Uint8Array<ArrayBuffer> };
  /** Makes the data to train on; the network at work is dropped. */
  'train/data': { request: DataChoice; reply: DataInfo };
  /** Shapes and costs of a stack of layers on the data at hand, while it is put together. */
  'train/describe': { request: StackRequest; reply: StackReport };
  /** The stack of a saved model.json with all its options; `layers` is what the form can show of it. */
  'train/opened': { request: { config: string; layers: readonly LayerSetting[] }; reply: OpenedStack };
  /** Begins anew with these settings; answers with the network before its first step. */
  'train/reset': { request: TrainingSettings; reply: TrainingBegun };
  'train/play': { request: null; reply: null };
  'train/pause': { request: null; reply: TrainingReport };
  /** One step, and how the network is after it. */
  'train/step': { request: null; reply: TrainingReport };
  'train/rate': { request: number; reply: null };
  /** Goes back to what it was after a step, and forgets what came later. */
  'train/goOn': { request: number; reply: TrainingReport };
  /** The kernels of a layer as they were at a moment, on another of its input channels. */
  'train/kernels': { request: KernelRequest; reply: FilterSheet };
  /** The files of a moment, with something of the page's own in its record. */
  'train/export': { request: { steps: number; lab: unknown }; reply: RunFile[] };
  /** Makes the network as it was after a step known to the other rooms, as `trained`. */
  'train/keep': { request: number; reply: NetworkInfo };
  /** The network that the room Train has at work, called `training`; null while there is none. */
  'inside/training': { request: null; reply: NetworkInfo | null };
  /** What each input of a network takes. */
  'inside/inputs': { request: string; reply: InsideInput[] };
  /** The numbers of a row of a CSV text for an input, as they are written, and how many rows there are. */
  'inside/row': {
    request: { network: string; input: number; text: string; name: string; row: number };
    reply: CsvSample;
  };
  /** What every layer gives for a sample of each input; null while there is nothing to be seen on its one picture. */
  'inside/look': {
    request: { network: string; sources: readonly SampleSource[] };
    reply: InsideView | null;
  };
  /** A map, or unit, taken apart; its weights with their gradients where a target is given. */
  'inside/map': {
    request: { sample: InsideSample; layer: string; map: number; target: InsideTarget | undefined };
    reply: InsideMap;
  };
  'inside/cell': {
    request: { sample: InsideSample; layer: string; place: readonly number[] };
    reply: InsideCell;
  };
  'inside/field': {
    request: { network: string; layer: string; place: readonly number[] };
    reply: inspect.ReceptiveField;
  };
  /** Where in each input something speaks for a class of an output, or for one of its numbers. */
  'inside/cam': {
    request: { sample: InsideSample; output: number; choice: number };
    reply: readonly InsideCam[];
  };
  /** Of the loss of one output. */
  'inside/gradients': { request: { sample: InsideSample; target: InsideTarget }; reply: InsideGradients };
  'inside/gradient': {
    request: { sample: InsideSample; target: InsideTarget; of: inspect.GradientOf };
    reply: inspect.GradientExplanation;
  };
}

export interface Events {
  /** The engine failed outside of any call. */
  'engine/failed': { message: string };
  'train/progress': TrainingProgress;
  'train/report': TrainingReport;
  /** How far the making of data has come: 0 to 1. */
  'train/loading': { share: number };
}

export interface EngineInfo {
  readonly backend: string;
  readonly threads: number;
  readonly crossOriginIsolated: boolean;
}

/** The files of a run as `fathom train` saves them. */
export interface SavedNetwork {
  readonly id: string;
  /** model.json, and run.json where there is one. */
  readonly config: string;
  readonly record: string | undefined;
  readonly weights: Uint8Array<ArrayBuffer>;
  /** What the files are called, for messages. */
  readonly where: string;
}

/** A network that the engine holds. */
export interface NetworkInfo {
  readonly id: string;
  readonly name: string;
  readonly parameters: number;
  /** Of one sample, for each input and each output. */
  readonly inputShapes: readonly (readonly number[])[];
  readonly outputShapes: readonly (readonly number[])[];
  readonly classes: readonly string[];
}

export interface RecognizeRequest {
  readonly network: string;
  readonly image: Picture;
}

/** RGBA, row by row. */
export interface Picture {
  readonly data: Uint8ClampedArray<ArrayBuffer>;
  readonly width: number;
  readonly height: number;
}

export interface Recognition {
  /** [28, 28], 0 (paper) to 1 (ink): what the network was shown. */
  readonly pixels: Float32Array<ArrayBuffer>;
  /** Dark ink on a light ground. */
  readonly inverted: boolean;
  /** One for each class. */
  readonly probabilities: readonly number[];
  /** Milliseconds to prepare the picture, and to ask the network. */
  readonly prepareMs: number;
  readonly predictMs: number;
}

export type CallName = keyof Calls;
export type Request<K extends CallName> = Calls[K]['request'];
export type Reply<K extends CallName> = Calls[K]['reply'];
export type EventName = keyof Events;

export type ToEngine = { readonly id: number; readonly call: CallName; readonly request: unknown };
export type FromEngine =
  | { readonly id: number; readonly reply: unknown }
  | { readonly id: number; readonly error: { readonly name: string; readonly message: string } }
  | { readonly event: EventName; readonly detail: unknown };

/** The engine's side: one function for each of some calls. */
export type Handlers<K extends CallName = CallName> = {
  readonly [N in K]: (request: Request<N>) => Reply<N> | Promise<Reply<N>>;
};

/** What one way to look at pictures comes to. */
export interface SharingResult {
  readonly id: 'dense' | 'local' | 'shared';
  readonly parameters: number;
  /** Share of test pictures that are told rightly, and of the same pictures moved. */
  readonly accuracy: number;
  readonly movedAccuracy: number;
}

export interface SharingProgress {
  readonly id: SharingResult['id'];
  readonly epoch: number;
  readonly epochs: number;
}

export interface Calls extends ConvolveCalls, NeuronCalls {
  /** Trains a dense, a locally connected and a convolutional network on built-in digits, one after another. */
  'sharing/compare': {
    request: { readonly seed: number; readonly epochs: number };
    reply: readonly SharingResult[];
  };
}

export interface Events {
  'sharing/progress': SharingProgress;
}
