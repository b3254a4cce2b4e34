import { dense, flatten, inspect, layers, type Model, sequential } from 'fathom';
import { engineBackend } from './backend.ts';
import type { Chain, ConvolveCalls, MovedLayer } from './convolveTypes.ts';
import { networkOf } from './networks.ts';
import type { Handlers } from './protocol.ts';

export const convolveHandlers: Handlers<keyof ConvolveCalls> = {
  'convolve/maps': ({ step, geometry }) => inspect.windowMaps(step, geometry),
  'convolve/move': async ({ picture, shift, network }) => {
    const [rows, columns] = [picture.length, picture[0]!.length];
    const model =
      typeof network === 'string' ? chainOf(network, rows, columns) : networkOf(network.held).model;
    const { layers: found, moved } = await inspect.compareTransformed(
      model,
      picture.flat(),
      [shift.down, shift.right],
      { backend: await engineBackend() },
    );
    const maps = (values: Float32Array, shape: readonly number[]) => mapsOf(values, shape);
    return {
      moved: maps(moved, [rows, columns, 1])[0]!,
      layers: found.map((layer): MovedLayer => {
        const { id, type, shape, before, after, size, change, compares, difference, withEdge, isWhole } =
          layer;
        return {
          name: type === 'input' ? 'picture' : titleOf(model, id, type),
          shape,
          before: maps(before, shape),
          after: maps(after, shape),
          size,
          change,
          difference: compares === 'equivariance' ? difference : undefined,
          withEdge,
          isWhole,
        };
      }),
    };
  },
};

/** The models of the room by chain and size of the picture, made once: their programs stay compiled. */
const made = new Map<string, Model>();

function chainOf(chain: Chain, rows: number, columns: number): Model {
  const key = `${chain} ${rows} ${columns}`;
  const known = made.get(key);
  if (known) return known;
  const { stack, kernels } = stackOf(chain, [rows, columns, 1]);
  const model = sequential(stack, { seed: 0 });
  const weights = kernels.flatMap(({ values, filters }) => [values, new Float32Array(filters)]);
  if (weights.length > 0) model.setWeights(weights);
  made.set(key, model);
  return model;
}

function stackOf(chain: Chain, inputShape: readonly number[]) {
  const conv = (filters: number, kernelSize: number, first = {}) =>
    layers.conv2d({ filters, kernelSize, ...first });
  const relu = () => layers.relu();
  switch (chain) {
    case 'lecture':
      return {
        stack: [conv(1, 2, { inputShape }), layers.maxPooling2d()],
        kernels: [kernelOf([DIAGONAL], 1)],
      };
    case 'deep':
      return {
        stack: [
          conv(2, 3, { inputShape }),
          relu(),
          layers.maxPooling2d(),
          conv(2, 3),
          relu(),
          layers.maxPooling2d(),
          layers.globalMaxPooling2d(),
        ],
        kernels: [kernelOf(EDGES, 1), kernelOf(EDGES, 2)],
      };
    case 'average':
      return {
        stack: [conv(2, 3, { inputShape }), relu(), layers.averagePooling2d(), layers.averagePooling2d()],
        kernels: [kernelOf(EDGES, 1)],
      };
    case 'dense':
      return { stack: [flatten({ inputShape }), dense({ units: 16 })], kernels: [] };
    default:
      return chain satisfies never;
  }
}

/** [kh, kw, channels, filters], where each filter sees the mean of all channels. */
function kernelOf(kernels: readonly inspect.Grid[], channels: number) {
  const [first] = kernels as [inspect.Grid];
  const values = first.flatMap((row, k) =>
    row.flatMap((_, l) =>
      Array.from({ length: channels }, () => kernels.map((kernel) => kernel[k]![l]! / channels)).flat(),
    ),
  );
  return { values, filters: kernels.length };
}

function titleOf(model: Model, id: string, type: string): string {
  const config: Readonly<Record<string, unknown>> =
    model.layers.find(({ name }) => name === id)?.config() ?? {};
  const window = config.kernelSize ?? config.poolSize;
  const extent = Array.isArray(window) ? ` ${window.join(' × ')}` : '';
  const units = typeof config.units === 'number' ? ` ${config.units}` : '';
  return `${NAMES[type] ?? type}${extent}${units}`;
}

const NAMES: Readonly<Record<string, string>> = {
  conv2d: 'convolution',
  maxPooling2d: 'max pooling',
  averagePooling2d: 'average pooling',
  globalMaxPooling2d: 'global max pooling',
  relu: 'ReLU',
};

/** The first maps of a layer; a vector is folded into a rectangle, so that its numbers can be seen. */
function mapsOf(values: Float32Array, shape: readonly number[]): inspect.Grid[] {
  if (shape.length !== 3) {
    const rows = nearestSquare(values.length);
    const columns = values.length / rows;
    return [
      Array.from({ length: rows }, (_, r) => Array.from(values.subarray(r * columns, (r + 1) * columns))),
    ];
  }
  const [rows, columns, channels] = shape as readonly [number, number, number];
  return Array.from({ length: Math.min(MOST_MAPS, channels) }, (_, c) =>
    Array.from({ length: rows }, (_, r) =>
      Array.from({ length: columns }, (_, k) => values[(r * columns + k) * channels + c]!),
    ),
  );
}

/** The most rows, but not more than columns, into which so many numbers go; few stay in one row. */
function nearestSquare(count: number): number {
  if (count <= ONE_ROW) return 1;
  let rows = Math.floor(Math.sqrt(count));
  while (count % rows !== 0) rows--;
  return rows;
}

const MOST_MAPS = 4;
const ONE_ROW = 16;

const DIAGONAL: inspect.Grid = [
  [2, 0],
  [0, 2],
];
const EDGES: readonly inspect.Grid[] = [
  [
    [-1, -2, -1],
    [0, 0, 0],
    [1, 2, 1],
  ],
  [
    [-1, 0, 1],
    [-2, 0, 2],
    [-1, 0, 1],
  ],
];
