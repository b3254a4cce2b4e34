/** A layer, and those that it takes from. */
export interface GraphLayer {
  readonly id: string;
  readonly from: readonly string[];
}

/** A connection between two layers; lane 0 leads straight on, the others above what lies between. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly lane: number;
}

/**
 * Layers side by side: each one column behind the last of those it takes from, so that branches lie one below another.
 *
 * @example
 * columnsOf([{ id: 'x', from: [] }, { id: 'a', from: ['x'] }, { id: 'b', from: ['x'] }]).length; // 2
 */
export function columnsOf<T extends GraphLayer>(layers: readonly T[]): T[][] {
  const columns: T[][] = [];
  const depths = depthsOf(layers);
  for (const layer of layers) {
    const depth = depths.get(layer.id)!;
    columns[depth] = [...(columns[depth] ?? []), layer];
  }
  return columns;
}

/** All connections; those that pass over columns have lanes of their own, so that none covers another. */
export function edgesOf(layers: readonly GraphLayer[]): GraphEdge[] {
  const depths = depthsOf(layers);
  const ends: number[] = [];
  const edges = layers.flatMap(({ id, from }) => from.map((source) => ({ from: source, to: id })));
  const start = ({ from }: { from: string }) => depths.get(from)!;
  return edges
    .sort((a, b) => start(a) - start(b))
    .map((edge) => {
      const [low, high] = [start(edge), depths.get(edge.to)!];
      if (high - low === 1) return { ...edge, lane: 0 };
      const free = ends.findIndex((end) => end <= low);
      const lane = free < 0 ? ends.length : free;
      ends[lane] = high;
      return { ...edge, lane: lane + 1 };
    });
}

function depthsOf(layers: readonly GraphLayer[]): Map<string, number> {
  const depths = new Map<string, number>();
  for (const { id, from } of layers) {
    depths.set(
      id,
      from.reduce((most, source) => Math.max(most, 1 + (depths.get(source) ?? -1)), 0),
    );
  }
  return depths;
}
