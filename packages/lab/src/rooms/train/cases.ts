import { makeLayer } from './fields.ts';
import { encodeStack } from './stack.ts';

/** Settings of the room, as its URL has them; null is the one that it begins with. */
type Change = Readonly<Record<string, string | null>>;

/** What helps: settings that can be switched on and off. */
export interface Remedy {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly on: Change;
  readonly off: Change;
}

/** A training that goes wrong on purpose. */
export interface Case {
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly settings: Change;
  readonly remedies: readonly Remedy[];
}

const output = makeLayer('dense', { units: 10, activation: 'softmax' });
const large = makeLayer('dense', { units: 512 });
const largeNetwork = encodeStack([makeLayer('flatten'), large, output]);
const withDropout = encodeStack([makeLayer('flatten'), large, makeLayer('dropout', { rate: 0.7 }), output]);
const tinyNetwork = encodeStack([makeLayer('flatten'), makeLayer('dense', { units: 2 }), output]);
const widerNetwork = encodeStack([makeLayer('flatten'), makeLayer('dense', { units: 64 }), output]);
const FEW = '500';
/** What else was set does not go into a case: it begins as the room does. */
const PLAIN: Change = {
  ...{ data: null, l2: null, patience: null },
  ...{ loss: null, optimizer: null, rate: null, batch: null, seed: null },
};

/** What the lectures warn of. */
export const CASES: readonly Case[] = [
  {
    id: 'overfitting',
    title: 'Overfitting',
    about:
      '407,050 parameters and 450 pictures: the network learns them by heart. The training loss goes to 0, the validation loss stays well above it, and later rises.',
    settings: { ...PLAIN, samples: FEW, layers: largeNetwork },
    remedies: [
      {
        id: 'data',
        title: 'More data',
        about: '4,000 pictures are not as easily learned by heart as 500.',
        on: { samples: '4000' },
        off: { samples: FEW },
      },
      {
        id: 'dropout',
        title: 'Dropout',
        about: 'Each step leaves out a random 70 % of the units: none can rely on a single other one.',
        on: { layers: withDropout },
        off: { layers: largeNetwork },
      },
      {
        id: 'l2',
        title: 'L2',
        about: 'λ Σ w² joins the loss: large weights, which fit single pictures, cost something.',
        on: { l2: '0.003' },
        off: { l2: null },
      },
      {
        id: 'early',
        title: 'Early stopping',
        about:
          'Training ends when the validation loss has not fallen for 5 epochs, and goes back to its lowest.',
        on: { patience: '5' },
        off: { patience: null },
      },
    ],
  },
  {
    id: 'underfitting',
    title: 'Underfitting',
    about:
      'Two hidden units cannot tell ten digits apart: both losses stay high, close to each other, however long one trains, and more data does not help.',
    settings: { ...PLAIN, samples: '4000', layers: tinyNetwork },
    remedies: [
      {
        id: 'wider',
        title: 'Larger network',
        about: '64 hidden units instead of 2.',
        on: { layers: widerNetwork },
        off: { layers: tinyNetwork },
      },
    ],
  },
];

/** Whether settings are as a change has made them. */
export function isSet(get: (name: string) => string | null, change: Change): boolean {
  return Object.entries(change).every(([name, value]) => get(name) === value);
}
