import type { Plan, PlaneState } from '../../engine/neuronTypes.ts';
import { PLANE_ACTIVATIONS, PLANE_LOSSES, PLANE_OUTPUTS, PLANE_STARTS } from '../../engine/neuronTypes.ts';
import type { Settings as Params } from '../../lib/settings.svelte.ts';
import type { Point } from './data.ts';
import type { Example } from './examples.ts';

export const DEEPEST = 6;
export const WIDEST = 8;

/** What an example sets, and beginning with another one takes out of the link. */
export const PLAN_SETTINGS = [
  'hidden',
  'activation',
  'output',
  'loss',
  'start',
  'rate',
  'batch',
  'seed',
  'noise',
  'data',
  'points',
];

/** What the page shows of a network, all of one moment. */
export interface Shown extends PlaneState {
  readonly plan: Plan;
  readonly points: readonly Point[];
}

/** The network that the settings ask for, by an example where they say nothing. */
export function planOf(params: Params, example: Example): Plan {
  return {
    hidden: readHidden(params.get('hidden')) ?? example.plan.hidden,
    activation: params.choice('activation', PLANE_ACTIVATIONS, example.plan.activation),
    output: params.choice('output', PLANE_OUTPUTS, example.plan.output),
    loss: params.choice(
      'loss',
      PLANE_LOSSES.map(({ id }) => id),
      example.plan.loss,
    ),
    start: params.choice(
      'start',
      PLANE_STARTS.map(({ id }) => id),
      example.plan.start,
    ),
    rate: example.plan.rate,
    batch: params.number('batch', example.plan.batch, { min: 0, max: 500, integer: true }),
    seed: params.number('seed', example.plan.seed, { min: 0, max: 1e6, integer: true }),
  };
}

/** @returns undefined where the text is no list of hidden layers */
export function readHidden(text: string | null): number[] | undefined {
  if (text === null) return undefined;
  const sizes = text
    .split(/[\s,]+/)
    .filter((word) => word !== '')
    .map(Number);
  const fits = sizes.length <= DEEPEST && sizes.every((n) => Number.isInteger(n) && n >= 1 && n <= WIDEST);
  return fits ? sizes : undefined;
}
