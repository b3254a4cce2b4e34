import type { Chain } from '../../engine/convolveTypes.ts';

/** The small networks to move a picture in front of. */
export const CHAINS: readonly { readonly id: Chain; readonly name: string; readonly note: string }[] = [
  {
    id: 'lecture',
    name: 'Convolution, max pooling',
    note: 'A convolution moves with the picture; the maximum over a window does not care where in it the pattern is.',
  },
  {
    id: 'deep',
    name: 'Two convolutions, global maximum',
    note: 'Each pooling halves the map: only shifts by 2, then by 4, are whole steps of it. The global maximum stays the same as long as nothing leaves the picture.',
  },
  {
    id: 'average',
    name: 'Average instead of maximum',
    note: 'The mean over a window changes when a pattern moves inside it.',
  },
  {
    id: 'dense',
    name: 'Dense (random weights)',
    note: 'For a dense layer the moved picture is another picture: nothing stays, nothing moves along.',
  },
];
