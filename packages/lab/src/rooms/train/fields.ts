import type { LayerSetting } from '../../engine/trainingTypes.ts';

/** One setting of a kind of layer. */
export type Field =
  | {
      readonly name: string;
      readonly title: string;
      readonly kind: 'integer' | 'real';
      readonly first: number;
      readonly min: number;
      readonly max: number;
    }
  | {
      readonly name: string;
      readonly title: string;
      readonly kind: 'choice';
      readonly first: string;
      readonly choices: readonly string[];
    };

export interface Kind {
  /** As in a saved model. */
  readonly type: string;
  readonly title: string;
  /** What it does, in one line for learners. */
  readonly about: string;
  readonly fields: readonly Field[];
}

const whole = (name: string, title: string, first: number, max: number): Field => ({
  name,
  title,
  kind: 'integer',
  first,
  min: 1,
  max,
});
const choice = (name: string, title: string, choices: readonly string[]): Field => ({
  name,
  title,
  kind: 'choice',
  first: choices[0]!,
  choices,
});

const ACTIVATIONS = ['relu', 'linear', 'sigmoid', 'tanh', 'softmax', 'gelu', 'leakyRelu', 'elu', 'silu'];
const activation = choice('activation', 'activation', ACTIVATIONS);
const padding = choice('padding', 'padding', ['valid', 'same']);
const filters = whole('filters', 'maps', 8, 512);
const kernelSize = whole('kernelSize', 'kernel', 3, 31);
const strides = whole('strides', 'stride', 1, 8);
const poolSize = whole('poolSize', 'window', 2, 16);

/** The layers that can be put into a network. */
export const KINDS: readonly Kind[] = [
  {
    type: 'conv2d',
    title: 'Convolution',
    about: 'Slides kernels over the picture; each gives one feature map.',
    fields: [filters, kernelSize, strides, padding, activation],
  },
  {
    type: 'maxPooling2d',
    title: 'Max pooling',
    about: 'Keeps the largest value of each window.',
    fields: [poolSize],
  },
  {
    type: 'averagePooling2d',
    title: 'Average pooling',
    about: 'Keeps the mean of each window.',
    fields: [poolSize],
  },
  {
    type: 'separableConv2d',
    title: 'Separable convolution',
    about: 'A kernel for each channel, then sums across channels: fewer products.',
    fields: [filters, kernelSize, strides, padding, activation],
  },
  {
    type: 'locallyConnected2d',
    title: 'Locally connected',
    about: 'As a convolution, but with other weights at each place.',
    fields: [filters, kernelSize, strides, activation],
  },
  { type: 'flatten', title: 'Flatten', about: 'Lays all numbers out in one row.', fields: [] },
  {
    type: 'globalAveragePooling2d',
    title: 'Global average',
    about: 'One number for each map: its mean.',
    fields: [],
  },
  {
    type: 'dense',
    title: 'Dense',
    about: 'Each unit takes a weighted sum of all inputs.',
    fields: [whole('units', 'units', 32, 4096), activation],
  },
  {
    type: 'dropout',
    title: 'Dropout',
    about: 'While training, sets a random share of the numbers to 0.',
    fields: [{ name: 'rate', title: 'rate', kind: 'real', first: 0.25, min: 0, max: 0.95 }],
  },
  {
    type: 'batchNormalization',
    title: 'Batch normalization',
    about: 'Shifts and scales each channel to mean 0 and deviation 1.',
    fields: [],
  },
];

export function kindOf(type: string): Kind {
  const found = KINDS.find((kind) => kind.type === type);
  if (!found) throw new Error(`unknown layer '${type}'.`);
  return found;
}

/** A layer with the first value of each setting, and those given. */
export function makeLayer(
  type: string,
  settings: Readonly<Record<string, number | string>> = {},
): LayerSetting {
  return {
    type,
    ...Object.fromEntries(kindOf(type).fields.map(({ name, first }) => [name, settings[name] ?? first])),
  };
}

/** A value that the field can have: the nearest to what is asked for. */
export function fieldValue(field: Field, text: string | undefined): number | string {
  if (field.kind === 'choice') return field.choices.find((each) => each === text) ?? field.first;
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) return field.first;
  const bounded = Math.min(field.max, Math.max(field.min, value));
  return field.kind === 'integer' ? Math.round(bounded) : bounded;
}
