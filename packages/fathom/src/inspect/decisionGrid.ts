import { formatShape, sizeOf } from '../ir/shape.ts';
import { type Inspectable, nodesOf } from './nodes.ts';
import { predictNodes } from './predictRows.ts';
import type { InspectOptions } from './session.ts';

/** The part of the plane that is looked at. */
export interface Bounds {
  readonly x: readonly [low: number, high: number];
  readonly y: readonly [low: number, high: number];
}

/** What a layer gives at every point of a grid. */
export interface GridLayer {
  readonly id: string;
  /** One list for each neuron, of the grid's points. */
  readonly neurons: readonly Float32Array[];
  /** Smallest and largest value of each neuron. */
  readonly ranges: readonly (readonly [number, number])[];
}

/** What a network makes of every point of a part of the plane. */
export interface DecisionGrid {
  readonly bounds: Bounds;
  /** Points along each axis. Rows go from the largest y down to the smallest, as in a picture. */
  readonly n: number;
  /** The results of the network, one list for each. */
  readonly outputs: readonly Float32Array[];
  /** Which class each point is given to: the largest result, or, of a single one, whether it is above its threshold. */
  readonly classes: Uint8Array;
  /** Every layer's neurons, the network's own results last. */
  readonly layers: readonly GridLayer[];
}

/**
 * The regions that a network of two inputs cuts the plane into, and what every one of its neurons says there.
 *
 * The point in row i and column j is x = x₀ + (j + ½)·w, y = y₁ − (i + ½)·h, in the middle of its cell.
 *
 * @param n cells along each axis
 * @param threshold of a single result: above it is class 1. Default 0.5, for a sigmoid
 * @throws RangeError on models of other inputs
 * @example
 * const network = sequential([dense({ units: 3, activation: 'tanh', inputShape: [2] }), dense({ units: 1 })]);
 * const grid = await inspect.decisionGrid(network, { x: [-1, 1], y: [-1, 1] }, 20);
 * grid.layers[0].neurons.length; // 3
 */
export async function decisionGrid(
  model: Inspectable,
  bounds: Bounds,
  n: number,
  { threshold = 0.5, ...options }: InspectOptions & { readonly threshold?: number } = {},
): Promise<DecisionGrid> {
  const { nodes, outputs } = nodesOf(model);
  const shape = nodes[0]!.shapes[0]!;
  if (model.network.inputs.length !== 1 || sizeOf(shape) !== 2) {
    throw new RangeError(
      `decisionGrid: expected a model of samples [2], a point of the plane; received ${model.network.inputs.length} input(s) of shape ${formatShape(shape)}.`,
    );
  }
  if (!Number.isInteger(n) || n < 1 || n > MOST_CELLS) {
    throw new RangeError(`decisionGrid: expected 1 … ${MOST_CELLS} cells along each axis; received ${n}.`);
  }
  const [[x0, x1], [y0, y1]] = [bounds.x, bounds.y];
  const points = new Float32Array(2 * n * n);
  for (let i = 0; i < n * n; i++) {
    points[2 * i] = x0 + ((x1 - x0) * ((i % n) + 0.5)) / n;
    points[2 * i + 1] = y1 - ((y1 - y0) * (Math.floor(i / n) + 0.5)) / n;
  }
  const drawn = nodes.filter(({ isInput, shapes }) => !isInput && sizeOf(shapes[0]!) <= MOST_NEURONS);
  const sources = [...drawn.map(({ index }) => ({ node: index, output: 0 })), outputs[0]!];
  const results = await predictNodes(model, points, n * n, sources, options);
  const layers = drawn.map(({ id, shapes }, i): GridLayer => {
    const neurons = split(results[i]!, sizeOf(shapes[0]!));
    return { id, neurons, ranges: neurons.map(limits) };
  });
  const last = results.at(-1)!;
  const scores = split(last, last.length / (n * n));
  const classes = Uint8Array.from({ length: n * n }, (_, i) => {
    if (scores.length === 1) return Number(scores[0]![i]! > threshold);
    let best = 0;
    for (let k = 1; k < scores.length; k++) if (scores[k]![i]! > scores[best]![i]!) best = k;
    return best;
  });
  return { bounds, n, outputs: scores, classes, layers };
}

const MOST_CELLS = 400;
/** Neurons of a layer that are drawn. */
const MOST_NEURONS = 1024;

function split(values: Float32Array, count: number): Float32Array[] {
  return Array.from({ length: count }, (_, k) =>
    Float32Array.from({ length: values.length / count }, (_, i) => values[i * count + k]!),
  );
}

function limits(values: Float32Array): readonly [number, number] {
  return [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}
