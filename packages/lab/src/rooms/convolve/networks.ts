import { parseMatrix } from '../../views/matrix.ts';
import type { Stage } from './motion.ts';

/** A small network to move a picture in front of. */
export interface Chain {
  readonly id: string;
  readonly name: string;
  readonly note: string;
  readonly stages: readonly Stage[];
}

const edges: Stage = {
  kind: 'convolution',
  kernels: [parseMatrix('-1 -2 -1 / 0 0 0 / 1 2 1'), parseMatrix('-1 0 1 / -2 0 2 / -1 0 1')],
};
const relu: Stage = { kind: 'relu' };
const pool: Stage = { kind: 'maxPooling', size: 2 };

export const CHAINS: readonly Chain[] = [
  {
    id: 'lecture',
    name: 'Convolution, max pooling',
    note: 'A convolution moves with the picture; the maximum over a window does not care where in it the pattern is.',
    stages: [{ kind: 'convolution', kernels: [parseMatrix('2 0 / 0 2')] }, pool],
  },
  {
    id: 'deep',
    name: 'Two convolutions, global maximum',
    note: 'Each pooling halves the map: only shifts by 2, then by 4, are whole steps of it. The global maximum stays the same as long as nothing leaves the picture.',
    stages: [edges, relu, pool, edges, relu, pool, { kind: 'globalMax' }],
  },
  {
    id: 'average',
    name: 'Average instead of maximum',
    note: 'The mean over a window changes when a pattern moves inside it.',
    stages: [edges, relu, { kind: 'averagePooling', size: 2 }, { kind: 'averagePooling', size: 2 }],
  },
  {
    id: 'dense',
    name: 'Dense (random weights)',
    note: 'For a dense layer the moved picture is another picture: nothing stays, nothing moves along.',
    stages: [{ kind: 'dense', units: 16 }],
  },
];
