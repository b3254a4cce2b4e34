/** The functions that networks are to come near to. */
export const TARGETS = [
  { id: 'sine', name: 'sin 2πx', note: '' },
  {
    id: 'corner',
    name: '|x|',
    note: 'Two ReLUs are enough for it: |x| = relu(x) + relu(−x), if they turn at 0.',
  },
  {
    id: 'step',
    name: 'a step',
    note: 'The step jumps, so that it is not continuous: between two places near the jump every network that is continuous is half of it away.',
  },
  { id: 'own', name: 'a curve of your own', note: '' },
] as const;

export const NETWORKS = [
  { id: 'tanh', name: 'tanh', formula: 'g(z) = tanh z', colour: 'var(--series-1)' },
  { id: 'relu', name: 'ReLU', formula: 'g(z) = max(0, z)', colour: 'var(--series-3)' },
  { id: 'polynomial', name: 'polynomial of degree', formula: '', colour: 'var(--series-2)' },
] as const;

export const WIDTHS = [1, 2, 4, 8, 16, 32, 64, 128] as const;

/** Places at which a curve of one's own is set; lines join them. */
export const OWN_PLACES = 21;
/** Its largest value. */
export const OWN_LIMIT = 1;

/** A curve to begin with. */
export function wobble(): number[] {
  return Array.from({ length: OWN_PLACES }, (_, i) => [0.1, 0.5, 0.8, 0.3, -0.4, -0.2, 0.2][i % 7]!);
}

/** The curve of a link; undefined where it holds none. */
export function readOwn(text: string | null): number[] | undefined {
  const values = (text ?? '').split(' ').map(Number);
  const fits = values.length === OWN_PLACES && values.every((value) => Math.abs(value) <= OWN_LIMIT);
  return fits ? values : undefined;
}
