import type { Settings } from '../../lib/settings.svelte.ts';

export const LOSSES = [
  { id: 'sparseCategoricalCrossentropy', name: 'cross-entropy' },
  { id: 'meanSquaredError', name: 'mean squared error' },
  { id: 'categoricalHinge', name: 'hinge' },
] as const;
export const FORMULAS: Readonly<Record<string, string>> = {
  sparseCategoricalCrossentropy: 'L = −ln p(true class)',
  meanSquaredError: 'L = (1/K) Σ (pₖ − yₖ)²',
  categoricalHinge: 'L = max(0, 1 + max p(wrong) − p(true))',
};
export const OPTIMIZERS = [
  { id: 'adam', name: 'Adam' },
  { id: 'sgd', name: 'SGD' },
  { id: 'momentum', name: 'SGD, momentum 0.9' },
  { id: 'rmsprop', name: 'RMSprop' },
  { id: 'adamW', name: 'AdamW' },
  { id: 'adagrad', name: 'Adagrad' },
  { id: 'lion', name: 'Lion' },
] as const;
/** Rates that are usual for each. */
const RATES: Readonly<Record<string, number>> = { sgd: 0.1, momentum: 0.02, adagrad: 0.02, lion: 0.0003 };

/** How the URL says that one trains. */
export function trainingOf(params: Settings) {
  const ids = (list: readonly { readonly id: string }[]) => list.map(({ id }) => id);
  const optimizer = params.choice('optimizer', ids(OPTIMIZERS), 'adam');
  return {
    loss: params.choice('loss', ids(LOSSES), LOSSES[0].id),
    optimizer,
    learningRate: params.number('rate', RATES[optimizer] ?? 0.001, { min: 1e-7, max: 100 }),
    batchSize: params.number('batch', 32, { min: 1, max: 1024, integer: true }),
    l2: params.number('l2', 0, { min: 0, max: 10 }),
    patience: params.number('patience', 0, { min: 0, max: 1000, integer: true }),
    seed: params.number('seed', 0, { min: 0, max: 1e9, integer: true }),
  };
}
