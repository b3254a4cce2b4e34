import type { inspect, PlanePoint } from 'fathom';

/** Activations by the names of the rooms: the library's, and `square`, a polynomial. */
export const PLANE_ACTIVATIONS = ['tanh', 'relu', 'sigmoid', 'leakyRelu', 'linear', 'square'] as const;
export const PLANE_OUTPUTS = ['sigmoid', 'step'] as const;
export const PLANE_LOSSES = [
  { id: 'crossentropy', name: 'binary cross-entropy' },
  { id: 'squared', name: 'mean squared error' },
] as const;
export const PLANE_STARTS = [
  { id: 'glorot', name: 'Glorot uniform' },
  { id: 'zeros', name: 'all 0' },
  { id: 'ones', name: 'all 1' },
  { id: 'small', name: 'normal, deviation 0.01' },
  { id: 'large', name: 'normal, deviation 5' },
] as const;

/** A network from the plane to one number, and how it is trained. */
export interface Plan {
  /** Units of each hidden layer; none is a single neuron. */
  readonly hidden: readonly number[];
  readonly activation: (typeof PLANE_ACTIVATIONS)[number];
  /** With `step` the neuron is a perceptron, trained by its own rule. */
  readonly output: (typeof PLANE_OUTPUTS)[number];
  readonly loss: (typeof PLANE_LOSSES)[number]['id'];
  readonly start: (typeof PLANE_STARTS)[number]['id'];
  readonly rate: number;
  /** Points in a step; 0 is all of them. */
  readonly batch: number;
  readonly seed: number;
}

/** Rows and columns of the pictures of neurons. */
export const PICTURE = 48;

/** A network of the plane at one moment. */
export interface PlaneState {
  readonly steps: number;
  readonly loss: number;
  readonly accuracy: number;
  /** ‖∂J/∂W‖ of each layer. */
  readonly gradients: readonly number[];
  /** What every unit answers over the plane, [layer][unit] of PICTURE × PICTURE values, top row first. */
  readonly pictures: readonly (readonly Float32Array[])[];
  readonly weights: readonly inspect.DenseWeights[];
}

export interface LineTask {
  readonly samples: readonly inspect.LinePoint[];
  readonly rate: number;
  /** One path for each of these batch sizes; 0 is all points. */
  readonly batches: readonly number[];
  readonly steps: number;
  readonly seed: number;
  readonly start: inspect.Line;
}

/** Both ways to the line of some points, and the cost around it. */
export interface SolvedLine {
  readonly samples: readonly inspect.LinePoint[];
  readonly normal: inspect.NormalEquation;
  readonly paths: readonly (readonly inspect.DescentStep[])[];
  readonly surface: inspect.CostSurface;
}

/** A function to come near to: by name, or by its values at even places from −1 to 1. */
export type Target = 'sine' | 'step' | 'corner' | readonly number[];

export interface ApproximationTask {
  readonly target: Target;
  readonly degree: number;
  readonly widths: readonly number[];
  readonly seed: number;
}

/** Networks of three activations beside a function. */
export interface Approximated {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly networks: Readonly<Record<'tanh' | 'relu' | 'polynomial', readonly inspect.Approximation[]>>;
  /** No polynomial of the degree comes nearer. */
  readonly bound: number;
}

/** An activation by name; γ is the slope of LeakyReLU below 0. */
export interface NamedActivation {
  readonly name: string;
  readonly gamma: number;
}

/** Losses between two lists of numbers; NaN where one is not defined for them. */
export interface VectorLosses {
  readonly mse: number;
  readonly rmse: number;
  readonly crossentropy: number;
  readonly entropy: number;
}

export interface NeuronCalls {
  /** Null where no line is the best: all points lie over one x. */
  'neuron/line': { request: LineTask; reply: SolvedLine | null };
  'neuron/activation': {
    request: { readonly activation: NamedActivation; readonly x: readonly number[] };
    reply: inspect.Curve;
  };
  'neuron/loss': {
    request: { readonly loss: string; readonly target: number; readonly predictions: readonly number[] };
    reply: inspect.Curve;
  };
  'neuron/softmax': { request: readonly number[]; reply: readonly number[] };
  'neuron/vectors': {
    request: { readonly targets: readonly number[]; readonly predictions: readonly number[] };
    reply: VectorLosses;
  };
  'neuron/backprop': { request: inspect.PlainTask; reply: inspect.Backpropagation };
  'neuron/approximate': { request: ApproximationTask; reply: Approximated };
  /** Begins anew with a network for these points; the one before is dropped. */
  'plane/create': {
    request: { readonly plan: Plan; readonly points: readonly PlanePoint[] };
    reply: PlaneState;
  };
  /** Some steps, fewer where they take longer than `budgetMs`. */
  'plane/train': {
    request: { readonly steps: number; readonly rate: number; readonly budgetMs: number };
    reply: PlaneState;
  };
  /** Sets the weight from unit `from` to unit `to` of a layer; without `from` the bias of `to`. */
  'plane/weight': {
    request: {
      readonly layer: number;
      readonly from: number | undefined;
      readonly to: number;
      readonly value: number;
    };
    reply: PlaneState;
  };
}
