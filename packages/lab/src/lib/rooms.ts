import type { Component } from 'svelte';
import type { Settings } from './settings.svelte.ts';

export type RoomComponent = Component<{ params: Settings }>;

export interface Room {
  readonly id: string;
  readonly title: string;
  /** What one does there, for the list of rooms and for screen readers. */
  readonly about: string;
  load(): Promise<{ default: RoomComponent }>;
}

const PLAN = [
  { id: 'draw', title: 'Draw', about: 'Draw a digit and watch the network decide' },
  { id: 'inside', title: 'Look inside', about: 'Follow a picture through the network, down to each product' },
  { id: 'train', title: 'Train', about: 'Build a network and watch it learn' },
  { id: 'convolve', title: 'Convolve', about: 'Slide a kernel over a picture, number by number' },
  { id: 'neuron', title: 'Neuron', about: 'From a line to one neuron to a deep network' },
];

/** A room is there when its folder has an index.svelte. */
const found = import.meta.glob<{ default: RoomComponent }>('../rooms/*/index.svelte');

/** The rooms that can be entered, in the order of the navigation. */
export const ROOMS: readonly Room[] = PLAN.flatMap((room) => {
  const load = found[`../rooms/${room.id}/index.svelte`];
  return load ? [{ ...room, load }] : [];
});
