import type { LayerSetting } from '../../engine/trainingTypes.ts';
import { fieldValue, KINDS, kindOf, makeLayer } from './fields.ts';
import { decodeKept, encodeKept, isShown, keptOptions } from './kept.ts';

/** Layers beyond this are a slip. */
const MOST_LAYERS = 40;

/**
 * A stack as text for a link: the values of each layer in the order of its settings, and what else it has.
 *
 * @example
 * encodeStack([makeLayer('flatten'), makeLayer('dense', { units: 10 })]); // 'flatten,dense_10_relu'
 */
export function encodeStack(layers: readonly LayerSetting[]): string {
  return layers
    .map((layer) => {
      const kind = kindOf(layer.type);
      const values = kind.fields.map((field) => (isShown(field, layer) ? String(layer[field.name]) : ''));
      return [layer.type, ...values, ...encodeKept(keptOptions(layer, kind))].join('_');
    })
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
      return [{ ...Object.fromEntries(settings), ...decodeKept(values[kind.fields.length]), type }];
    });
}

/**
 * The stack that a saved model is, as far as the form has settings for it; what else its layers have, the engine tells.
 *
 * @param text model.json
 * @throws Error with a message for the user when it is no stack, or has layers that the builder has not
 */
export function stackOfModel(text: string): LayerSetting[] {
  const layers = savedLayers(text);
  if (layers.length > MOST_LAYERS) {
    throw new Error(
      `this network has ${layers.length} layers, and this room builds at most ${MOST_LAYERS}. Train it with fathom train.`,
    );
  }
  return layers.map((saved) => {
    const kind = KINDS.find(({ type }) => type === saved.type);
    if (!kind)
      throw new Error(`this network has a layer ${String(saved.type)}, which this room does not build.`);
    const settings = kind.fields.map((field) => [field.name, single(saved[field.name])] as const);
    const layer: LayerSetting = { type: kind.type, ...Object.fromEntries(settings) };
    const shown = kind.fields.filter((field) => isShown(field, layer)).map(({ name }) => [name, layer[name]]);
    return makeLayer(kind.type, Object.fromEntries(shown));
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
