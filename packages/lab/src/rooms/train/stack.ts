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

/** Layers beyond this are a slip. */
const MOST_LAYERS = 40;

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

/**
 * A stack as text for a link: the values of each layer in the order of its settings.
 *
 * @example
 * encodeStack([makeLayer('flatten'), makeLayer('dense', { units: 10 })]); // 'flatten,dense_10_relu'
 */
export function encodeStack(layers: readonly LayerSetting[]): string {
  return layers
    .map((layer) =>
      [layer.type, ...kindOf(layer.type).fields.map(({ name }) => String(layer[name]))].join('_'),
    )
    .join(',');
}

/** The opposite of `encodeStack`; layers that do not exist are left out, values that cannot be are the first ones. */
export function decodeStack(text: string): LayerSetting[] {
  return text
    .split(',')
    .slice(0, MOST_LAYERS)
    .flatMap((part) => {
      const [type = '', ...values] = part.split('_');
      const kind = KINDS.find((each) => each.type === type);
      if (!kind) return [];
      const settings = kind.fields.map((field, i) => [field.name, fieldValue(field, values[i])] as const);
      return [{ type, ...Object.fromEntries(settings) }];
    });
}

/**
 * The stack that a saved model is, in the settings that can be changed here.
 *
 * @param text model.json
 * @throws Error with a message for the user when it is no stack, or has layers or settings that the builder has not
 */
export function stackOfModel(text: string): LayerSetting[] {
  const layers = savedLayers(text);
  return layers.map((saved) => {
    const kind = KINDS.find(({ type }) => type === saved.type);
    if (!kind)
      throw new Error(`this network has a layer ${String(saved.type)}, which this room does not build.`);
    const settings = kind.fields.map((field) => {
      const value = single(saved[field.name]);
      if (value !== undefined && fieldValue(field, String(value)) === value)
        return [field.name, value] as const;
      throw new Error(
        `this network has a ${kind.type} with ${field.name} ${JSON.stringify(saved[field.name])}, which this room does not build.`,
      );
    });
    return { type: kind.type, ...Object.fromEntries(settings) };
  });
}

function savedLayers(text: string): Record<string, unknown>[] {
  try {
    const { layers } = JSON.parse(text) as { layers?: unknown };
    if (
      Array.isArray(layers) &&
      layers.length > 0 &&
      layers.every((layer) => typeof layer?.type === 'string')
    ) {
      return layers;
    }
  } catch {
    // Said below.
  }
  throw new Error(
    'this is no model.json of a stack of layers. Choose the two files that were saved together.',
  );
}

/** Of equal extents along all axes the one. */
function single(value: unknown): string | number | undefined {
  const one: unknown = Array.isArray(value) && value.every((each) => each === value[0]) ? value[0] : value;
  return typeof one === 'string' || typeof one === 'number' ? one : undefined;
}

/** A value that the field can have: the nearest to what is asked for. */
export function fieldValue(field: Field, text: string | undefined): number | string {
  if (field.kind === 'choice') return field.choices.find((each) => each === text) ?? field.first;
  const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) return field.first;
  const bounded = Math.min(field.max, Math.max(field.min, value));
  return field.kind === 'integer' ? Math.round(bounded) : bounded;
}

export interface Preset {
  readonly id: string;
  readonly title: string;
  /** Takes pictures, and not rows of a table. */
  readonly seesPictures?: true;
  /** For so many classes, and samples of a shape; of pictures by default. */
  layers(classes: number, inputShape?: readonly number[]): LayerSetting[];
}

const head = (classes: number) => makeLayer('dense', { units: classes, activation: 'softmax' });
/** Rows are flat already. */
const flat = (inputShape?: readonly number[]) => (inputShape?.length === 1 ? [] : [makeLayer('flatten')]);

/** Networks to begin with. */
export const PRESETS: readonly Preset[] = [
  {
    id: 'small',
    title: 'Small CNN',
    seesPictures: true,
    layers: (classes) => [
      makeLayer('conv2d', { filters: 8 }),
      makeLayer('maxPooling2d'),
      makeLayer('conv2d', { filters: 16 }),
      makeLayer('maxPooling2d'),
      makeLayer('flatten'),
      head(classes),
    ],
  },
  {
    id: 'perceptron',
    title: 'Perceptron',
    layers: (classes, inputShape) => [...flat(inputShape), head(classes)],
  },
  {
    id: 'mlp',
    title: 'MLP',
    layers: (classes, inputShape) => [...flat(inputShape), makeLayer('dense', { units: 64 }), head(classes)],
  },
  {
    id: 'lenet5',
    title: 'LeNet-5',
    seesPictures: true,
    layers: (classes) => [
      makeLayer('conv2d', { filters: 6, kernelSize: 5, padding: 'same' }),
      makeLayer('maxPooling2d'),
      makeLayer('conv2d', { filters: 16, kernelSize: 5 }),
      makeLayer('maxPooling2d'),
      makeLayer('flatten'),
      makeLayer('dense', { units: 120 }),
      makeLayer('dense', { units: 84 }),
      head(classes),
    ],
  },
  {
    id: 'keras',
    title: "Keras' MNIST example",
    seesPictures: true,
    layers: (classes) => [
      makeLayer('conv2d', { filters: 32 }),
      makeLayer('maxPooling2d'),
      makeLayer('conv2d', { filters: 64 }),
      makeLayer('maxPooling2d'),
      makeLayer('flatten'),
      makeLayer('dropout', { rate: 0.5 }),
      head(classes),
    ],
  },
];

/** Those that samples of a shape can be given to. */
export function presetsFor(inputShape: readonly number[]): readonly Preset[] {
  return PRESETS.filter(({ seesPictures }) => inputShape.length === 3 || !seesPictures);
}

/** What a room begins with that nobody has built in. */
export function firstStack(inputShape: readonly number[], classes: number): LayerSetting[] {
  const presets = presetsFor(inputShape);
  const preset = presets.find(({ id }) => id === 'small') ?? presets.find(({ id }) => id === 'mlp')!;
  return preset.layers(classes, inputShape);
}

/** A stack that gives one number for each class: its last layer, if it is dense, with so many units, else one more. */
export function mended(
  layers: readonly LayerSetting[],
  outputShape: readonly number[],
  classes: number,
): LayerSetting[] {
  const last = layers.at(-1);
  if (last?.type === 'dense' && outputShape.length === 1)
    return [...layers.slice(0, -1), { ...last, units: classes }];
  return [...layers, ...(outputShape.length > 1 ? [makeLayer('flatten')] : []), head(classes)];
}
